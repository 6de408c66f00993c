//! The driver that can do everything.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;
use std::time::Instant;

use super::steered::{Course, StateOf};
use super::{Attempt, Mode, Verdict, label};
use crate::clock::Clock as _;
use crate::decision::{Decision, Failure, StopReason, remaining};
use crate::drive::limits::OpenScope as _;
use crate::drive::trial::in_force;
use crate::drive::{Driver, Step};
use crate::observe::{ErrorText, GiveUpEvent, RecoveredEvent, RetryEvent};
use crate::policy::Rules;
use crate::random::{Random, Seeded, ThreadRandom};
use crate::{Backoff, Budget, CallSite, Fault, Policy, RetryError, Scope};

/// Everything that a call can ask for, with any policy.
pub struct Full<B: Backoff, M, G = ThreadRandom> {
    driver: Driver<StateOf<B>, Instant>,
    course: Course,
    attempt_started: Option<Instant>,
    last_delay: Option<Duration>,
    random: G,
    mode: PhantomData<M>,
}

/// What else a failed attempt of a [`Full`] call brings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    /// The call was cancelled.
    pub is_cancelled: bool,
    /// A limit of the call dropped the attempt.
    pub cut_short: Option<StopReason>,
    /// A call inside this one has given up.
    pub inner_gave_up: bool,
    /// The budget of the call.
    pub budget: Option<&'a Budget>,
}

impl<B: Backoff, M: Mode> Full<B, M> {
    /// Starts a call; reads the clock if the policy or `is_timed` asks for it.
    #[inline]
    #[must_use]
    pub fn start(policy: &Policy<B>, is_timed: bool) -> Self {
        let driver = Driver::start(policy.rules(), &M::CLOCK, is_timed);
        let course = Course::own();
        Self { driver, course, attempt_started: None, last_delay: None, random: ThreadRandom, mode: PhantomData }
    }

    /// Takes a call over at its first failure.
    #[cfg(feature = "overrides")]
    pub(super) fn steered(steering: crate::overrides::Steering, started: Option<Instant>) -> Self {
        let (driver, course) = (Driver::resumed(started), Course::found(steering));
        Self { driver, course, attempt_started: None, last_delay: None, random: ThreadRandom, mode: PhantomData }
    }

    /// Makes the jitter repeatable.
    #[must_use]
    pub fn seed(self, seed: u64) -> Full<B, M, Seeded> {
        let Self { driver, course, attempt_started, last_delay, mode, .. } = self;
        Full { driver, course, attempt_started, last_delay, random: Seeded::new(seed), mode }
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
        let rules = self.rules(policy);
        let elapsed = self.driver.elapsed(&M::CLOCK);
        let number = self.driver.progress().attempts().saturating_add(1);
        Attempt {
            number,
            is_last: in_force(rules, Rules::attempts_limit).is_some_and(|max| number >= max),
            elapsed,
            last_delay: self.last_delay,
            remaining: in_force(rules, |rules| remaining(rules, self.driver.progress(), elapsed)),
        }
    }

    /// Counts a failed attempt and asks the core.
    #[inline]
    pub fn failed(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        fault: Fault,
        error: ErrorText<'_>,
        circumstances: Circumstances<'_>,
    ) -> Verdict {
        self.decide(site, policy, fault, error, circumstances).into()
    }

    pub(super) fn decide(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        fault: Fault,
        error: ErrorText<'_>,
        circumstances: Circumstances<'_>,
    ) -> Decision {
        let is_disabled = self.course.look(site, policy, self.driver.attempts() == 0);
        let failure = Failure::new(fault)
            .disabled(is_disabled)
            .cancelled(circumstances.is_cancelled)
            .cut_short(circumstances.cut_short)
            .nested(circumstances.inner_gave_up)
            .budget(circumstances.budget);
        let started = self.attempt_started;
        let (clock, mut nobody) = (M::CLOCK, ());
        let source = self.course.source(policy);
        let step = Step::new(&source, &clock, &mut self.random, &mut nobody, label(site)).with(error);
        let decision = self.driver.failed::<_, _, _, _, ()>(step, failure, started, None);
        if let (Decision::RetryAfter(delay), true) = (decision, self.course.asks_for_attempt_start()) {
            self.attempt_started = M::CLOCK.now().checked_add(delay);
        }
        decision
    }

    /// Returns the time of the call.
    pub(super) fn elapsed(&self) -> Duration {
        self.driver.elapsed(&M::CLOCK)
    }

