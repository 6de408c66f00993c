//! One call of the engine, and everything that can be said about it.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::cancel::{CancelledBy, NoCancel};
use super::judge::{AskTheError, Classified, EveryError, EveryValue, Judge};
use super::limits::{BudgetSource, Sharing};
use super::operation::{Async, ErrorOf, Operation, ValueOf};
use super::source::{Editable, Edited};
use super::timeouts::{NoTimeouts, TimeoutSettings, Timeouts};
use crate::clock::{ClockSource, DefaultClock};
use crate::observe::{Hook, OnGiveUp, OnRecovered, OnRetry, RecoveredEvent, RetryEvent};
use crate::policy::Named;
use crate::random::{Random, Seeded, ThreadRandom};
use crate::sleep::DefaultSleeper;
use crate::{AttemptTimeout, Backoff, Fault, GiveUpEvent, Policy};

/// A call that has not started: what [`Policy::retry`] returns.
///
/// Nothing runs until it is called (`.call()`, `.call_report()`) or awaited (`.await`, `.report().await`).
#[must_use = "nothing runs until `.call()` (blocking) or `.await` (async)"]
pub struct Retry<P, M, F, J = Judge, O = (), E = Surroundings> {
    pub(crate) source: P,
    pub(crate) operation: F,
    pub(crate) judge: J,
    pub(crate) observer: O,
    pub(crate) surroundings: E,
    pub(crate) marker: PhantomData<fn() -> M>,
}

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

impl<P, M, F, J, O, E> fmt::Debug for Retry<P, M, F, J, O, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").finish_non_exhaustive()
    }
}

impl<B: Backoff> Policy<B> {
    /// Returns a call of `operation` under this policy, blocking or async as the closure is.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let mut attempt = 0;
    /// let text = Policy::default()
    ///     .retry(|| {
    ///         attempt += 1;
    ///         if attempt < 2 { Err("busy") } else { Ok("done") }
    ///     })
    ///     .when(|error| *error == "busy")
    ///     .sleep(|_| ()) // waits for nothing, as in a test
    ///     .call()?;
    /// assert_eq!(text, "done");
    /// # Ok::<(), &str>(())
    /// ```
    #[inline]
    pub fn retry<F, M>(&self, operation: F) -> Retry<&Self, M, F>
    where
        F: Operation<M>,
    {
        Retry {
            source: self,
            operation,
            judge: Judge::new(),
            observer: (),
            surroundings: Surroundings {
                sleeper: DefaultSleeper,
                clock: DefaultClock,
                random: ThreadRandom,
                cancel: NoCancel,
                timeouts: NoTimeouts,
                sharing: Sharing::new(),
            },
            marker: PhantomData,
        }
    }
}

impl<P, M, F: Operation<M>, U, O, E> Retry<P, M, F, Judge<EveryError, U>, O, E> {
    /// Says which errors are worth another attempt: `true`, or a [`Fault`].
    ///
    /// Default: every error is transient.
    #[inline]
    pub fn when<W, A>(self, classifier: W) -> Retry<P, M, F, Judge<W, U>, O, E>
    where
        W: Fn(&ErrorOf<F, M>) -> A,
        A: Into<Fault>,
    {
        self.with_classifier(classifier)
    }

    /// Asks the error itself: its [`Classify`](crate::Classify), or the marks in the chain of a type-erased error.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason, permanent};
    /// use std::error::Error;
    ///
    /// let report = Policy::default()
    ///     .retry(|| Err::<(), Box<dyn Error + Send + Sync>>(permanent("no such user").into()))
    ///     .classified()
    ///     .call_report();
    /// assert_eq!(report.unwrap_err().reason, StopReason::Permanent);
    /// ```
    #[inline]
    pub fn classified<K>(self) -> Retry<P, M, F, Judge<AskTheError<K>, U>, O, E>
    where
        ErrorOf<F, M>: Classified<K>,
    {
        self.with_classifier(AskTheError::new())
    }

    #[inline]
    fn with_classifier<W>(self, when: W) -> Retry<P, M, F, Judge<W, U>, O, E> {
        let Self { source, operation, judge, observer, surroundings, marker } = self;
        Retry { source, operation, judge: Judge { when, until: judge.until }, observer, surroundings, marker }
    }
}

impl<P, M, F: Operation<M>, W, O, E> Retry<P, M, F, Judge<W, EveryValue>, O, E> {
    /// Retries a success, too, until its value meets the condition: for polling.
    ///
    /// An unmet condition counts as a transient failure. When the policy ends first, the call returns the last value, and
    /// [`Success::stopped`](crate::Success::stopped) of a report says why.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let mut progress = 0;
    /// let done = Policy::default()
    ///     .retry(|| {
    ///         progress += 50;
    ///         Some(progress)
    ///     })
    ///     .until(|percent| *percent == 100)
    ///     .sleep(|_| ())
    ///     .call();
    /// assert_eq!(done, Some(100));
    /// ```
    #[inline]
    pub fn until<U>(self, condition: U) -> Retry<P, M, F, Judge<W, U>, O, E>
    where
        U: Fn(&ValueOf<F, M>) -> bool,
    {
        let Self { source, operation, judge, observer, surroundings, marker } = self;
        Retry { source, operation, judge: Judge { when: judge.when, until: condition }, observer, surroundings, marker }
    }
}

