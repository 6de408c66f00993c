//! The setters for the environment of a call.

use core::time::Duration;

use super::super::cancel::{CancelledBy, CancelsAttempts, DropsAttempts, FromCancelled, HasSignal};
use super::super::operation::{Async, ErrorOf, Interruptible, Operation};
use super::super::shared_limits::{BudgetSource, Named, SharedLimits};
use super::super::source::Editable;
use super::super::timeouts::{TimeoutSettings, Timeouts};
use super::{Environment, Retry};
use crate::clock::ClockSource;
use crate::random::{Random, Seeded};
use crate::sleep::SleepFn;
use crate::{AttemptTimeout, Cancelled};
use backoff_rules::Rules;

impl<P, M, F, J, O, S, K, G, X, T, L> Retry<P, M, F, J, O, Environment<S, K, G, X, T, L>> {
    /// Sets a custom sleeper, `|delay| ..`. It returns `()` for a blocking call, and a future for an async call.
    ///
    /// The closure may have a state. A future that it returns cannot borrow that state.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Jitter, Policy};
    /// use std::time::Duration;
    ///
    /// let mut delays = Vec::new();
    /// let policy = Policy::exponential().jitter(Jitter::None).build();
    /// let result = policy
    ///     .retry(|| Err::<(), _>("down"))
    ///     .sleep(|delay| delays.push(delay))
    ///     .call();
    /// assert_eq!(
    ///     (result, delays),
    ///     (Err("down"), [100, 200].map(Duration::from_millis).to_vec())
    /// );
    /// ```
    #[inline]
    pub fn sleep<N, A>(self, sleeper: N) -> Retry<P, M, F, J, O, Environment<SleepFn<N>, K, G, X, T, L>>
    where
        N: FnMut(Duration) -> A,
    {
        self.sleep_with(SleepFn(sleeper))
    }

    /// Sets a sleeper that implements [`Sleeper`](crate::Sleeper) or [`BlockingSleeper`](crate::BlockingSleeper).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{BlockingSleeper, Policy};
    /// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    /// use std::time::Duration;
    ///
    /// static SLEPT: AtomicU64 = AtomicU64::new(0);
    ///
    /// struct Log;
    ///
    /// impl BlockingSleeper for Log {
    ///     fn sleep(&self, delay: Duration) {
    ///         SLEPT.fetch_add(delay.as_secs(), Relaxed);
    ///     }
    /// }
    ///
    /// let policy = Policy::constant(Duration::from_secs(60)).max_attempts(2).build();
    /// let call = policy.retry(|| Err::<(), _>("down")).random(|| u64::MAX);
    /// assert_eq!(call.sleep_with(Log).call(), Err("down"));
    /// assert_eq!(SLEPT.load(Relaxed), 66); // 60 s and 10 % of jitter
    /// ```
    #[inline]
    pub fn sleep_with<N>(self, sleeper: N) -> Retry<P, M, F, J, O, Environment<N, K, G, X, T, L>> {
        self.with_environment(|environment| environment.with_sleeper(sleeper))
    }

    /// Sets a custom clock, for example a closure `|| -> Duration`.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// let now = Cell::new(Duration::ZERO); // since any fixed point
    /// let policy = Policy::exponential().max_elapsed(Duration::from_secs(60)).build();
    /// let operation = || {
    ///     now.set(now.get() + Duration::from_secs(90)); // a slow attempt
    ///     Err::<(), _>("down")
    /// };
    /// let report = policy.retry(operation).clock(|| now.get()).call_report();
    /// let error = report.unwrap_err();
    /// assert_eq!((error.attempts, error.elapsed.as_secs()), (1, 90));
    /// ```
    #[inline]
    pub fn clock<N: ClockSource>(self, clock: N) -> Retry<P, M, F, J, O, Environment<S, N, G, X, T, L>> {
        self.with_environment(|environment| environment.with_clock(clock))
    }

