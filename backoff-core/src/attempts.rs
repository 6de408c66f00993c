//! Manual retry loops, for operations that a closure cannot express.

#[cfg(feature = "async")]
mod awaiting;
pub(crate) mod cancel;
pub(crate) mod environment;
pub(crate) mod pending;
mod settings;
pub(crate) mod state;

use core::fmt;
use core::time::Duration;

use self::cancel::LoopCancel;
use self::environment::LoopEnvironment;
use self::state::{FinishOnDrop, State};
use crate::clock::{WaitClock, WaitKind};
use crate::drive::after_attempt::text_of;
use crate::drive::call::Environment;
use crate::drive::cancel::{BlockingCancel, NoCancel};
use crate::drive::shared_limits::{BudgetSource, Nesting, SharedLimits};
use crate::drive::source::PolicySource;
use crate::drive::timeouts::NoTimeouts;
use crate::error::{Cancelled, RetryError};
use crate::observe::ErrorText;
use crate::random::Random;
use crate::sleep::BlockingSleepMut;
use crate::{Backoff, ClockSource, DefaultClock, DefaultSleeper, Fault, Policy, StopReason, ThreadRandom};

/// The attempts of one call in a manual loop: counts failures, waits, and stops.
///
/// Use it where a closure cannot express the operation: `&mut` state across `.await`, several operations that share one
/// policy, a connection that lives as long as it works, a `Stream`, a `Service` or a poll function.
///
/// A loop takes two steps after a failed attempt, each usable alone:
///
/// * *count the failure*: [`failed`](Self::failed) returns the delay, or returns the error when the policy stops;
/// * *wait for the delay*: [`wait`](Self::wait) blocks the thread, [`wait_async`](Self::wait_async) is awaited, and
///   [`poll_wait`](Self::poll_wait) is polled. All of them return at once if no delay is pending.
///
/// [`pause`](Self::pause) and [`pause_async`](Self::pause_async) are both steps in one.
///
/// # Cancellation
///
/// A wait can be dropped: the delay stays pending, and the next wait is for the rest of it. The failure is counted
/// once. In a `select!` that drops waits, begin each attempt with a wait, as in the example of
/// [`wait_async`](Self::wait_async). If an attempt runs without the wait and fails, too, its failure is counted, and
/// the next wait ends with the later of both delays.
///
/// # The end of the last attempt
///
/// [`success`](Self::success) ends the call. An attempt that runs when the value is dropped counts as a success, too:
/// the budget gets its deposit, and observers are notified of the recovery. It does not count while a delay is pending,
/// after the call has stopped, after `success`, or while the thread panics. So report a failure by
/// [`failed`](Self::failed) before the value is dropped; [`core::mem::forget`] counts nothing.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
/// use std::time::Duration;
///
/// const QUICK: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
///
/// let mut attempts = QUICK.start();
/// let connected_at = loop {
///     match if attempts.number() < 3 { Err("refused") } else { Ok(3) } {
///         Ok(connection) => {
///             attempts.success();
///             break connection;
///         }
///         Err(error) => attempts.pause(error)?,
///     }
/// };
/// assert_eq!(connected_at, 3);
/// # Ok::<(), &str>(())
/// ```
///
/// A field that contains a loop has the type `Attempts`, which owns its policy, or `Attempts<Arc<Policy>>`, which
/// shares it. [`AttemptsWith`] names a loop with a budget and a cancellation. All of them are `'static`.
///
/// ```
/// use backoff_core::{Attempts, Policy};
///
/// struct Connector {
///     attempts: Attempts,
/// }
///
/// let mut connector = Connector { attempts: Attempts::new(Policy::default()) };
/// assert!(connector.attempts.failed("refused").is_ok());
/// connector.attempts.success(); // the next attempt belongs to a new call
/// assert_eq!(connector.attempts.failures(), 0);
/// ```
pub struct Attempts<P: PolicySource = Policy, E: LoopEnvironment = Environment> {
    state: FinishOnDrop<State<P, E>>,
}

