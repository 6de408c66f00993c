//! The state of one expanded loop, as small as the attribute allows.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;
use std::time::Instant;

use super::parts::Verdict;
use crate::clock::{Clock, RuntimeClock, SystemClock};
use crate::decision::{Decision, Failure, Progress, StopReason, decide};
use crate::drive::{Driver, Step};
use crate::observe::{GiveUpEvent, RecoveredEvent, RetryEvent};
use crate::random::{Random, Seeded, ThreadRandom};
use crate::{Backoff, Fault, Policy, RetryError};

/// Whether the function is synchronous or not: where its time comes from.
pub trait Mode {
    #[doc(hidden)]
    type Clock: Clock<Instant = Instant>;
    #[doc(hidden)]
    const CLOCK: Self::Clock;
}

/// A synchronous function.
#[derive(Clone, Copy, Debug)]
pub enum BlockingMode {}
/// A function whose attempts are awaited.
#[derive(Clone, Copy, Debug)]
pub enum AsyncMode {}

impl Mode for BlockingMode {
    type Clock = SystemClock;
    const CLOCK: SystemClock = SystemClock;
}

impl Mode for AsyncMode {
    type Clock = RuntimeClock;
    const CLOCK: RuntimeClock = RuntimeClock;
}

impl From<Decision> for Verdict {
    #[inline]
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::RetryAfter(delay) => Self::Retry(delay),
            Decision::Stop(reason) => Self::Stop(reason),
        }
    }
}

/// Counts the failed attempts, and nothing else: for a constant policy of a built-in backoff, when nothing asks for time.
pub struct Lean<M> {
    failed: u32,
    mode: PhantomData<M>,
}

impl<M: Mode> Lean<M> {
    /// Starts a call.
    #[inline]
    #[must_use]
    pub const fn start() -> Self {
        Self { failed: 0, mode: PhantomData }
    }

    /// Counts a failed attempt and asks the core.
    #[inline]
    pub fn failed(&mut self, policy: &'static Policy, fault: Fault) -> Verdict {
        let before = self.failed;
        self.failed = before.saturating_add(1);
        decide_lean(policy, before, fault)
    }

    /// Returns whether the present attempt is a retry.
    #[inline]
    #[must_use]
    pub const fn is_retry(&self) -> bool {
        self.failed > 0
    }
}

/// The failure path of [`Lean`], outlined: it takes plain data and returns it in registers.
#[cold]
#[inline(never)]
fn decide_lean(policy: &'static Policy, failed_before: u32, fault: Fault) -> Verdict {
    let mut progress = Progress::resumed(failed_before);
    decide(policy.rules(), policy.backoff(), &mut progress, Failure::new(fault), &mut ThreadRandom).into()
}

/// Counts the failed attempts and knows when the call started: for `max_elapsed` and hooks.
pub struct Timed<M> {
    started: Instant,
    failed: u32,
    mode: PhantomData<M>,
}

impl<M: Mode> Timed<M> {
    /// Starts a call; reads the clock.
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        Self { started: M::CLOCK.now(), failed: 0, mode: PhantomData }
    }

    /// Counts a failed attempt and asks the core.
    #[inline]
    pub fn failed(&mut self, policy: &'static Policy, fault: Fault) -> Verdict {
        let before = self.failed;
        self.failed = before.saturating_add(1);
        decide_timed::<M>(policy, before, self.started, fault)
    }

    /// Returns whether the present attempt is a retry.
    #[inline]
    #[must_use]
    pub const fn is_retry(&self) -> bool {
        self.failed > 0
    }

    /// Returns what `on_retry` is told.
    pub fn retry_event<'e, E>(&self, policy: &Policy, error: Option<&'e E>, delay: Duration) -> RetryEvent<'e, E> {
        let elapsed = M::CLOCK.elapsed(self.started);
        RetryEvent { attempt: self.failed, max_attempts: policy.max_attempts(), error, delay, elapsed }
    }

    /// Returns what `on_give_up` is told.
    pub fn give_up_event<'e, E>(&self, error: Option<&'e E>, reason: StopReason) -> GiveUpEvent<'e, E> {
        GiveUpEvent { attempts: self.failed, error, reason, elapsed: M::CLOCK.elapsed(self.started) }
    }

    /// Returns what `on_recovered` is told.
    #[must_use]
    pub fn recovered_event(&self) -> RecoveredEvent {
        RecoveredEvent { attempts: self.failed.saturating_add(1), elapsed: M::CLOCK.elapsed(self.started) }
    }
}