    /// Sets a custom source of random numbers for the jitter.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let mut delays = Vec::new();
    /// let policy = Policy::exponential().max_attempts(3).build();
    /// let call = policy.retry(|| Err::<(), _>("down")).random(|| u64::MAX);
    /// assert!(call.sleep(|delay| delays.push(delay)).call().is_err());
    /// assert_eq!(delays, [100, 200].map(Duration::from_millis)); // the longest
    /// ```
    #[inline]
    pub fn random<N: Random>(self, random: N) -> Retry<P, M, F, J, O, Environment<S, K, N, X, T, L>> {
        self.with_environment(|environment| environment.with_random(random))
    }

    /// Makes the jitter of this call repeatable: the same seed gives the same delays.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// fn delays(seed: u64) -> Vec<std::time::Duration> {
    ///     let mut delays = Vec::new();
    ///     let call = Policy::exponential().retry(|| Err::<(), _>("down")).seed(seed);
    ///     let _ = call.sleep(|delay| delays.push(delay)).call();
    ///     delays
    /// }
    ///
    /// assert_eq!(delays(7), delays(7));
    /// assert_ne!(delays(7), delays(8));
    /// ```
    #[inline]
    pub fn seed(self, seed: u64) -> Retry<P, M, F, J, O, Environment<S, K, Seeded, X, T, L>> {
        self.random(Seeded::new(seed))
    }

    /// Sets the cancellation of the call. A blocking call takes a [`CancelToken`](crate::CancelToken), borrowed or
    /// owned. An async call takes a token or any other future.
    ///
    /// Cancellation by a token wakes the default sleeper at once. A custom blocking sleeper is not woken by default;
    /// the token is then checked after the sleeper returns. The future is raced with the delays only; with
    /// [`cancel_attempts`](Self::cancel_attempts) also with the attempts. A cancelled call ends with its last error,
    /// and the reason [`Cancelled`](crate::StopReason::Cancelled).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{CancelToken, Policy, StopReason};
    ///
    /// static SHUTDOWN: CancelToken = CancelToken::new();
    ///
    /// SHUTDOWN.cancel();
    /// let report = Policy::default()
    ///     .retry(|| Err::<(), _>("down"))
    ///     .cancel(&SHUTDOWN)
    ///     .call_report();
    /// let error = report.unwrap_err();
    /// assert_eq!(
    ///     (error.last, error.attempts, error.reason),
    ///     ("down", 1, StopReason::Cancelled)
    /// );
    /// ```
    #[inline]
    pub fn cancel<C>(self, by: C) -> Retry<P, M, F, J, O, Environment<S, K, G, CancelledBy<C>, T, L>> {
        self.with_cancel(|_| CancelledBy(by))
    }

    /// Lets the signal of [`cancel`](Self::cancel) also drop a running attempt (async only).
    ///
    /// The attempt fails with the error from [`on_cancel`](Self::on_cancel) or `From<Cancelled>`, and the call ends
    /// with the reason [`Cancelled`](crate::StopReason::Cancelled). Each attempt is polled once before the signal is,
    /// so an attempt that is ready at once is kept, also in a call that is cancelled before it starts. If a timeout
    /// ends the attempt in the same poll, the error is that of the timeout. A call that is cancelled during a delay
    /// returns its last error.
    ///
    /// A dropped attempt may have reached the server.
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
    /// // Or `token.cancelled()`:
    /// let shutdown = tokio::time::sleep(Duration::from_secs(2));
    /// let policy = Policy::default();
    /// let call = policy.retry(|| async {
    ///     std::future::pending::<()>().await; // hangs
    ///     Ok::<_, io::Error>(())
    /// });
    /// let error = call.cancel(shutdown).cancel_attempts().report().await.unwrap_err();
    /// assert_eq!(error.last.to_string(), "cancelled");
    /// assert_eq!(error.reason, StopReason::Cancelled);
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn cancel_attempts<C>(
        self,
    ) -> Retry<P, M, F, J, O, Environment<S, K, G, CancelsAttempts<C, FromCancelled>, T, L>>
    where
        M: Interruptible,
        X: HasSignal<C>,
    {
        self.with_cancel(HasSignal::cancel_attempts)
    }

