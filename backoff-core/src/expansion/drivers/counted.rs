//! Driver that counts failed attempts.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::call_times::{CallTimes, elapsed, time_since};
use super::overridden::{Overridden, SequenceProgress, is_disabled};
use super::{FailureContext, Mode, Packed, Verdict, policy_of};
use backoff_rules::Rules;

use crate::clock::Clock as _;
use crate::decision::{AttemptLimit, Decision, Failure, Progress, StopReason, decide_usual};
use crate::drive::after_attempt::{self, EventData, decide_in_context, is_usual};
use crate::drive::shared_limits::OpenScope as _;
use crate::drive::test_state::{TestState, with_test_rules};
use crate::error::Ended;
use crate::observe::{Elapsed, ErrorText, FailedAttempt, GiveUpEvent, Label, RecoveredEvent, RetryEvent};
use crate::random::ThreadRandom;
use crate::{Attempt, Budget, CallSite, Fault, RetryError, Scope};

/// Counts the failed attempts of a call with a constant policy of a built-in backoff. Their number is the only progress
/// of such a call.
///
/// `K` is the additional state of the call.
pub struct Counted<M, K> {
    failed: u32,
    kept: CountedState<K>,
    mode: PhantomData<M>,
}

/// State of the call in addition to the number of failures. Without features, it is no larger than `K`.
struct CountedState<K> {
    times: K,
    test_state: TestState,
    sequence: SequenceProgress,
    overridden: Overridden,
}

