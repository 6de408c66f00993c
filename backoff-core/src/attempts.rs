//! Manual retry loops, for operations that a closure cannot express.

#[cfg(feature = "_runtime")]
mod awaiting;

use core::fmt;
use core::time::Duration;

use crate::clock::{BothInstants, Clock as _, WaitClock};
use crate::decision::{Decision, Failure, StopReason};
use crate::drive::after_attempt::text_of;
use crate::drive::{Driver, Step};
use crate::error::RetryError;
use crate::observe::Label;
use crate::random::{Random, Seeded, ThreadRandom};
use crate::sleep::block_unless_cancelled;
use crate::{Backoff, Budget, CancelToken, Fault, Policy};

/// The attempts of one call in a manual loop: counts failures, waits, and stops.
///
/// Use it where a closure cannot express the operation: `&mut` state across `.await`, several operations that share one
/// policy, a connection that lives as long as it works. Created by [`Policy::start`].
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, StopReason};
/// use std::time::Duration;
///
/// const QUICK: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
///
/// fn connect(log: &mut Vec<u32>) -> Result<u32, &'static str> {
///     let mut attempts = QUICK.start();
///     loop {
///         log.push(attempts.number());
///         match if attempts.number() < 3 { Err("refused") } else { Ok(7) } {
///             Ok(connection) => {
///                 attempts.success();
///                 break Ok(connection);
///             }
///             Err(error) => attempts.pause(error)?,
///         }
///     }
/// }
///
/// let mut log = Vec::new();
/// assert_eq!(connect(&mut log), Ok(7));
/// assert_eq!(log, [1, 2, 3]);
/// ```
pub struct Attempts<'p, B: Backoff, G = ThreadRandom> {
    policy: &'p Policy<B>,
    /// The kind of the last pause.
    clock: WaitClock,
    driver: Driver<B::State, BothInstants>,
    attempt_started: Option<BothInstants>,
    /// Start of the present sequence, until its first failure selects the clock by which that counts.
    reset_at: Option<BothInstants>,
    last_delay: Option<Duration>,
    stopped: Option<StopReason>,
    budget: Option<&'p Budget>,
    cancel: Option<CancelToken>,
    name: &'static str,
    random: G,
}

impl<B: Backoff> Policy<B> {
    /// Returns the attempts of a call with a manual loop, blocking or async.
    ///
    /// The call starts now. If the loop blocks the thread, its time is the system's. If it awaits, its time is tokio's
    /// inside a tokio runtime, and the system's elsewhere.
    #[must_use]
    pub fn start(&self) -> Attempts<'_, B> {
        let clock = WaitClock::Async;
        let driver = Driver::start(self.rules(), &clock, false);
        let mut attempts = Attempts {
            policy: self,
            clock,
            driver,
            attempt_started: None,
            reset_at: None,
            last_delay: None,
            stopped: None,
            budget: None,
            cancel: None,
            name: "",
            random: ThreadRandom,
        };
        attempts.attempt_starts();
        attempts
    }
}