    /// Sets the closure that creates the error of an attempt that was cancelled, after
    /// [`cancel_attempts`](Self::cancel_attempts). The attempt is dropped before the closure runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{CancelToken, Policy};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let token = CancelToken::new();
    /// token.cancel();
    /// let policy = Policy::default();
    /// let call = policy.retry(|| std::future::pending::<Result<(), String>>());
    /// let call = call.cancel(&token).cancel_attempts();
    /// let call = call.on_cancel(|cancelled| format!("shut down: {cancelled}"));
    /// assert_eq!(call.await, Err("shut down: cancelled".to_owned()));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn on_cancel<N, C>(self, make: N) -> Retry<P, M, F, J, O, Environment<S, K, G, CancelsAttempts<C, N>, T, L>>
    where
        F: Operation<M>,
        X: DropsAttempts<C>,
        N: FnMut(Cancelled) -> ErrorOf<F, M>,
    {
        self.with_cancel(|cancel| cancel.on_cancel(make))
    }

    #[inline]
    fn with_cancel<N>(self, change: impl FnOnce(X) -> N) -> Retry<P, M, F, J, O, Environment<S, K, G, N, T, L>> {
        self.with_environment(|environment| environment.with_cancel(change))
    }

    #[inline]
    fn with_shared<N>(self, change: impl FnOnce(L) -> N) -> Retry<P, M, F, J, O, Environment<S, K, G, X, T, N>> {
        self.with_environment(|environment| environment.with_shared(change))
    }

    #[inline]
    fn with_timeouts<N>(self, change: impl FnOnce(T) -> N) -> Retry<P, M, F, J, O, Environment<S, K, G, X, N, L>> {
        self.with_environment(|environment| environment.with_timeouts(change))
    }
}

impl<P, M, F, J, O, S, K, G, X, T, D, N, L> Retry<P, M, F, J, O, Environment<S, K, G, X, T, SharedLimits<D, N, L>>> {
    /// Sets the name of the call in the events of `tracing`, `metrics` and the global observer; empty by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, observe};
    /// use std::sync::OnceLock;
    ///
    /// static NAME: OnceLock<&str> = OnceLock::new();
    ///
    /// observe::set_global(|event: &observe::CallEvent<'_>| {
    ///     let _ = NAME.set(event.name());
    /// })?;
    /// let once = Policy::never().build();
    /// assert!(once.retry(|| Err::<(), _>("down")).name("search").call().is_err());
    /// assert_eq!(NAME.get(), Some(&"search"));
    /// # Ok::<(), observe::AlreadySet>(())
    /// ```
    #[inline]
    pub fn name(self, name: &'static str) -> Retry<P, M, F, J, O, Environment<S, K, G, X, T, SharedLimits<D, N>>> {
        self.with_shared(|SharedLimits { budget, nesting, .. }| SharedLimits { name: Named(name), budget, nesting })
    }

    /// Withdraws a token from a shared [`Budget`](crate::Budget) for each retry. A success makes a deposit.
    ///
    /// If the budget is empty, the call ends before the delay. It returns its last error, and the reason is
    /// [`BudgetEmpty`](crate::StopReason::BudgetEmpty).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Budget, Policy, StopReason};
    /// use std::time::Duration;
    ///
    /// static DATABASE: Budget = Budget::new().capacity(1);
    /// const ONCE_MORE: Policy =
    ///     Policy::constant(Duration::ZERO).max_attempts(5).build();
    ///
    /// let report =
    ///     ONCE_MORE.retry(|| Err::<(), _>("down")).budget(&DATABASE).call_report();
    /// let error = report.unwrap_err();
    /// assert_eq!((error.attempts, error.reason), (2, StopReason::BudgetEmpty));
    /// ```
    #[inline]
    pub fn budget<A: BudgetSource>(
        self,
        budget: A,
    ) -> Retry<P, M, F, J, O, Environment<S, K, G, X, T, SharedLimits<A, N, L>>> {
        self.with_shared(|SharedLimits { name, nesting, .. }| SharedLimits { name, budget, nesting })
    }