/// Attempts with a budget `D` and a cancellation `X`, as the type of a field.
///
/// # Examples
///
/// ```
/// use backoff_core::call::{AttemptsWith, CancelSignal};
/// use backoff_core::{Attempts, Budget, CancelToken, Policy, WaitForCancel};
/// use std::sync::Arc;
///
/// struct Worker {
///     attempts: AttemptsWith<Arc<Budget>, CancelSignal<WaitForCancel>>,
/// }
///
/// let (budget, token) = (Arc::new(Budget::new()), CancelToken::new());
/// let attempts = Attempts::new(Policy::default()).budget(budget).cancel(&token);
/// let mut worker = Worker { attempts };
/// token.cancel();
/// assert_eq!(worker.attempts.pause("refused"), Err("refused"));
/// ```
pub type AttemptsWith<D, X = NoCancel, P = Policy> =
    Attempts<P, Environment<DefaultSleeper, DefaultClock, ThreadRandom, X, NoTimeouts, SharedLimits<D>>>;

impl<B: Backoff> Policy<B> {
    /// Returns the attempts of a call with a manual loop, blocking or async. They borrow the policy;
    /// [`Attempts::new`] owns it.
    ///
    /// The call starts now. If the loop blocks the thread, its time is the system's. If it awaits, its time is tokio's
    /// inside a tokio runtime, and the system's elsewhere.
    #[must_use]
    pub fn start(&self) -> Attempts<&Self> {
        Attempts::new(self)
    }
}

impl<P: PolicySource> Attempts<P> {
    /// Returns the attempts of a call with a manual loop. They contain the policy: a `Policy`, a `&Policy`, or an
    /// `Arc<Policy>`.
    ///
    /// The call starts now. If the loop blocks the thread, its time is the system's. If it awaits, its time is tokio's
    /// inside a tokio runtime, and the system's elsewhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Attempts, Policy};
    /// use std::sync::Arc;
    ///
    /// let shared = Arc::new(Policy::exponential().max_attempts(1).build());
    /// let mut attempts = Attempts::new(Arc::clone(&shared));
    /// assert_eq!(attempts.failed("down"), Err("down"));
    /// ```
    #[must_use]
    pub fn new(policy: P) -> Self {
        Self { state: FinishOnDrop::new(State::new(policy, Environment::new())) }
    }
}

impl<P: PolicySource, E: LoopEnvironment> Attempts<P, E> {
    /// Returns the number of the present attempt, 1 for the first, also after [`reset`](Self::reset).
    ///
    /// While a delay is pending, it is the number of the attempt after the delay. Once the call has stopped, it is the
    /// number of the last attempt.
    #[must_use]
    pub fn number(&self) -> u32 {
        let failed = self.failures();
        if self.stopped().is_some() { failed } else { failed.saturating_add(1) }
    }

