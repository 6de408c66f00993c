//! Driver with every feature.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::overridden::{Overridden, RulesOf, StateOf, is_disabled};
use super::{FailureContext, MaybeAdjust, Mode, Steering, Verdict};
use backoff_rules::Rules;

use crate::clock::{Clock as _, Instant};
use crate::decision::{AttemptLimit, Decision, StopReason};
use crate::drive::after_attempt;
use crate::drive::shared_limits::OpenScope as _;
use crate::drive::test_state::with_test_rules;
use crate::drive::{Driver, Step};
use crate::observe::{ErrorText, FailedAttempt, GiveUpEvent, Label, Observer, RecoveredEvent, RetryEvent};
use crate::random::{Random, Seeded, ThreadRandom};
use crate::{Attempt, Backoff, CallSite, Fault, Policy, RetryError, Scope};

/// State of a call with any policy and any setting.
pub struct Full<B: Backoff, M, G = ThreadRandom> {
    driver: Driver<StateOf<B>, Instant>,
    overridden: Overridden,
    attempt_started: Option<Instant>,
    last_delay: Option<Duration>,
    random: G,
    mode: PhantomData<M>,
}

impl<B: Backoff, M: Mode> Full<B, M> {
    /// Starts a call. Reads the clock if the policy or `is_timed` requires it.
    #[inline]
    #[must_use]
    pub fn start(policy: &Policy<B>, is_timed: bool) -> Self {
        let driver = Driver::start(policy.rules(), &M::CLOCK, is_timed);
        let overridden = Overridden::new();
        Self { driver, overridden, attempt_started: None, last_delay: None, random: ThreadRandom, mode: PhantomData }
    }

    /// Makes the jitter repeatable.
    #[must_use]
    pub fn seed(self, seed: u64) -> Full<B, M, Seeded> {
        let Self { driver, overridden, attempt_started, last_delay, mode, .. } = self;
        Full { driver, overridden, attempt_started, last_delay, random: Seeded::new(seed), mode }
    }
}

impl<B: Backoff, M: Mode, G: Random> Full<B, M, G> {
    /// Records the start of an attempt if the policy needs the run time of the attempt.
    #[inline]
    pub fn attempt_starts(&mut self, policy: &Policy<B>) {
        if policy.reset_after().is_some() {
            self.attempt_started = Some(M::CLOCK.now());
        }
    }

    /// Records the start of a retry, for a function with hooks or `adjust`.
    #[inline]
    pub fn retry_starts(&mut self) {
        self.attempt_started = Some(M::CLOCK.now());
    }

    /// Returns the snapshot that `attempt = ..` binds, for a call with this `timeout`.
    pub fn attempt(&mut self, site: &'static CallSite, policy: &Policy<B>, timeout: Option<Duration>) -> Attempt {
        let replaced = self.replaced(site, policy);
        let limits = [timeout, after_attempt::time_left_around(true)];
        self.driver.attempt(replaced.rules(policy), &M::CLOCK, self.last_delay, limits)
    }

    /// Counts a failed attempt, and returns the decision.
    pub fn failed_with(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        fault: Fault,
        error: ErrorText<'_>,
        failure_context: FailureContext<'_>,
    ) -> Verdict {
        self.failed_observed(site, policy, fault, error, failure_context, &mut ())
    }

    /// Counts a failed attempt of a function with `adjust` or `reset_when`, and returns the decision.
    pub fn failed_steered<A: MaybeAdjust>(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        fault: Fault,
        error: ErrorText<'_>,
        failure_context: FailureContext<'_>,
        mut steering: Steering<A>,
    ) -> Verdict {
        self.failed_observed(site, policy, fault, error, failure_context, &mut steering)
    }

    #[inline]
    fn failed_observed<O: Observer<()>>(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        fault: Fault,
        error: ErrorText<'_>,
        failure_context: FailureContext<'_>,
        observer: &mut O,
    ) -> Verdict {
        let failure = failure_context.failure(fault).disabled(is_disabled(site));
        let replaced = self.overridden.at_failure(site, policy, self.driver.attempts() == 0);
        let source = replaced.source(policy);
        let clock = M::CLOCK;
        let step = Step::new(&source, &clock, &mut self.random, observer, Label::of(site)).with(error);
        let decision = self.driver.failed::<_, _, _, _, ()>(step, failure, self.attempt_started, None);
        if let (Decision::RetryAfter(delay), true) = (decision, replaced.is_replaced()) {
            // An override may need the run time of the next attempt even if the policy does not.
            self.attempt_started = M::CLOCK.now().checked_add(delay);
        }
        decision.into()
    }

    /// Returns whether the scheduled retry still starts in time after the hook that ran since the decision.
    #[must_use]
    pub fn is_still_in_time(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        delay: Duration,
        failure_context: FailureContext<'_>,
    ) -> bool {
        let replaced = self.replaced(site, policy);
        let failure = failure_context.failure(Fault::Transient);
        self.driver.is_still_in_time(replaced.rules(policy), &M::CLOCK, failure, delay)
    }