impl<P, M, F: Operation<M>, J, O, E> Retry<P, M, F, J, O, E> {
    /// Runs `hook` once for each retry that is scheduled, inline, before its delay.
    ///
    /// Hooks of the same kind add up, in the order given.
    #[inline]
    pub fn on_retry<H>(self, hook: H) -> Retry<P, M, F, J, Hook<O, H, OnRetry>, E>
    where
        H: FnMut(&RetryEvent<'_, ErrorOf<F, M>>),
    {
        self.with_observer(|observer| Hook::new(observer, hook))
    }

    /// Runs `hook` when the call gives up, whatever the reason.
    #[inline]
    pub fn on_give_up<H>(self, hook: H) -> Retry<P, M, F, J, Hook<O, H, OnGiveUp>, E>
    where
        H: FnMut(&GiveUpEvent<'_, ErrorOf<F, M>>),
    {
        self.with_observer(|observer| Hook::new(observer, hook))
    }

    /// Runs `hook` when a retry succeeds; not for a success at the first attempt.
    #[inline]
    pub fn on_recovered<H>(self, hook: H) -> Retry<P, M, F, J, Hook<O, H, OnRecovered>, E>
    where
        H: FnMut(&RecoveredEvent),
    {
        self.with_observer(|observer| Hook::new(observer, hook))
    }

    #[inline]
    fn with_observer<N>(self, wrap: impl FnOnce(O) -> N) -> Retry<P, M, F, J, N, E> {
        let Self { source, operation, judge, observer, surroundings, marker } = self;
        Retry { source, operation, judge, observer: wrap(observer), surroundings, marker }
    }
}

impl<'p, P, M, F, J, O, E> Retry<P, M, F, J, O, E> {
    /// Promises for this call that the operation may be executed more than once: ambiguous failures are retried too.
    pub fn idempotent<B>(self) -> Retry<Edited<'p, B>, M, F, J, O, E>
    where
        P: Editable<'p, B>,
    {
        self.edited(|edited| edited.rules.idempotent = true)
    }

    /// Starts a new sequence at the failure of an attempt that ran at least this long, for this call.
    ///
    /// See [`PolicyBuilder::reset_after`](crate::PolicyBuilder::reset_after).
    pub fn reset_after<B>(self, ran: Duration) -> Retry<Edited<'p, B>, M, F, J, O, E>
    where
        P: Editable<'p, B>,
    {
        self.edited(|edited| edited.rules.reset_after = Some(ran))
    }

    fn edited<B>(self, edit: impl FnOnce(&mut Edited<'p, B>)) -> Retry<Edited<'p, B>, M, F, J, O, E>
    where
        P: Editable<'p, B>,
    {
        let Self { source, operation, judge, observer, surroundings, marker } = self;
        let mut source = source.edited();
        edit(&mut source);
        Retry { source, operation, judge, observer, surroundings, marker }
    }

    #[inline]
    fn with_surroundings<N>(self, change: impl FnOnce(E) -> N) -> Retry<P, M, F, J, O, N> {
        let Self { source, operation, judge, observer, surroundings, marker } = self;
        Retry { source, operation, judge, observer, surroundings: change(surroundings), marker }
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
    /// The token wakes the default sleeper at once. The future is raced with the delays only, never with an attempt. The
    /// call ends with its last error, and the reason [`Cancelled`](crate::StopReason::Cancelled).
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
    /// That error is classified like any other. An attempt gets no more time than is left of `max_elapsed`; if that strikes first, the reason
    /// is `MaxElapsed`.
    pub fn attempt_timeout(
        self,
        limit: Duration,
    ) -> Retry<P, Async, F, J, O, Surroundings<S, K, G, X, Timeouts<T::OnTimeout>, L>> {
        self.with_timeouts(|timeouts| Timeouts { attempt: Some(limit), ..timeouts.settings() })
    }

    /// Drops the attempt or the delay in progress when the whole call has taken this long.
    ///
    /// The call then ends with the error that `on_timeout` or `From<AttemptTimeout>` makes, and the reason [`Timeout`](crate::StopReason::Timeout). A
    /// time-out is a limit: it replaces the 3 attempts of a policy that names none.
    pub fn timeout<'p, B>(
        self,
        limit: Duration,
    ) -> Retry<Edited<'p, B>, Async, F, J, O, Surroundings<S, K, G, X, Timeouts<T::OnTimeout>, L>>
    where
        P: Editable<'p, B>,
    {
        self.with_timeouts(|timeouts| Timeouts { call: Some(limit), ..timeouts.settings() }).edited(|edited| {
            if !edited.rules.named.has(Named::MAX_ATTEMPTS) {
                edited.rules.max_attempts = 0;
            }
        })
    }

    /// Makes the error of an attempt, or of a call, that timed out.
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