    /// Returns the number of failed attempts since the start or the last [`reset`](Self::reset).
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.state.call.driver.progress().attempts()
    }

    /// Returns the time since the start or the last [`reset`](Self::reset), which `max_elapsed` limits.
    ///
    /// It counts from the first failure, unless the policy needs the time of the start.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// let now = Cell::new(Duration::ZERO);
    /// let policy = Policy::exponential().max_elapsed(Duration::from_secs(60)).build();
    /// let attempts = policy.start().clock(|| now.get());
    /// now.set(Duration::from_secs(9)); // the first attempt takes this long
    /// assert_eq!(attempts.elapsed(), Duration::from_secs(9));
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let driver = &self.state.call.driver;
        let clock = WaitClock::new(self.state.environment.clock(), self.state.call.kind);
        driver.progress().elapsed(driver.elapsed(&clock))
    }

    /// Returns the delay before the present attempt, as the policy decided it; `None` at the first.
    #[must_use]
    pub fn last_delay(&self) -> Option<Duration> {
        self.state.last_delay()
    }

    /// Returns the remaining time of the delay before the next attempt; `None` if the next attempt can start.
    #[must_use]
    pub fn pending_delay(&self) -> Option<Duration> {
        self.state.rest()
    }

    /// Records that the pending delay has passed, for loops that wait by other means. Does nothing if none is pending.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Jitter, Policy};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::exponential().jitter(Jitter::None).build();
    /// let mut attempts = policy.start();
    /// let delay = attempts.failed("down")?;
    /// assert_eq!(delay, Duration::from_millis(100)); // for a timer of the loop
    /// attempts.delay_passed(); // the timer has fired
    /// assert_eq!((attempts.number(), attempts.slept()), (2, delay));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn delay_passed(&mut self) {
        self.state.delay_passed();
    }

    /// Returns the sum of the completed delays.
    #[must_use]
    pub fn slept(&self) -> Duration {
        self.state.call.driver.slept()
    }

    /// Returns the reason why the call stopped; `None` while it continues.
    #[must_use]
    pub fn stopped(&self) -> Option<StopReason> {
        self.state.call.stopped
    }

    /// Records that the attempt succeeded; the next attempt belongs to a new call.
    pub fn success(&mut self) {
        self.state.success();
    }

    /// Starts a new sequence: attempts, backoff and elapsed time start again, as after `reset_after`.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let policy = Policy::constant(Duration::ZERO).max_attempts(2).build();
    /// let mut attempts = policy.start();
    /// for _ in 0..10 {
    ///     attempts.reset(); // a connection that has worked for long enough
    ///     assert_eq!(attempts.pause("closed"), Ok(()));
    /// }
    /// ```
    pub fn reset(&mut self) {
        self.state.reset();
    }

    /// Returns a report of the call, together with the error that [`pause`](Self::pause) returned.
    ///
    /// Elapsed time counts from the start of the call if the policy needs it, for `max_elapsed` since the call or
    /// `reset_after`. Otherwise it counts from the first failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Attempts, Policy};
    ///
    /// let mut attempts = Attempts::new(Policy::never().build());
    /// let last = attempts.pause("refused").unwrap_err();
    /// let error = attempts.explain(last);
    /// assert_eq!((error.last, error.attempts), ("refused", 1));
    /// ```
    pub fn explain<R>(&self, last: R) -> RetryError<R> {
        let call = &self.state.call;
        let clock = WaitClock::new(self.state.environment.clock(), call.kind);
        let reason = call.stopped.unwrap_or(StopReason::Cancelled);
        RetryError::new(last, call.driver.ended(&clock, call.stopped), reason)
    }

    /// Returns the result of a wait for which no delay is pending.
    fn without_delay(&self) -> Result<(), Cancelled> {
        if self.stopped() == Some(StopReason::Cancelled) { Err(Cancelled) } else { Ok(()) }
    }
}