impl<M: Mode, K: CallTimes> Counted<M, K> {
    /// Starts a call.
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        let (times, test_state) = (K::start::<M>(), TestState::new());
        let kept = CountedState { times, test_state, sequence: SequenceProgress::new(), overridden: Overridden::new() };
        Self { failed: 0, kept, mode: PhantomData }
    }

    /// Counts a failed attempt of a call without timeouts, cancellation and scope, and returns the decision.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a verdict in two registers is taken apart in place")]
    pub fn failed(
        &mut self,
        site: &'static CallSite,
        fault: Fault,
        error: ErrorText<'_>,
        budget: Option<&Budget>,
    ) -> Verdict {
        let before = self.failed;
        self.failed = before.saturating_add(1);
        failed_alone::<M, K>(site, before, &mut self.kept, fault, &error, budget).into()
    }

    /// Counts a failed attempt, and returns the decision.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a verdict in two registers is taken apart in place")]
    pub fn failed_with(
        &mut self,
        site: &'static CallSite,
        fault: Fault,
        error: ErrorText<'_>,
        failure_context: FailureContext<'_>,
    ) -> Verdict {
        let before = self.failed;
        self.failed = before.saturating_add(1);
        failed_with::<M, K>(site, before, &mut self.kept, fault, &error, &failure_context).into()
    }

    /// Records that an attempt succeeded. Returns whether the call keeps its result.
    #[inline]
    #[must_use]
    pub fn succeeded(&mut self, site: &'static CallSite) -> bool {
        if !self.kept.test_state.keeps_reply() {
            return false;
        }
        TestState::attempt_ended();
        if self.failed > 0 {
            recovered::<M, K>(site, self.failed, &mut self.kept);
            return true;
        }
        if cfg!(feature = "metrics") {
            Label::of(site).count_first_success(elapsed::<M>(&mut self.kept.times, self.kept.test_state, 0).time());
        }
        if after_attempt::wants_successes() {
            let elapsed = self.kept.times.started().map(|started| time_since::<M>(started, self.kept.test_state));
            after_attempt::publish_first_success(policy_of(site).rules(), Label::of(site), elapsed);
        }
        true
    }

    /// Returns whether the last attempt succeeded and its result was discarded.
    #[inline]
    #[must_use]
    pub const fn has_lost(&self) -> bool {
        self.kept.test_state.has_lost()
    }

    /// Returns whether the current attempt is a retry. After a success, returns whether that attempt was a retry.
    #[inline]
    #[must_use]
    pub const fn is_retry(&self) -> bool {
        self.failed > 0
    }

    /// Returns whether the attempt that succeeded was a retry.
    #[inline]
    #[must_use]
    pub const fn has_recovered(&self) -> bool {
        self.failed > 0
    }

    /// Records a completed delay.
    #[inline]
    pub fn waited(&mut self, delay: Duration) {
        self.kept.times.waited(delay);
    }

    /// Records that a limit of the call ended it after a retry was scheduled.
    pub fn interrupted(&mut self, site: &'static CallSite, reason: StopReason, error: ErrorText<'_>) {
        let elapsed = elapsed::<M>(&mut self.kept.times, self.kept.test_state, self.failed);
        let failed = FailedAttempt::NONE;
        let data = EventData { label: Label::of(site), attempts: self.failed, elapsed, failed, text: error };
        let rules = self.kept.overridden.rules(site, policy_of(site), true);
        after_attempt::publish_stop(rules.rules(policy_of(site)), reason, &data);
    }

    /// Returns whether the scheduled retry still starts in time after the hook that ran since the decision.
    #[must_use]
    pub fn is_still_in_time(
        &mut self,
        site: &'static CallSite,
        delay: Duration,
        failure_context: FailureContext<'_>,
    ) -> bool {
        let Self { failed, kept: CountedState { times, test_state, sequence, overridden }, .. } = self;
        let policy = policy_of(site);
        let replaced = overridden.rules(site, policy, true);
        let rules = replaced.rules(policy);
        if !after_attempt::is_bounded(rules) {
            return true;
        }
        let at = time_of::<M>(times, test_state.at_failure());
        let (progress, _) = sequence.progress(*failed, at);
        let failure = failure_context.failure(Fault::Transient);
        after_attempt::is_still_in_time(rules, (&progress, test_state), failure, at, delay)
    }

    /// Returns whether delays that a test skipped have taken the call past its timeout.
    #[inline]
    pub fn is_past(&mut self, timeout: Duration) -> bool {
        let CountedState { times, test_state, .. } = &mut self.kept;
        test_state.is_past(timeout, || time_of::<M>(times, TestState::new()))
    }

    /// Returns the time limit of the attempt: its timeout, or the remaining time of `max_elapsed`.
    pub fn attempt_limit(&mut self, site: &'static CallSite, timeout: Duration) -> AttemptLimit {
        AttemptLimit::new(timeout, self.own_time_left(site))
    }

    /// Records the start of an attempt in the scope of `inner_retries`.
    pub fn attempt_starts_in(&mut self, site: &'static CallSite, scope: &Option<Scope>) {
        scope.attempt_starts(|| self.own_time_left(site));
    }

    /// Returns the remaining time of `max_elapsed`, or `None` without that limit.
    fn own_time_left(&mut self, site: &'static CallSite) -> Option<Duration> {
        let Self { failed, kept: CountedState { times, test_state, sequence, overridden }, .. } = self;
        let policy = policy_of(site);
        let replaced = overridden.rules(site, policy, *failed > 0);
        let rules = replaced.rules(policy);
        rules.max_elapsed?;
        let at = time_of::<M>(times, *test_state);
        let (progress, _) = sequence.progress(*failed, at);
        with_test_rules(rules, |rules| crate::decision::remaining(rules, &progress, at))
    }

    /// Returns the snapshot that `attempt = ..` binds, for a call with this `timeout`.
    pub fn attempt(&mut self, site: &'static CallSite, timeout: Option<Duration>) -> Attempt {
        let own = self.own_time_left(site);
        let elapsed = time_of::<M>(&mut self.kept.times, self.kept.test_state);
        let number = self.kept.sequence.attempt(self.failed).saturating_add(1);
        let max = self.max_attempts(site);
        let last_delay = self.kept.times.delays().1;
        let limits =
            [own, timeout.map(|timeout| timeout.saturating_sub(elapsed)), after_attempt::time_left_around(true)];
        Attempt::new(number, max, elapsed, last_delay, limits)
    }

    fn max_attempts(&self, site: &'static CallSite) -> Option<u32> {
        let policy = policy_of(site);
        let replaced = self.kept.overridden.rules(site, policy, self.failed > 0);
        with_test_rules(replaced.rules(policy), Rules::attempts_limit)
    }

    /// Returns the event of `on_retry`.
    pub fn retry_event<'e, E>(
        &mut self,
        site: &'static CallSite,
        error: Option<&'e E>,
        fault: Fault,
        delay: Duration,
    ) -> RetryEvent<'e, E> {
        let attempt = self.kept.sequence.attempt(self.failed);
        let max_attempts = self.max_attempts(site);
        let elapsed = time_of::<M>(&mut self.kept.times, self.kept.test_state.at_failure());
        let failed = self.failed_attempt(Some(fault));
        RetryEvent { attempt, max_attempts, error, delay, elapsed, failed, text: None }
    }

    /// Returns the event of `on_give_up`.
    pub fn give_up_event<'e, E>(
        &mut self,
        error: Option<&'e E>,
        fault: Option<Fault>,
        reason: StopReason,
    ) -> GiveUpEvent<'e, E> {
        let elapsed = time_of::<M>(&mut self.kept.times, self.kept.test_state);
        let failed = self.failed_attempt(fault);
        GiveUpEvent { attempts: self.failed, error, reason, elapsed, failed, text: None }
    }

    /// Returns the facts about the last attempt that events report; `fault` is `None` if a delay was interrupted.
    fn failed_attempt(&self, fault: Option<Fault>) -> FailedAttempt {
        last_attempt::<M>(&self.kept.times, self.kept.test_state, self.failed, fault)
    }

    /// Records the start of a retry, for a function with hooks.
    #[inline]
    pub fn retry_starts(&mut self) {
        self.kept.times.retry_starts::<M>();
    }

    /// Returns the event of `on_recovered`.
    pub fn recovered_event(&mut self) -> RecoveredEvent {
        let elapsed = time_of::<M>(&mut self.kept.times, self.kept.test_state);
        RecoveredEvent { attempts: self.failed.saturating_add(1), elapsed }
    }

    /// Returns the report that `or_else` receives.
    pub fn retry_error<E>(&mut self, last: E, reason: StopReason) -> RetryError<E> {
        let elapsed = time_of::<M>(&mut self.kept.times, self.kept.test_state);
        let (slept, _) = self.kept.times.delays();
        RetryError::new(last, Ended { attempts: self.failed, elapsed, slept, stopped: Some(reason) }, reason)
    }
}

