//! One call of the engine, and the settings of that call.

mod environment;
mod settings;
mod steering;

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

pub use self::environment::Environment;
use self::environment::Unset;
use super::criteria::{Answer, Classified, Criteria, EveryError, EveryValue, OwnClassification};
use super::operation::{ErrorOf, Operation, ValueOf, WithAttempt};
use super::shared_limits::Unnamed;
use super::source::Editable;
use crate::observe::{Hook, OnGiveUp, OnRecovered, OnRetry, RecoveredEvent, RetryEvent};
use crate::{Attempt, Backoff, Fault, GiveUpEvent, Policy, PolicyBuilder};
use backoff_rules::Rules;

/// A call that has not started, returned by [`Policy::retry`].
///
/// The operation runs only when the value is called (`.call()`, `.call_report()`) or awaited (`.await`,
/// `.report().await`).
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
///
/// let (mut attempt, mut log) = (0, std::cell::RefCell::new(Vec::new()));
/// let result = Policy::exponential()
///     .retry(|| {
///         attempt += 1;
///         if attempt == 1 { Err("busy") } else { Ok(attempt) }
///     })
///     .on_retry(|event| log.borrow_mut().push(event.to_string()))
///     .on_recovered(|event| log.borrow_mut().push(event.to_string()))
///     .on_give_up(|event| log.borrow_mut().push(event.to_string()))
///     .random(|| u64::MAX) // the longest delays
///     .clock(|| std::time::Duration::ZERO)
///     .sleep(|_| ())
///     .call();
/// assert_eq!(result, Ok(2));
/// let first = "attempt 1 of 3 failed: busy; next in 100 ms";
/// assert_eq!(*log.get_mut(), [first, "recovered at attempt 2 after 0 ms"]);
/// ```
#[must_use = "nothing runs until `.call()` (blocking) or `.await` (async)"]
pub struct Retry<P, M, F, J = Criteria, O = (), E = Unset> {
    pub(crate) source: P,
    pub(crate) operation: F,
    pub(crate) criteria: J,
    pub(crate) observer: O,
    pub(crate) environment: E,
    pub(crate) marker: PhantomData<fn() -> M>,
}

impl<P, M, F, J, O, E> fmt::Debug for Retry<P, M, F, J, O, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").finish_non_exhaustive()
    }
}

impl<B: Backoff> Policy<B> {
    /// Returns a call of `operation` under this policy. The call is blocking or async, depending on the closure.
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
        Retry::new(self, operation)
    }

    /// Returns a call of `operation` as [`retry`](Self::retry) does. The closure receives its [`Attempt`]: number,
    /// `is_last`, times. `attempt = ctx` is the same for the body of an annotated function.
    ///
    /// The clock is read when the call starts, and once or twice for each attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let answer = Policy::default() // 3 attempts
    ///     .retry_with(|attempt| match attempt.number() {
    ///         1 => Err("the near replica is down"),
    ///         _ if attempt.is_last() => Ok("from the far replica"),
    ///         _ => Err("the near replica is down, after a delay"),
    ///     })
    ///     .sleep(|_| ())
    ///     .call()?;
    /// assert_eq!(answer, "from the far replica");
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// An async operation moves the value into its future: `|attempt| async move { .. }`.
    #[inline]
    pub fn retry_with<F, R, M>(&self, operation: F) -> Retry<&Self, M, WithAttempt<F>>
    where
        F: FnMut(Attempt) -> R,
        WithAttempt<F>: Operation<M>,
    {
        Retry::new(self, WithAttempt(operation))
    }
}

impl<B: Backoff> PolicyBuilder<B> {
    /// Builds the policy, and returns a call of `operation` that owns it; see [`Policy::retry`].
    ///
    /// A policy in a `const` is checked by the compiler, and serves many calls.
    ///
    /// # Panics
    ///
    /// Panics if a setting is refused, as [`build`](Self::build) does. For values from outside use
    /// [`try_build`](Self::try_build).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let mut calls = 0;
    /// let operation = || Err::<(), _>(calls += 1);
    /// let call = Policy::exponential().max_attempts(5).retry(operation);
    /// assert_eq!((call.sleep(|_| ()).call(), calls), (Err(()), 5));
    /// ```
    #[inline]
    #[track_caller]
    pub fn retry<F, M>(self, operation: F) -> Retry<Policy<B>, M, F>
    where
        F: Operation<M>,
    {
        Retry::new(self.build(), operation)
    }
}

impl<P, M, F, J, E> Retry<P, M, F, J, (), E> {
    /// Returns a call without hooks.
    #[cfg(feature = "tower-0-5")]
    #[inline]
    pub(crate) fn with_parts(source: P, operation: F, criteria: J, environment: E) -> Self {
        Self { source, operation, criteria, observer: (), environment, marker: PhantomData }
    }
}

impl<P, M, F> Retry<P, M, F> {
    #[inline]
    pub(super) fn new(source: P, operation: F) -> Self {
        Self {
            source,
            operation,
            criteria: Criteria::new(),
            observer: (),
            environment: Environment::named(Unnamed),
            marker: PhantomData,
        }
    }
}