// The bounds that a wrong argument of a setter can violate are on each method, as those of `policy.retry`.
impl<P, S, K, G, X, D, N> Attempts<P, Environment<S, K, G, X, NoTimeouts, SharedLimits<D, N>>>
where
    P: PolicySource,
    K: ClockSource,
    G: Random,
    D: BudgetSource,
    N: Nesting,
{
    /// Counts the failure of the present attempt, and returns the delay before the next one; the error is transient.
    ///
    /// It waits for nothing and does not keep the error. Follow it by [`wait`](Self::wait),
    /// [`wait_async`](Self::wait_async) or [`poll_wait`](Self::poll_wait).
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason};
    ///
    /// let policy = Policy::exponential().max_attempts(2).build();
    /// let mut attempts = policy.start().sleep(|_| ());
    /// let delay = attempts.failed("down")?;
    /// assert_eq!((attempts.failures(), attempts.pending_delay()), (1, Some(delay)));
    /// assert_eq!(attempts.wait(), Ok(()));
    /// assert_eq!((attempts.last_delay(), attempts.stopped()), (Some(delay), None));
    /// assert_eq!(attempts.failed("still down"), Err("still down"));
    /// assert_eq!(attempts.stopped(), Some(StopReason::MaxAttempts));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn failed<R>(&mut self, error: R) -> Result<Duration, R>
    where
        X: LoopCancel,
    {
        self.failed_as(error, Fault::Transient)
    }

    /// Counts the failure of the present attempt, as [`failed`](Self::failed) does; `fault` is the classification of
    /// the error.
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Fault, Policy};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::default();
    /// let mut attempts = policy.start();
    /// let push_back = Fault::PushBack(Duration::from_secs(5));
    /// assert!(attempts.failed_as("429", push_back)? >= Duration::from_secs(5));
    /// assert_eq!(attempts.failed_as("404", Fault::Permanent), Err("404"));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn failed_as<R>(&mut self, error: R, fault: impl Into<Fault>) -> Result<Duration, R>
    where
        X: LoopCancel,
    {
        self.state.check_and_count(fault.into(), Some(&error)).map_err(|_| error)
    }

    /// Counts the failure of an attempt that has no error, for example a stream that ended.
    ///
    /// # Errors
    ///
    /// Returns the reason when the policy stops.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Fault, Policy, StopReason};
    ///
    /// let policy = Policy::never().build();
    /// let mut attempts = policy.start();
    /// let end = attempts.failed_without_error(Fault::Transient);
    /// assert_eq!(end, Err(StopReason::MaxAttempts));
    /// ```
    pub fn failed_without_error(&mut self, fault: impl Into<Fault>) -> Result<Duration, StopReason>
    where
        X: LoopCancel,
    {
        self.state.check_and_count::<()>(fault.into(), None)
    }

    /// Waits for the pending delay, blocking the thread. Returns at once if none is pending.
    ///
    /// # Errors
    ///
    /// Returns [`Cancelled`] if the call was cancelled during the delay, or had been before.
    pub fn wait(&mut self) -> Result<(), Cancelled>
    where
        S: BlockingSleepMut,
        X: BlockingCancel,
    {
        if self.state.call.pending.is_none() {
            return self.without_delay();
        }
        if self.waits() {
            return Ok(());
        }
        self.state.interrupted(ErrorText::NONE);
        Err(Cancelled)
    }

    /// Waits before the next attempt, blocking the thread; the error is transient.
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    pub fn pause<R>(&mut self, error: R) -> Result<(), R>
    where
        S: BlockingSleepMut,
        X: BlockingCancel,
    {
        self.pause_as(error, Fault::Transient)
    }

    /// Waits before the next attempt, blocking the thread; `fault` is the classification of the error.
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    ///
    /// # Examples
    ///
    /// Compute the fault before the error moves into the call:
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason, classify};
    ///
    /// let policy = Policy::default();
    /// let mut attempts = policy.start();
    /// let error = std::fs::read("/no/such/file").unwrap_err();
    /// let fault = classify::io(&error);
    /// let last = attempts.pause_as(error, fault).unwrap_err();
    /// assert_eq!(attempts.explain(last).reason, StopReason::Permanent);
    /// ```
    pub fn pause_as<R>(&mut self, error: R, fault: impl Into<Fault>) -> Result<(), R>
    where
        S: BlockingSleepMut,
        X: BlockingCancel,
    {
        self.state.call.kind = WaitKind::Blocking;
        let is_cancelled = self.state.environment.cancel.is_cancelled();
        if self.state.count(fault.into(), is_cancelled, Some(&error)).is_err() {
            return Err(error);
        }
        // The error's resources are freed while the call waits, unless the call may end with it.
        let held = X::hold(error);
        if self.waits() {
            return Ok(());
        }
        let Some(error) = X::release(held) else { return Ok(()) };
        self.state.interrupted(text_of(Some(&error)));
        Err(error)
    }

    /// Waits for the pending delay. Returns `false` if the call was cancelled.
    fn waits(&mut self) -> bool
    where
        S: BlockingSleepMut,
        X: BlockingCancel,
    {
        let State { environment, call, .. } = &mut *self.state;
        call.kind = WaitKind::Blocking;
        let clock = WaitClock::new(&environment.clock, call.kind);
        let Some(pending) = call.pending else { return true };
        let has_passed = pending.block(&clock, &mut environment.sleeper, &environment.cancel);
        if has_passed {
            self.state.delay_passed();
        }
        has_passed
    }
}

impl<P: PolicySource, E: LoopEnvironment> fmt::Debug for Attempts<P, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts").field("failed", &self.state.call.driver.attempts()).finish_non_exhaustive()
    }
}