/// Returns the facts about the last of `failed` attempts that events report.
fn last_attempt<M: Mode>(
    times: &impl CallTimes,
    test_state: TestState,
    failed: u32,
    fault: Option<Fault>,
) -> FailedAttempt {
    let Some(fault) = fault.filter(|_| !test_state.has_lost()) else { return FailedAttempt::NONE };
    let started = times.attempt_started(failed);
    FailedAttempt::new(fault, started.map(|started| M::CLOCK.elapsed(started)))
}

/// Returns the elapsed time of the call; zero if nothing requires it.
#[inline]
fn time_of<M: Mode>(times: &mut impl CallTimes, test_state: TestState) -> Duration {
    times.origin::<M>().map_or(Duration::ZERO, |origin| time_since::<M>(origin, test_state))
}

/// Outlined failure path of a call that has at most a budget. It takes plain data, to keep the expanded code small.
#[cold]
#[inline(never)]
fn failed_alone<M: Mode, K: CallTimes>(
    site: &'static CallSite,
    before: u32,
    kept: &mut CountedState<K>,
    fault: Fault,
    error: &ErrorText<'_>,
    budget: Option<&Budget>,
) -> Packed {
    let rules = policy_of(site).rules();
    let failure = Failure::new(fault).budget(budget);
    if is_usual(rules, before, &failure, Label::of(site), kept.overridden.is_possible()) {
        return match budget {
            Some(_) => usual_with_budget(site, before, kept, budget),
            None => usual(site, before, kept, None),
        };
    }
    decide_outlined::<M, K>(site, before, kept, &failure, error)
}

/// Counts a plain failure of the usual policy.
#[inline(always)]
#[expect(clippy::inline_always, reason = "with and without a budget it is compiled apart")]
fn usual<K>(site: &'static CallSite, before: u32, kept: &mut CountedState<K>, budget: Option<&Budget>) -> Packed {
    kept.test_state.attempt_failed();
    let decision = decide_usual(policy_of(site).rules(), before, budget, &mut ThreadRandom);
    after_attempt::count(Some(site), decision);
    decision.into()
}

/// Outlined, because a call without a budget would save registers for it.
#[inline(never)]
fn usual_with_budget<K>(
    site: &'static CallSite,
    before: u32,
    kept: &mut CountedState<K>,
    budget: Option<&Budget>,
) -> Packed {
    usual(site, before, kept, budget)
}

/// Outlined from [`failed_alone`], so that its short path saves no registers.
#[cold]
#[inline(never)]
fn decide_outlined<M: Mode, K: CallTimes>(
    site: &'static CallSite,
    before: u32,
    kept: &mut CountedState<K>,
    failure: &Failure<'_>,
    error: &ErrorText<'_>,
) -> Packed {
    decide::<M, K>(site, before, kept, *failure, error).into()
}