/// The failure path of [`Timed`], outlined.
#[cold]
#[inline(never)]
fn decide_timed<M: Mode>(policy: &'static Policy, failed_before: u32, started: Instant, fault: Fault) -> Verdict {
    let mut progress = Progress::resumed(failed_before);
    let at = if policy.rules().needs_time() { M::CLOCK.elapsed(started) } else { Duration::ZERO };
    decide(policy.rules(), policy.backoff(), &mut progress, Failure::new(fault).at(at), &mut ThreadRandom).into()
}

/// Everything that a call can ask for, with any policy.
pub struct Full<B: Backoff, M, G = ThreadRandom> {
    driver: Driver<B::State, Instant>,
    attempt_started: Option<Instant>,
    last_delay: Option<Duration>,
    random: G,
    mode: PhantomData<M>,
}

impl<B: Backoff, M: Mode> Full<B, M> {
    /// Starts a call; reads the clock if the policy or `is_timed` asks for it.
    #[inline]
    #[must_use]
    pub fn start(policy: &Policy<B>, is_timed: bool) -> Self {
        let driver = Driver::start(policy.rules(), &M::CLOCK, is_timed);
        Self { driver, attempt_started: None, last_delay: None, random: ThreadRandom, mode: PhantomData }
    }

    /// Makes the jitter repeatable.
    #[must_use]
    pub fn seed(self, seed: u64) -> Full<B, M, Seeded> {
        let Self { driver, attempt_started, last_delay, mode, .. } = self;
        Full { driver, attempt_started, last_delay, random: Seeded::new(seed), mode }
    }
}

impl<B: Backoff, M: Mode, G: Random> Full<B, M, G> {
    /// Notes the start of an attempt, where the policy asks how long it runs.
    #[inline]
    pub fn attempt_starts(&mut self, policy: &Policy<B>) {
        if policy.reset_after().is_some() {
            self.attempt_started = Some(M::CLOCK.now());
        }
    }

    /// Returns the snapshot that `attempt = ..` binds.
    pub fn attempt(&self, policy: &Policy<B>) -> Attempt {
        let elapsed = self.driver.elapsed(&M::CLOCK);
        let number = self.driver.attempts().saturating_add(1);
        let in_sequence = self.driver.progress().attempts().saturating_add(1);
        Attempt {
            number,
            is_last: policy.max_attempts().is_some_and(|max| in_sequence >= max),
            elapsed,
            last_delay: self.last_delay,
            remaining: crate::decision::remaining(policy.rules(), self.driver.progress(), elapsed),
        }
    }

    /// Counts a failed attempt and asks the core.
    #[inline]
    pub fn failed(&mut self, policy: &Policy<B>, fault: Fault) -> Verdict {
        self.failed_when(policy, fault, false, None)
    }

    /// Counts a failed attempt and asks the core, for a call that can be cancelled or timed out.
    pub fn failed_when(
        &mut self,
        policy: &Policy<B>,
        fault: Fault,
        is_cancelled: bool,
        cut_short: Option<StopReason>,
    ) -> Verdict {
        let step =
            Step { source: &policy, clock: &M::CLOCK, random: &mut self.random, observer: &mut (), is_timed: false };
        let failure = Failure::new(fault).cancelled(is_cancelled).cut_short(cut_short);
        self.driver.failed::<_, _, _, _, ()>(step, failure, self.attempt_started, None).into()
    }