    /// Returns what the call goes by.
    pub(super) fn rules<'a>(&'a self, policy: &'a Policy<B>) -> &'a Rules {
        self.course.rules(policy)
    }

    /// Notes that an attempt succeeded; returns whether the call keeps its result.
    #[inline]
    #[must_use]
    pub fn succeeded(&mut self, site: &'static CallSite, policy: &Policy<B>) -> bool {
        let (clock, mut nobody) = (M::CLOCK, ());
        let source = self.course.source(policy);
        let step = Step::new(&source, &clock, &mut self.random, &mut nobody, label(site));
        self.driver.succeeded::<_, _, _, _, ()>(step, None) // the expansion deposits
    }

    /// Returns whether the last attempt succeeded and its result was not kept.
    #[inline]
    #[must_use]
    pub const fn has_lost(&self) -> bool {
        self.driver.has_lost()
    }

    /// Notes that a limit of the call ended it during a delay.
    pub fn interrupted(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        reason: StopReason,
        error: ErrorText<'_>,
    ) {
        let (clock, mut nobody) = (M::CLOCK, ());
        let source = self.course.source(policy);
        let step = Step::new(&source, &clock, &mut self.random, &mut nobody, label(site)).with(error);
        self.driver.interrupted::<_, _, _, _, ()>(step, reason, None);
    }

    /// Notes a delay that was waited out.
    #[inline]
    pub fn waited(&mut self, delay: Duration) {
        self.driver.waited(delay);
        self.last_delay = Some(delay);
    }

    /// Returns whether the present attempt is a retry; after a success, whether that was one.
    #[inline]
    #[must_use]
    pub const fn is_retry(&self) -> bool {
        self.driver.attempts() > 0
    }

    /// Returns whether the attempt that succeeded was a retry.
    #[inline]
    #[must_use]
    pub const fn has_recovered(&self) -> bool {
        self.driver.attempts() > 1
    }

    /// Returns what `on_retry` is told.
    pub fn retry_event<'e, E>(&self, policy: &Policy<B>, error: Option<&'e E>, delay: Duration) -> RetryEvent<'e, E> {
        RetryEvent {
            attempt: self.driver.progress().attempts(),
            max_attempts: in_force(self.rules(policy), Rules::attempts_limit),
            error,
            delay,
            elapsed: self.driver.elapsed_at_failure(&M::CLOCK),
            text: None,
        }
    }

    /// Returns what `on_give_up` is told.
    pub fn give_up_event<'e, E>(&self, error: Option<&'e E>, reason: StopReason) -> GiveUpEvent<'e, E> {
        GiveUpEvent {
            attempts: self.driver.attempts(),
            error,
            reason,
            elapsed: self.driver.elapsed(&M::CLOCK),
            text: None,
        }
    }

    /// Returns what `on_recovered` is told.
    pub fn recovered_event(&self) -> RecoveredEvent {
        RecoveredEvent { attempts: self.driver.attempts(), elapsed: self.driver.elapsed(&M::CLOCK) }
    }

    /// Returns what `or_else` is told.
    pub fn retry_error<E>(&self, last: E, reason: StopReason) -> RetryError<E> {
        RetryError::new(last, self.driver.ended(&M::CLOCK, Some(reason)), reason)
    }

    /// Notes in the scope of `inner_retries` that an attempt starts.
    pub fn attempt_starts_in(&self, policy: &Policy<B>, scope: &Option<Scope>) {
        scope.attempt_starts(|| self.driver.remaining(self.rules(policy), &M::CLOCK));
    }
}

impl<B: Backoff, M: Mode, G: Random> Full<B, M, G> {
    /// Returns whether delays that a test left out have taken the call past its time-out.
    #[inline]
    pub fn is_past(&self, timeout: Duration) -> bool {
        self.driver.is_past(timeout, &M::CLOCK)
    }

    /// Returns the time that the attempt gets, and whether it is what was left of `max_elapsed`.
    pub fn attempt_limit(&self, policy: &Policy<B>, timeout: Duration) -> (Duration, Option<StopReason>) {
        let at = self.driver.elapsed(&M::CLOCK);
        let (rules, progress) = (self.rules(policy), self.driver.progress());
        let limit = in_force(rules, |rules| crate::decision::attempt_limit(rules, progress, at, timeout));
        (limit.time, limit.is_clipped.then_some(StopReason::MaxElapsed))
    }
}

impl<B: Backoff, M, G> fmt::Debug for Full<B, M, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Full").field("failed", &self.driver.attempts()).finish_non_exhaustive()
    }
}
