//! The retry loop written by hand, for operations that a closure cannot express.

use core::fmt;
use core::time::Duration;

use crate::clock::{BothInstants, Clock as _, WaitClock};
use crate::decision::{Decision, Failure, StopReason};
use crate::drive::settle::{Label, text_of};
use crate::drive::{Driver, Step};
use crate::error::RetryError;
use crate::random::{Random, Seeded, ThreadRandom};
use crate::sleep::{BlockingSleeper as _, DefaultSleeper};
use crate::{Backoff, Budget, Fault, Policy};

/// The attempts of one call, for a loop by hand: it counts failures, waits, and says when to stop.
///
/// For what a closure cannot express: `&mut` state across `.await`, several operations that share one policy, a
/// connection that lives as long as it works. Made by [`Policy::start`].
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
    /// When the present sequence started, until its first failure tells by which clock that counts.
    reset_at: Option<BothInstants>,
    last_delay: Option<Duration>,
    stopped: Option<StopReason>,
    budget: Option<&'p Budget>,
    random: G,
}

impl<B: Backoff> Policy<B> {
    /// Returns the attempts of a call whose loop is written by hand, blocking or async.
    ///
    /// The call starts now. Its time is that of what waits: the system's where the loop blocks the thread, and where it
    /// awaits tokio's inside a tokio runtime, the system's elsewhere.
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
        let Self { policy, clock, driver, attempt_started, reset_at, last_delay, stopped, budget, .. } = self;
        let random = Seeded::new(seed);
        Attempts { policy, clock, driver, attempt_started, reset_at, last_delay, stopped, budget, random }
    }

    /// Takes a token of a shared budget for each retry; [`success`](Self::success) gives some back.
    #[must_use]
    pub fn budget(mut self, budget: &'p Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Returns the number of the present attempt, 1 for the first, also after [`reset`](Self::reset).
    #[must_use]
    pub fn number(&self) -> u32 {
        self.driver.progress().attempts().saturating_add(1)
    }

    /// Returns the delay before the present attempt, as the policy decided it; `None` at the first.
    #[must_use]
    pub fn last_delay(&self) -> Option<Duration> {
        self.last_delay
    }

    /// Returns the sum of the delays that were waited out so far.
    #[must_use]
    pub fn slept(&self) -> Duration {
        self.driver.slept()
    }

    /// Returns why the call stopped; `None` while it goes on.
    #[must_use]
    pub fn stopped(&self) -> Option<StopReason> {
        self.stopped
    }

    /// Notes that the attempt succeeded; what follows is a new call.
    pub fn success(&mut self) {
        let policy = self.policy;
        self.driver.accepted::<_, _, _, _, ()>(step(&policy, &self.clock, &mut self.random, &mut ()));
        if let Some(budget) = self.budget {
            budget.deposit();
        }
        self.attempt_starts();
        self.driver = Driver::start(self.policy.rules(), &self.clock, false);
        self.reset_at = None;
        self.last_delay = None;
    }

    /// Starts a new sequence: attempts, backoff and elapsed time begin anew, as after `reset_after`.
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
    /// Gives the error back when the policy stops; [`stopped`](Self::stopped) says why.
    pub fn pause<E>(&mut self, error: E) -> Result<(), E> {
        self.pause_as(error, Fault::Transient)
    }

    /// Waits before the next attempt, blocking the thread; `fault` says what the error means.
    ///
    /// # Errors
    ///
    /// Gives the error back when the policy stops; [`stopped`](Self::stopped) says why.
    pub fn pause_as<E>(&mut self, error: E, fault: impl Into<Fault>) -> Result<(), E> {
        self.clock = WaitClock::Blocking;
        match self.failed(fault.into(), &error) {
            Decision::RetryAfter(delay) => {
                drop(error);
                if !delay.is_zero() {
                    DefaultSleeper.sleep(delay);
                }
                self.driver.waited(delay);
                self.resumes(delay);
                Ok(())
            }
            Decision::Stop(_) => Err(error),
        }
    }

    /// Returns what the call took, together with the error that [`pause`](Self::pause) gave back.
    ///
    /// Elapsed time counts from [`Policy::start`] where the policy needs it, for `max_elapsed` since the call or `reset_after`, and from the
    /// first failure otherwise.
    pub fn explain<E>(&self, last: E) -> RetryError<E> {
        let reason = self.stopped.unwrap_or(StopReason::Cancelled);
        RetryError::new(last, self.driver.ended(&self.clock, self.stopped), reason)
    }

    fn failed<E>(&mut self, fault: Fault, error: &E) -> Decision {
        self.driver.now(&self.clock); // `explain` tells the time, from the first failure at the latest
        if let Some(from) = self.reset_at.take() {
            self.driver.reset(from, &self.clock);
        }
        let failure = Failure::new(fault).budget(self.budget);
        let started = self.attempt_started;
        let text = text_of(Some(error));
        let policy = self.policy;
        let mut nobody = ();
        let step = step(&policy, &self.clock, &mut self.random, &mut nobody).with(text);
        let decision = self.driver.failed(step, failure, started, Some(error));
        if let Decision::Stop(reason) = decision {
            self.stopped = Some(reason);
        }
        decision
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

#[cfg(any(feature = "tokio", feature = "async-io"))]
impl<B: Backoff, G: Random> Attempts<'_, B, G> {
    /// Waits before the next attempt without blocking the thread; the error is transient.
    ///
    /// # Errors
    ///
    /// Gives the error back when the policy stops; [`stopped`](Self::stopped) says why.
    ///
    /// # Cancellation
    ///
    /// Dropping the future ends the delay: the next attempt starts then, and the failure has been counted.
    pub async fn pause_async<E>(&mut self, error: E) -> Result<(), E> {
        self.pause_async_as(error, Fault::Transient).await
    }

    /// Waits before the next attempt without blocking the thread; `fault` says what the error means.
    ///
    /// # Errors
    ///
    /// Gives the error back when the policy stops; [`stopped`](Self::stopped) says why.
    ///
    /// # Cancellation
    ///
    /// Dropping the future ends the delay: the next attempt starts then, and the failure has been counted.
    pub async fn pause_async_as<E>(&mut self, error: E, fault: impl Into<Fault>) -> Result<(), E> {
        self.clock = WaitClock::Async;
        match self.failed(fault.into(), &error) {
            Decision::RetryAfter(delay) => {
                drop(error);
                let pause = Pause { attempts: self, delay };
                crate::sleep::Wait::new(&DefaultSleeper, delay).await;
                pause.attempts.driver.waited(delay);
                Ok(())
            }
            Decision::Stop(_) => Err(error),
        }
    }
}

/// A delay that is awaited; the next attempt starts when it ends, also before its time.
#[cfg(any(feature = "tokio", feature = "async-io"))]
struct Pause<'a, 'p, B: Backoff, G: Random> {
    attempts: &'a mut Attempts<'p, B, G>,
    delay: Duration,
}

#[cfg(any(feature = "tokio", feature = "async-io"))]
impl<B: Backoff, G: Random> Drop for Pause<'_, '_, B, G> {
    fn drop(&mut self) {
        self.attempts.resumes(self.delay);
    }
}

/// A loop by hand has no name and no hooks.
fn step<'a, P, G>(
    source: &'a P,
    clock: &'a WaitClock,
    random: &'a mut G,
    nobody: &'a mut (),
) -> Step<'a, P, WaitClock, G, ()> {
    Step::new(source, clock, random, nobody, Label::named(""))
}

impl<B: Backoff, G> fmt::Debug for Attempts<'_, B, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts").field("failed", &self.driver.attempts()).finish_non_exhaustive()
    }
}