impl<P, M, F: Operation<M>, U, O, E> Retry<P, M, F, Criteria<EveryError, U>, O, E> {
    /// Sets the classifier that decides which errors to retry. It returns `true` to retry, or a [`Fault`].
    ///
    /// Default: every error is transient. The closure may have a state, for example a count of errors of one kind. It
    /// runs once for each failed attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Fault, Policy};
    /// use std::time::Duration;
    ///
    /// let mut statuses = [429, 404].into_iter();
    /// let result = Policy::default()
    ///     .retry(|| Err::<(), u16>(statuses.next().unwrap_or(500)))
    ///     .when(|status| match status {
    ///         429 => Fault::PushBack(Duration::from_secs(1)),
    ///         500.. => Fault::Transient,
    ///         _ => Fault::Permanent,
    ///     })
    ///     .sleep(|_| ())
    ///     .call();
    /// assert_eq!(result, Err(404));
    /// ```
    #[inline]
    pub fn when<W, A>(self, classifier: W) -> Retry<P, M, F, Criteria<W, U>, O, E>
    where
        W: FnMut(&ErrorOf<F, M>) -> A,
        A: Into<Fault>,
    {
        self.with_classifier(classifier)
    }

    /// Classifies an error by its own [`Classify`](crate::Classify) implementation, or by the marks in the source chain
    /// of a type-erased error.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason, permanent};
    /// use std::error::Error;
    ///
    /// let report = Policy::default()
    ///     .retry(|| Err::<(), Box<dyn Error>>(permanent("no user").into()))
    ///     .classified()
    ///     .call_report();
    /// assert_eq!(report.unwrap_err().reason, StopReason::Permanent);
    /// ```
    #[inline]
    pub fn classified<K>(self) -> Retry<P, M, F, Criteria<OwnClassification<K>, U>, O, E>
    where
        ErrorOf<F, M>: Classified<K>,
    {
        self.with_classifier(OwnClassification::new())
    }

    #[inline]
    fn with_classifier<W>(self, when: W) -> Retry<P, M, F, Criteria<W, U>, O, E> {
        let Self { source, operation, criteria, observer, environment, marker } = self;
        Retry { source, operation, criteria: Criteria { when, until: criteria.until }, observer, environment, marker }
    }
}

impl<P, M, F: Operation<M>, W, O, E> Retry<P, M, F, Criteria<W, EveryValue>, O, E> {
    /// Retries successes, too, until the value meets the condition. Use it for polling.
    ///
    /// The condition returns `bool`, or `Result<(), Fault>`. `true` and `Ok(())` accept the value. `false` is a
    /// transient failure. `Err(fault)` is a failure of this kind: [`Fault::Permanent`] ends the call at once, and
    /// [`Fault::PushBack`] retries after its wait. If the call ends without a value that meets the condition, it
    /// returns the last value. [`Success::stopped`](crate::Success::stopped) of a report then contains the reason.
    ///
    /// The retry after an unmet condition takes a token from the budget, and an unmet value deposits nothing.
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
    ///
    /// A job that returns the time of the next poll, and whether it has failed:
    ///
    /// ```
    /// use backoff_core::{Fault, Policy, StopReason};
    /// use std::time::Duration;
    ///
    /// enum Job { Done, Running { ask_in: Duration }, Failed }
    ///
    /// let running = Job::Running { ask_in: Duration::from_secs(2) };
    /// let mut jobs = [running, Job::Failed, Job::Done].into_iter();
    /// let report = Policy::default()
    ///     .retry(|| jobs.next())
    ///     .until(|job| match job {
    ///         Job::Done => Ok(()),
    ///         Job::Running { ask_in } => Err(Fault::PushBack(*ask_in)),
    ///         Job::Failed => Err(Fault::Permanent),
    ///     })
    ///     .sleep(|_| ())
    ///     .call_report();
    /// let success = report.map_err(|error| error.reason)?;
    /// assert!(matches!(success.value, Job::Failed));
    /// assert_eq!(success.stopped, Some(StopReason::Permanent));
    /// assert!(success.slept >= Duration::from_secs(2));
    /// # Ok::<(), StopReason>(())
    /// ```
    #[doc(alias = "poll")]
    #[doc(alias = "polling")]
    #[inline]
    pub fn until<U, A>(self, condition: U) -> Retry<P, M, F, Criteria<W, U>, O, E>
    where
        U: FnMut(&ValueOf<F, M>) -> A,
        A: Answer,
    {
        let Self { source, operation, criteria, observer, environment, marker } = self;
        Retry {
            source,
            operation,
            criteria: Criteria { when: criteria.when, until: condition },
            observer,
            environment,
            marker,
        }
    }
}