impl<'p, B: Backoff, G: Random> Attempts<'p, B, G> {
    /// Makes the jitter of this call repeatable: the same seed gives the same delays.
    #[must_use]
    pub fn seed(self, seed: u64) -> Attempts<'p, B, Seeded> {
        let Self {
            policy, clock, driver, attempt_started, reset_at, last_delay, stopped, budget, cancel, name, ..
        } = self;
        let random = Seeded::new(seed);
        Attempts { policy, clock, driver, attempt_started, reset_at, last_delay, stopped, budget, cancel, name, random }
    }

    /// Stops the call when the token is cancelled: at its next failure, or at once while it waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{CancelToken, Policy, StopReason};
    ///
    /// static SHUTDOWN: CancelToken = CancelToken::new();
    ///
    /// let policy = Policy::exponential().forever().build();
    /// let mut attempts = policy.start().cancel(&SHUTDOWN);
    /// SHUTDOWN.cancel();
    /// assert_eq!(attempts.pause("refused"), Err("refused"));
    /// assert_eq!(attempts.stopped(), Some(StopReason::Cancelled));
    /// ```
    #[must_use]
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = Some(token.clone());
        self
    }

    /// Sets the name of the call in logs and metrics.
    #[must_use]
    pub fn name(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Takes a token of a shared budget for each retry; [`success`](Self::success) puts a part back.
    #[must_use]
    pub fn budget(mut self, budget: &'p Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Returns the number of the present attempt, 1 for the first, also after [`reset`](Self::reset).
    ///
    /// Once the call has stopped, it is the number of the last attempt.
    #[must_use]
    pub fn number(&self) -> u32 {
        let failed = self.driver.progress().attempts();
        if self.stopped.is_some() { failed } else { failed.saturating_add(1) }
    }

    /// Returns the delay before the present attempt, as the policy decided it; `None` at the first.
    #[must_use]
    pub fn last_delay(&self) -> Option<Duration> {
        self.last_delay
    }

    /// Returns the sum of the completed delays.
    #[must_use]
    pub fn slept(&self) -> Duration {
        self.driver.slept()
    }

    /// Returns the reason why the call stopped; `None` while it continues.
    #[must_use]
    pub fn stopped(&self) -> Option<StopReason> {
        self.stopped
    }

    /// Records that the attempt succeeded; the next attempt belongs to a new call.
    pub fn success(&mut self) {
        if let Some(budget) = self.budget {
            budget.deposit();
        }
        let policy = self.policy;
        self.driver.accepted::<_, _, _, _, ()>(step(self.name, &policy, &self.clock, &mut self.random, &mut ()));
        self.attempt_starts();
        self.driver = Driver::start(self.policy.rules(), &self.clock, false);
        self.reset_at = None;
        self.last_delay = None;
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
        let now = self.clock.now();
        self.driver.reset(now, &self.clock);
        self.reset_at = Some(now);
        self.last_delay = None;
        self.attempt_starts();
    }

    /// Waits before the next attempt, blocking the thread; the error is transient.
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    pub fn pause<E>(&mut self, error: E) -> Result<(), E> {
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
    /// let error = loop {
    ///     match std::fs::read("/no/such/file") {
    ///         Ok(bytes) => panic!("{} bytes", bytes.len()),
    ///         Err(error) => {
    ///             let fault = classify::io(&error);
    ///             if let Err(error) = attempts.pause_as(error, fault) {
    ///                 break attempts.explain(error);
    ///             }
    ///         }
    ///     }
    /// };
    /// assert_eq!((error.reason, error.attempts), (StopReason::Permanent, 1));
    /// ```
    pub fn pause_as<E>(&mut self, error: E, fault: impl Into<Fault>) -> Result<(), E> {
        self.clock = WaitClock::Blocking;
        let delay = match self.failed(fault.into(), &error) {
            Decision::RetryAfter(delay) => delay,
            Decision::Stop(_) => return Err(error),
        };
        // The error's resources are freed while the call waits, unless the call may end with it.
        let held = self.cancel.is_some().then_some(error);
        block_unless_cancelled(delay, self.cancel.as_ref());
        if let (true, Some(error)) = (self.is_cancelled(), held) {
            return Err(self.interrupted(error));
        }
        self.driver.waited(delay);
        self.resumes(delay);
        Ok(())
    }

    /// Returns a report of the call, together with the error that [`pause`](Self::pause) returned.
    ///
    /// Elapsed time counts from [`Policy::start`] if the policy needs it, for `max_elapsed` since the call or
    /// `reset_after`. Otherwise it counts from the first failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason};
    ///
    /// let once = Policy::never().build();
    /// let mut attempts = once.start();
    /// let last = attempts.pause("refused").unwrap_err();
    /// let error = attempts.explain(last);
    /// assert_eq!((error.last, error.attempts, error.reason), ("refused", 1, StopReason::MaxAttempts));
    /// ```
    pub fn explain<E>(&self, last: E) -> RetryError<E> {
        let reason = self.stopped.unwrap_or(StopReason::Cancelled);
        RetryError::new(last, self.driver.ended(&self.clock, self.stopped), reason)
    }

    fn failed<E>(&mut self, fault: Fault, error: &E) -> Decision {
        self.driver.now(&self.clock); // `explain` tells the time, from the first failure at the latest
        if let Some(from) = self.reset_at.take() {
            self.driver.reset(from, &self.clock);
        }
        let failure = Failure::new(fault).cancelled(self.is_cancelled()).budget(self.budget);
        let started = self.attempt_started;
        let text = text_of(Some(error));
        let policy = self.policy;
        let mut nobody = ();
        let step = step(self.name, &policy, &self.clock, &mut self.random, &mut nobody).with(text);
        let decision = self.driver.failed(step, failure, started, Some(error));
        self.stopped = match decision {
            Decision::RetryAfter(_) => None,
            Decision::Stop(reason) => Some(reason),
        };
        decision
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// Records that the call was cancelled during a delay, and returns its error.
    fn interrupted<E>(&mut self, error: E) -> E {
        let (policy, mut nobody) = (self.policy, ());
        let step = step(self.name, &policy, &self.clock, &mut self.random, &mut nobody).with(text_of(Some(&error)));
        self.driver.interrupted::<_, _, _, _, ()>(step, StopReason::Cancelled, None);
        self.stopped = Some(StopReason::Cancelled);
        error
    }

    fn resumes(&mut self, delay: Duration) {
        self.last_delay = Some(delay);
        self.attempt_starts();
    }

    fn attempt_starts(&mut self) {
        self.attempt_started = self.policy.rules().reset_after.is_some().then(|| self.clock.now());
        self.stopped = None;
    }
}

/// Returns a decision step without hooks, because a manual loop has none.
fn step<'a, P, G>(
    name: &'static str,
    source: &'a P,
    clock: &'a WaitClock,
    random: &'a mut G,
    nobody: &'a mut (),
) -> Step<'a, P, WaitClock, G, ()> {
    Step::new(source, clock, random, nobody, Label::named(name))
}

impl<B: Backoff, G> fmt::Debug for Attempts<'_, B, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts").field("failed", &self.driver.attempts()).finish_non_exhaustive()
    }
}
