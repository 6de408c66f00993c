//! What a call takes from outside, and how it is given.

use core::time::Duration;

use super::super::cancel::{CancelledBy, NoCancel};
use super::super::limits::{BudgetSource, Sharing};
use super::super::operation::{Async, ErrorOf, Operation};
use super::super::source::{Editable, Edited};
use super::super::timeouts::{NoTimeouts, TimeoutSettings, Timeouts};
use super::Retry;
use crate::AttemptTimeout;
use crate::clock::{ClockSource, DefaultClock};
use crate::random::{Random, Seeded, ThreadRandom};
use crate::sleep::DefaultSleeper;

/// What a call takes from outside: sleeper, clock, random numbers, cancellation, time-outs, and what it shares with
/// other calls.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<
    S = DefaultSleeper,
    K = DefaultClock,
    G = ThreadRandom,
    X = NoCancel,
    T = NoTimeouts,
    L = Sharing,
> {
    pub(crate) sleeper: S,
    pub(crate) clock: K,
    pub(crate) random: G,
    pub(crate) cancel: X,
    pub(crate) timeouts: T,
    pub(crate) sharing: L,
}

impl Surroundings {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            sleeper: DefaultSleeper,
            clock: DefaultClock,
            random: ThreadRandom,
            cancel: NoCancel,
            timeouts: NoTimeouts,
            sharing: Sharing::new(),
        }
    }
}

impl<P, M, F, J, O, S, K, G, X, T, L> Retry<P, M, F, J, O, Surroundings<S, K, G, X, T, L>> {
    /// Waits with a sleeper of your own: `|delay| ..`, which returns nothing for a blocking call and a future for an async one.
    #[inline]
    pub fn sleep<N, A>(self, sleeper: N) -> Retry<P, M, F, J, O, Surroundings<N, K, G, X, T, L>>
    where
        N: Fn(Duration) -> A,
    {
        self.sleep_with(sleeper)
    }

    /// Waits with a value that implements [`Sleeper`](crate::Sleeper) or [`BlockingSleeper`](crate::BlockingSleeper).
    #[inline]
    pub fn sleep_with<N>(self, sleeper: N) -> Retry<P, M, F, J, O, Surroundings<N, K, G, X, T, L>> {
        self.with_surroundings(|Surroundings { clock, random, cancel, timeouts, sharing, .. }| Surroundings {
            sleeper,
            clock,
            random,
            cancel,
            timeouts,
            sharing,
        })
    }

    /// Takes the time from a clock of your own; a closure `|| -> Duration` is one.
    #[inline]
    pub fn clock<N: ClockSource>(self, clock: N) -> Retry<P, M, F, J, O, Surroundings<S, N, G, X, T, L>> {
        self.with_surroundings(|Surroundings { sleeper, random, cancel, timeouts, sharing, .. }| Surroundings {
            sleeper,
            clock,
            random,
            cancel,
            timeouts,
            sharing,
        })
    }

    /// Takes the random numbers of jitter from a source of your own.
    #[inline]
    pub fn random<N: Random>(self, random: N) -> Retry<P, M, F, J, O, Surroundings<S, K, N, X, T, L>> {
        self.with_surroundings(|Surroundings { sleeper, clock, cancel, timeouts, sharing, .. }| Surroundings {
            sleeper,
            clock,
            random,
            cancel,
            timeouts,
            sharing,
        })
    }

    /// Makes the jitter of this call repeatable: the same seed gives the same delays.
    #[inline]
    pub fn seed(self, seed: u64) -> Retry<P, M, F, J, O, Surroundings<S, K, Seeded, X, T, L>> {
        self.random(Seeded::new(seed))
    }

    /// Stops the call when it is cancelled: a blocking call by a [`CancelToken`](crate::CancelToken), lent or given, an async one by that or any future.
    ///
    /// The token wakes the default sleeper at once; a blocking sleeper of your own is asked when it returns. The future is raced with the
    /// delays only, never with an attempt. The call ends with its last error, and the reason [`Cancelled`](crate::StopReason::Cancelled).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{CancelToken, Policy, StopReason};
    ///
    /// static SHUTDOWN: CancelToken = CancelToken::new();
    ///
    /// SHUTDOWN.cancel();
    /// let report = Policy::default().retry(|| Err::<(), _>("down")).cancel(&SHUTDOWN).call_report();
    /// let error = report.unwrap_err();
    /// assert_eq!((error.last, error.attempts, error.reason), ("down", 1, StopReason::Cancelled));
    /// ```
    #[inline]
    pub fn cancel<C>(self, by: C) -> Retry<P, M, F, J, O, Surroundings<S, K, G, CancelledBy<C>, T, L>> {
        self.with_surroundings(|Surroundings { sleeper, clock, random, timeouts, sharing, .. }| Surroundings {
            sleeper,
            clock,
            random,
            cancel: CancelledBy(by),
            timeouts,
            sharing,
        })
    }

    #[inline]
    fn with_sharing<N>(self, change: impl FnOnce(L) -> N) -> Retry<P, M, F, J, O, Surroundings<S, K, G, X, T, N>> {
        self.with_surroundings(|Surroundings { sleeper, clock, random, cancel, timeouts, sharing }| Surroundings {
            sleeper,
            clock,
            random,
            cancel,
            timeouts,
            sharing: change(sharing),
        })
    }

    #[inline]
    fn with_timeouts<N>(self, change: impl FnOnce(T) -> N) -> Retry<P, M, F, J, O, Surroundings<S, K, G, X, N, L>> {
        self.with_surroundings(|Surroundings { sleeper, clock, random, cancel, timeouts, sharing }| Surroundings {
            sleeper,
            clock,
            random,
            cancel,
            timeouts: change(timeouts),
            sharing,
        })
    }
}