    /// Notes a delay that was waited out.
    #[inline]
    pub fn waited(&mut self, delay: Duration) {
        self.driver.waited(delay);
        self.last_delay = Some(delay);
    }

    /// Returns whether the present attempt is a retry.
    #[inline]
    #[must_use]
    pub const fn is_retry(&self) -> bool {
        self.driver.attempts() > 0
    }

    /// Returns what `on_retry` is told.
    pub fn retry_event<'e, E>(&self, policy: &Policy<B>, error: Option<&'e E>, delay: Duration) -> RetryEvent<'e, E> {
        RetryEvent {
            attempt: self.driver.attempts(),
            max_attempts: policy.max_attempts(),
            error,
            delay,
            elapsed: self.driver.elapsed(&M::CLOCK),
        }
    }

    /// Returns what `on_give_up` is told.
    pub fn give_up_event<'e, E>(&self, error: Option<&'e E>, reason: StopReason) -> GiveUpEvent<'e, E> {
        GiveUpEvent { attempts: self.driver.attempts(), error, reason, elapsed: self.driver.elapsed(&M::CLOCK) }
    }

    /// Returns what `on_recovered` is told.
    pub fn recovered_event(&self) -> RecoveredEvent {
        RecoveredEvent { attempts: self.driver.attempts().saturating_add(1), elapsed: self.driver.elapsed(&M::CLOCK) }
    }

    /// Returns what `or_else` is told.
    pub fn retry_error<E>(&self, last: E, reason: StopReason) -> RetryError<E> {
        RetryError::new(last, self.driver.ended(&M::CLOCK, Some(reason)), reason)
    }
}

#[cfg(feature = "async")]
impl<B: Backoff, M: Mode, G: Random> Full<B, M, G> {
    /// Returns the time that the attempt gets, and whether it is what was left of `max_elapsed`.
    pub fn attempt_limit(&self, policy: &Policy<B>, timeout: Duration) -> (Duration, Option<StopReason>) {
        let at = self.driver.elapsed(&M::CLOCK);
        let limit = crate::decision::attempt_limit(policy.rules(), self.driver.progress(), at, timeout);
        (limit.time, limit.is_clipped.then_some(StopReason::MaxElapsed))
    }
}

/// What the body of a retried function can know about its own attempt: what `attempt = ctx` binds.
///
/// # Examples
///
/// ```
/// use backoff_core::retry;
///
/// #[retry(max_attempts = 3, initial_delay = "1ms", attempt = ctx)]
/// fn third_time_lucky() -> Result<u32, &'static str> {
///     if ctx.is_last() { Ok(ctx.number()) } else { Err("not yet") }
/// }
///
/// assert_eq!(third_time_lucky(), Ok(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    number: u32,
    is_last: bool,
    elapsed: Duration,
    last_delay: Option<Duration>,
    remaining: Option<Duration>,
}

impl Attempt {
    /// Returns the number of this attempt, 1 for the first.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Returns whether `max_attempts` allows no further one.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    /// Returns the time from the start of the call to the start of this attempt.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the delay before this attempt; `None` for the first.
    #[must_use]
    pub const fn last_delay(&self) -> Option<Duration> {
        self.last_delay
    }

    /// Returns what is left of `max_elapsed`; `None` without that limit.
    #[must_use]
    pub const fn remaining(&self) -> Option<Duration> {
        self.remaining
    }
}

impl<M> fmt::Debug for Lean<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lean").field("failed", &self.failed).finish()
    }
}

impl<M> fmt::Debug for Timed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timed").field("failed", &self.failed).finish_non_exhaustive()
    }
}

impl<B: Backoff, M, G> fmt::Debug for Full<B, M, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Full").field("failed", &self.driver.attempts()).finish_non_exhaustive()
    }
}