impl<P, M, F: Operation<M>, J, O, E> Retry<P, M, F, J, O, E> {
    /// Runs `hook` once for each scheduled retry, before its delay. The hook runs inline.
    ///
    /// Several hooks of the same kind run in the order in which they were added.
    #[inline]
    pub fn on_retry<H>(self, hook: H) -> Retry<P, M, F, J, Hook<O, H, OnRetry>, E>
    where
        H: FnMut(&RetryEvent<'_, ErrorOf<F, M>>),
    {
        self.with_observer(|observer| Hook::new(observer, hook))
    }

    /// Runs `hook` when the call gives up, for any stop reason.
    #[inline]
    pub fn on_give_up<H>(self, hook: H) -> Retry<P, M, F, J, Hook<O, H, OnGiveUp>, E>
    where
        H: FnMut(&GiveUpEvent<'_, ErrorOf<F, M>>),
    {
        self.with_observer(|observer| Hook::new(observer, hook))
    }

    /// Runs `hook` when a retry succeeds. A success at the first attempt does not run it.
    #[inline]
    pub fn on_recovered<H>(self, hook: H) -> Retry<P, M, F, J, Hook<O, H, OnRecovered>, E>
    where
        H: FnMut(&RecoveredEvent),
    {
        self.with_observer(|observer| Hook::new(observer, hook))
    }

    #[inline]
    fn with_observer<N>(self, wrap: impl FnOnce(O) -> N) -> Retry<P, M, F, J, N, E> {
        let Self { source, operation, criteria, observer, environment, marker } = self;
        Retry { source, operation, criteria, observer: wrap(observer), environment, marker }
    }
}

impl<P, M, F, J, O, E> Retry<P, M, F, J, O, E> {
    /// Promises for this call that the operation is safe to execute more than once. Ambiguous failures (the server may
    /// have acted) are then retried, too.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Fault, Policy};
    ///
    /// let policy = Policy::default();
    /// let call = policy.retry(|| Err::<(), _>("lost")).when(|_| Fault::Ambiguous);
    /// let report = call.idempotent().sleep(|_| ()).call_report();
    /// assert_eq!(report.unwrap_err().attempts, 3); // and not 1
    /// ```
    pub fn idempotent(self) -> Retry<P::Edited, M, F, J, O, E>
    where
        P: Editable,
    {
        self.idempotent_if(true)
    }

    /// Sets for this call whether the operation is safe to execute more than once; see
    /// [`idempotent`](Self::idempotent). `false` withdraws the promise of the policy.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Fault, Policy};
    ///
    /// fn attempts(method: &str) -> u32 {
    ///     let mut calls = 0;
    ///     let _ = Policy::default()
    ///         .retry(|| {
    ///             calls += 1;
    ///             Err::<(), _>("the answer was lost")
    ///         })
    ///         .when(|_| Fault::Ambiguous)
    ///         .idempotent_if(method != "POST")
    ///         .sleep(|_| ())
    ///         .call();
    ///     calls
    /// }
    ///
    /// assert_eq!((attempts("GET"), attempts("POST")), (3, 1));
    /// ```
    pub fn idempotent_if(self, idempotent: bool) -> Retry<P::Edited, M, F, J, O, E>
    where
        P: Editable,
    {
        self.edited(|rules| rules.idempotent = idempotent)
    }

    /// For this call, starts a new sequence when an attempt fails after it ran for at least this duration.
    ///
    /// Zero has no effect, because every failure would then be the first. See
    /// [`PolicyBuilder::reset_after`](crate::PolicyBuilder::reset_after).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// let (now, calls) = (Cell::new(Duration::ZERO), Cell::new(0));
    /// let policy = Policy::exponential().max_attempts(2).build();
    /// let call = policy.retry(|| {
    ///     calls.set(calls.get() + 1);
    ///     let served = if calls.get() == 2 { 3_600 } else { 1 };
    ///     now.set(now.get() + Duration::from_secs(served));
    ///     Err::<(), _>("the connection broke")
    /// });
    /// let call = call.clock(|| now.get()).sleep(|_| ());
    /// assert!(call.reset_after(Duration::from_secs(60)).call().is_err());
    /// assert_eq!(calls.get(), 3); // the second failure counts as a first one
    /// ```
    pub fn reset_after(self, ran: Duration) -> Retry<P::Edited, M, F, J, O, E>
    where
        P: Editable,
    {
        self.edited(|rules| {
            rules.reset_after = Some(ran).filter(|ran| !ran.is_zero());
            *rules = rules.with_usual();
        })
    }

    fn edited(self, edit: impl FnOnce(&mut Rules)) -> Retry<P::Edited, M, F, J, O, E>
    where
        P: Editable,
    {
        let Self { source, operation, criteria, observer, environment, marker } = self;
        Retry { source: source.edited(edit), operation, criteria, observer, environment, marker }
    }

    #[inline]
    pub(super) fn with_environment<N>(self, change: impl FnOnce(E) -> N) -> Retry<P, M, F, J, O, N> {
        let Self { source, operation, criteria, observer, environment, marker } = self;
        Retry { source, operation, criteria, observer, environment: change(environment), marker }
    }
}