/// Outlined failure path of any call.
#[cold]
#[inline(never)]
fn failed_with<M: Mode, K: CallTimes>(
    site: &'static CallSite,
    before: u32,
    kept: &mut CountedState<K>,
    fault: Fault,
    error: &ErrorText<'_>,
    failure_context: &FailureContext<'_>,
) -> Packed {
    decide::<M, K>(site, before, kept, failure_context.failure(fault), error).into()
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "each outlined failure path has one copy")]
fn decide<M: Mode, K: CallTimes>(
    site: &'static CallSite,
    before: u32,
    kept: &mut CountedState<K>,
    failure: Failure<'_>,
    error: &ErrorText<'_>,
) -> Decision {
    if kept.overridden.is_possible() {
        if let Some(decision) = decide_overridden::<M, K>(site, before, kept, failure, error) {
            return decision;
        }
    }
    let policy = policy_of(site);
    let rules = policy.rules();
    let CountedState { times, test_state, .. } = kept;
    let mut progress = Progress::resumed(before);
    // Without a known start, no limit depends on the time.
    let at = times.started().map(|started| time_since::<M>(started, *test_state));
    let time = at.unwrap_or_default();
    let decision =
        decide_in_context(rules, policy.backoff(), (&mut progress, test_state), failure, time, &mut ThreadRandom);
    let data = || EventData {
        label: Label::of(site),
        attempts: before.saturating_add(1),
        elapsed: at.map_or_else(|| elapsed::<M>(times, test_state.at_failure(), before), Elapsed::SinceStart),
        failed: last_attempt::<M>(times, *test_state, before.saturating_add(1), Some(failure.fault)),
        text: *error,
    };
    after_attempt::publish_decision(rules, decision, Some(site), data);
    decision
}

/// Returns the decision by the rules of an override, or `None` if no override applies.
#[cold]
#[inline(never)]
fn decide_overridden<M: Mode, K: CallTimes>(
    site: &'static CallSite,
    before: u32,
    kept: &mut CountedState<K>,
    failure: Failure<'_>,
    error: &ErrorText<'_>,
) -> Option<Decision> {
    let own = policy_of(site);
    let is_disabled = is_disabled(site);
    let replaced = kept.overridden.at_failure(site, own, before == 0);
    if !replaced.is_replaced() && !is_disabled {
        return None;
    }
    let CountedState { times, test_state, sequence, .. } = kept;
    let (rules, schedule) = (replaced.rules(own), replaced.schedule(own));
    let at = time_of::<M>(times, *test_state);
    let (mut progress, ran) = sequence.progress(before, at);
    let failure = failure.ran(ran).disabled(is_disabled);
    let decision = decide_in_context(rules, &schedule, (&mut progress, test_state), failure, at, &mut ThreadRandom);
    sequence.keep(rules, &progress, time_of::<M>(times, *test_state), decision);
    let data = || EventData {
        label: Label::of(site),
        attempts: match decision {
            Decision::RetryAfter(_) => progress.attempts(),
            Decision::Stop(_) => before.saturating_add(1),
        },
        elapsed: elapsed::<M>(times, test_state.at_failure(), before),
        failed: last_attempt::<M>(times, *test_state, before.saturating_add(1), Some(failure.fault)),
        text: *error,
    };
    after_attempt::publish_decision(rules, decision, Some(site), data);
    Some(decision)
}

/// Outlined: publishes that a retry succeeded.
#[cold]
#[inline(never)]
fn recovered<M: Mode, K: CallTimes>(site: &'static CallSite, failed: u32, kept: &mut CountedState<K>) {
    let CountedState { times, test_state, overridden, .. } = kept;
    let replaced = overridden.rules(site, policy_of(site), true);
    let data = || {
        let elapsed = elapsed::<M>(times, *test_state, failed);
        let attempts = failed.saturating_add(1);
        let (failed, text) = (FailedAttempt::NONE, ErrorText::NONE);
        EventData { label: Label::of(site), attempts, elapsed, failed, text }
    };
    after_attempt::publish_recovery(replaced.rules(policy_of(site)), Some(site), data);
}

impl<M, K> fmt::Debug for Counted<M, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted").field("failed", &self.failed).finish_non_exhaustive()
    }
}