    /// Returns the policy that replaces the call's own policy, if any.
    fn replaced(&self, site: &'static CallSite, policy: &Policy<B>) -> RulesOf {
        self.overridden.rules(site, policy, self.driver.attempts() > 0)
    }

    /// Records that an attempt succeeded. Returns whether the call keeps its result.
    #[inline]
    #[must_use]
    pub fn succeeded(&mut self, site: &'static CallSite, policy: &Policy<B>) -> bool {
        let (clock, mut nobody) = (M::CLOCK, ());
        let replaced = self.replaced(site, policy);
        let source = replaced.source(policy);
        let step = Step::new(&source, &clock, &mut self.random, &mut nobody, Label::of(site));
        self.driver.succeeded::<_, _, _, _, ()>(step, None) // the expansion deposits
    }

    /// Returns whether the last attempt succeeded and its result was discarded.
    #[inline]
    #[must_use]
    pub const fn has_lost(&self) -> bool {
        self.driver.has_lost()
    }

    /// Records that a limit of the call ended it during a delay.
    pub fn interrupted(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        reason: StopReason,
        error: ErrorText<'_>,
    ) {
        let (clock, mut nobody) = (M::CLOCK, ());
        let replaced = self.replaced(site, policy);
        let source = replaced.source(policy);
        let step = Step::new(&source, &clock, &mut self.random, &mut nobody, Label::of(site)).with(error);
        self.driver.interrupted::<_, _, _, _, ()>(step, reason, None);
    }

    /// Records a completed delay.
    #[inline]
    pub fn waited(&mut self, delay: Duration) {
        self.driver.waited(delay);
        self.last_delay = Some(delay);
    }

    /// Returns whether the current attempt is a retry. After a success, returns whether that attempt was a retry.
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

    /// Returns the event of `on_retry`.
    pub fn retry_event<'e, E>(
        &mut self,
        site: &'static CallSite,
        policy: &Policy<B>,
        error: Option<&'e E>,
        fault: Fault,
        delay: Duration,
    ) -> RetryEvent<'e, E> {
        let replaced = self.replaced(site, policy);
        RetryEvent {
            attempt: self.driver.progress().attempts(),
            max_attempts: with_test_rules(replaced.rules(policy), Rules::attempts_limit),
            error,
            delay,
            elapsed: self.driver.elapsed_at_failure(&M::CLOCK),
            failed: self.failed_attempt(Some(fault)),
            text: None,
        }
    }

    /// Returns the event of `on_give_up`.
    pub fn give_up_event<'e, E>(
        &mut self,
        error: Option<&'e E>,
        fault: Option<Fault>,
        reason: StopReason,
    ) -> GiveUpEvent<'e, E> {
        GiveUpEvent {
            attempts: self.driver.attempts(),
            error,
            reason,
            elapsed: self.driver.elapsed(&M::CLOCK),
            failed: self.failed_attempt(fault),
            text: None,
        }
    }

    /// Returns the facts about the last attempt that events report; `fault` is `None` if a delay was interrupted.
    fn failed_attempt(&self, fault: Option<Fault>) -> FailedAttempt {
        self.driver.last_attempt(fault, self.attempt_started, &M::CLOCK)
    }

    /// Returns the event of `on_recovered`.
    pub fn recovered_event(&mut self) -> RecoveredEvent {
        RecoveredEvent { attempts: self.driver.attempts(), elapsed: self.driver.elapsed(&M::CLOCK) }
    }

    /// Returns the report that `or_else` receives.
    pub fn retry_error<E>(&mut self, last: E, reason: StopReason) -> RetryError<E> {
        RetryError::new(last, self.driver.ended(&M::CLOCK, Some(reason)), reason)
    }

    /// Records the start of an attempt in the scope of `inner_retries`.
    pub fn attempt_starts_in(&mut self, site: &'static CallSite, policy: &Policy<B>, scope: &Option<Scope>) {
        scope.attempt_starts(|| self.driver.remaining(self.replaced(site, policy).rules(policy), &M::CLOCK));
    }
}

impl<B: Backoff, M: Mode, G: Random> Full<B, M, G> {
    /// Returns whether delays that a test skipped have taken the call past its timeout.
    #[inline]
    pub fn is_past(&mut self, timeout: Duration) -> bool {
        self.driver.is_past(timeout, &M::CLOCK)
    }

    /// Returns the time limit of the attempt: its timeout, or the remaining time of `max_elapsed`.
    pub fn attempt_limit(&mut self, site: &'static CallSite, policy: &Policy<B>, timeout: Duration) -> AttemptLimit {
        let replaced = self.replaced(site, policy);
        AttemptLimit::new(timeout, self.driver.remaining(replaced.rules(policy), &M::CLOCK))
    }
}

impl<B: Backoff, M, G> fmt::Debug for Full<B, M, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Full").field("failed", &self.driver.attempts()).finish_non_exhaustive()
    }
}