impl<P, M, F, J, O, S, K, G, X, T, D, N> Retry<P, M, F, J, O, Surroundings<S, K, G, X, T, Sharing<D, N>>> {
    /// Names the call in the events of `tracing`, `metrics` and the global observer.
    #[inline]
    pub fn name(self, name: &'static str) -> Self {
        self.with_sharing(|sharing| Sharing { name, ..sharing })
    }

    /// Takes a token of a shared [`Budget`](crate::Budget) for each retry, and gives some back with a success.
    ///
    /// An empty budget ends the call with its last error and the reason [`BudgetEmpty`](crate::StopReason::BudgetEmpty), before any delay.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Budget, Policy, StopReason};
    /// use std::time::Duration;
    ///
    /// static DATABASE: Budget = Budget::new().capacity(1);
    /// const ONCE_MORE: Policy = Policy::constant(Duration::ZERO).max_attempts(5).build();
    ///
    /// let report = ONCE_MORE.retry(|| Err::<(), _>("down")).budget(&DATABASE).call_report();
    /// let error = report.unwrap_err();
    /// assert_eq!((error.attempts, error.reason), (2, StopReason::BudgetEmpty));
    /// ```
    #[inline]
    pub fn budget<A: BudgetSource>(
        self,
        budget: A,
    ) -> Retry<P, M, F, J, O, Surroundings<S, K, G, X, T, Sharing<A, N>>> {
        self.with_sharing(|Sharing { name, nesting, .. }| Sharing { name, budget, nesting })
    }

    /// Says what the calls inside this one do with their own retries; see [`InnerRetries`](crate::InnerRetries).
    #[cfg(feature = "std")]
    #[inline]
    pub fn inner_retries(
        self,
        mode: crate::InnerRetries,
    ) -> Retry<P, M, F, J, O, Surroundings<S, K, G, X, T, Sharing<D, crate::InnerRetries>>> {
        self.with_sharing(|Sharing { name, budget, .. }| Sharing { name, budget, nesting: mode })
    }
}

impl<P, F, J, O, S, K, G, X, T, L> Retry<P, Async, F, J, O, Surroundings<S, K, G, X, T, L>>
where
    F: Operation<Async>,
    T: TimeoutSettings,
{
    /// Drops an attempt that runs longer than this, which then fails with the error that `on_timeout` or
    /// `From<AttemptTimeout>` makes.
    ///
    /// Default: none. That error is classified like any other. An attempt gets no more time than is left of `max_elapsed`; if that strikes first, the
    /// reason is `MaxElapsed`. With a time-out of zero an attempt fails that is not ready when it is first polled.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::Policy;
    /// use std::{io, time::Duration};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::default();
    /// let call = policy.retry(|| async {
    ///     tokio::time::sleep(Duration::from_secs(60)).await;
    ///     Ok::<_, io::Error>(())
    /// });
    /// let error = call.attempt_timeout(Duration::from_secs(2)).await.unwrap_err();
    /// assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::TimedOut, "no answer within 2s"));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn attempt_timeout(
        self,
        limit: Duration,
    ) -> Retry<P, Async, F, J, O, Surroundings<S, K, G, X, Timeouts<T::OnTimeout>, L>> {
        self.with_timeouts(|timeouts| Timeouts { attempt: Some(limit), ..timeouts.settings() })
    }

    /// Drops the attempt or the delay in progress when the whole call has taken this long.
    ///
    /// The call then ends with the error that `on_timeout` or `From<AttemptTimeout>` makes, and the reason [`Timeout`](crate::StopReason::Timeout). A
    /// time-out is a limit: it replaces the 3 attempts of a policy that names none. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{Policy, StopReason};
    /// use std::{io, time::Duration};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::constant(Duration::from_secs(4)).jitter(backoff_core::Jitter::None).build();
    /// let call = policy.retry(|| async { Err::<(), _>(io::Error::other("down")) });
    /// let error = call.timeout(Duration::from_secs(10)).report().await.unwrap_err();
    /// assert_eq!((error.reason, error.attempts), (StopReason::Timeout, 3)); // at 0, 4 and 8 s
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn timeout<'p, B>(
        self,
        limit: Duration,
    ) -> Retry<Edited<'p, B>, Async, F, J, O, Surroundings<S, K, G, X, Timeouts<T::OnTimeout>, L>>
    where
        P: Editable<'p, B>,
    {
        self.with_timeouts(|timeouts| Timeouts { call: Some(limit), ..timeouts.settings() })
            .edited(|edited| edited.rules.limit_by_timeout())
    }

    /// Makes the error of an attempt, or of a call, that timed out. The attempt is gone by then.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::default();
    /// let call = policy.retry(|| async {
    ///     std::future::pending::<()>().await;
    ///     Ok::<(), String>(())
    /// });
    /// let call = call.attempt_timeout(Duration::from_secs(2)).on_timeout(|timeout| format!("slow: {:?}", timeout.limit()));
    /// assert_eq!(call.await, Err("slow: 2s".to_owned()));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_timeout<N>(self, make: N) -> Retry<P, Async, F, J, O, Surroundings<S, K, G, X, Timeouts<N>, L>>
    where
        N: Fn(AttemptTimeout) -> ErrorOf<F, Async>,
    {
        self.with_timeouts(|timeouts| {
            let Timeouts { attempt, call, .. } = timeouts.settings();
            Timeouts { attempt, call, on_timeout: make }
        })
    }
}