    /// Sets the handling of retries in inner calls; see [`InnerRetries`](crate::InnerRetries).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{InnerRetries, Policy, StopReason};
    ///
    /// let policy = Policy::default();
    /// let inner = || policy.retry(|| Err::<(), _>("down")).sleep(|_| ()).call();
    /// // The inner call gives up after 3 attempts, and ends the outer one.
    /// let outer = policy.retry(inner).inner_retries(InnerRetries::Stop);
    /// let error = outer.call_report().unwrap_err();
    /// assert_eq!((error.attempts, error.reason), (1, StopReason::Nested));
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    pub fn inner_retries(
        self,
        mode: crate::InnerRetries,
    ) -> Retry<P, M, F, J, O, Environment<S, K, G, X, T, SharedLimits<D, crate::InnerRetries, L>>> {
        self.with_shared(|SharedLimits { name, budget, .. }| SharedLimits { name, budget, nesting: mode })
    }
}

impl<P, F, J, O, S, K, G, X, T, L> Retry<P, Async, F, J, O, Environment<S, K, G, X, T, L>>
where
    F: Operation<Async>,
    T: TimeoutSettings,
{
    /// Limits the run time of each attempt. An attempt that exceeds the limit is dropped, and fails with the error from
    /// `on_timeout` or `From<AttemptTimeout>`.
    ///
    /// Default: none. The timeout error is classified like any other. The remaining time of `max_elapsed` limits the
    /// attempt, too. If that limit strikes first, the reason is `MaxElapsed`. With a timeout of zero, an attempt fails
    /// unless it is ready at its first poll.
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
    /// assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    /// assert_eq!(error.to_string(), "no answer within 2s");
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn attempt_timeout(
        self,
        limit: Duration,
    ) -> Retry<P, Async, F, J, O, Environment<S, K, G, X, Timeouts<T::OnTimeout>, L>> {
        self.with_timeouts(|timeouts| Timeouts { attempt: Some(limit), ..timeouts.settings() })
    }

    /// Limits the time of the whole call. When it has passed, the attempt or the delay in progress is dropped.
    ///
    /// The call then ends with the error from `on_timeout` or `From<AttemptTimeout>`, and the reason
    /// [`Timeout`](crate::StopReason::Timeout). A timeout is a limit, so it replaces the default of 3 attempts of a
    /// policy without limits. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{Jitter, Policy, StopReason};
    /// use std::{io, time::Duration};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::constant(Duration::from_secs(4));
    /// let policy = policy.jitter(Jitter::None).build();
    /// let call = policy.retry(|| async { Err::<(), _>(io::Error::other("down")) });
    /// let error = call.timeout(Duration::from_secs(10)).report().await.unwrap_err();
    /// assert_eq!(error.reason, StopReason::Timeout);
    /// assert_eq!(error.attempts, 3); // at 0, 4 and 8 s
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn timeout(
        self,
        limit: Duration,
    ) -> Retry<P::Edited, Async, F, J, O, Environment<S, K, G, X, Timeouts<T::OnTimeout>, L>>
    where
        P: Editable,
    {
        self.with_timeouts(|timeouts| Timeouts { call: Some(limit), ..timeouts.settings() })
            .edited(Rules::limit_by_timeout)
    }

    /// Sets the closure that creates the error of an attempt or a call that timed out. The attempt is dropped before
    /// the closure runs. The closure may have a state.
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
    /// let call = call.attempt_timeout(Duration::from_secs(2));
    /// let call = call.on_timeout(|timeout| format!("slow: {:?}", timeout.limit()));
    /// assert_eq!(call.await, Err("slow: 2s".to_owned()));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_timeout<N>(self, make: N) -> Retry<P, Async, F, J, O, Environment<S, K, G, X, Timeouts<N>, L>>
    where
        N: FnMut(AttemptTimeout) -> ErrorOf<F, Async>,
    {
        self.with_timeouts(|timeouts| {
            let Timeouts { attempt, call, .. } = timeouts.settings();
            Timeouts { attempt, call, on_timeout: make }
        })
    }
}
