//! Processing of one failed attempt: adds the state of enclosing calls, gets the decision from the core, then notifies
//! enclosing calls and the observers of the process.
//!
//! Every driver uses this module, including the drivers of expanded loops.

use core::time::Duration;

use super::test_state::{TestState, with_test_rules};
use super::undisturbed::is_undisturbed;
use crate::Backoff;
use crate::decision::{Decision, Failure, Progress, StopReason, decide_adjusted, is_in_time};
use crate::observe::{CallEvent, Elapsed, ErrorText, EventKind, FailedAttempt, Label, Site};
use crate::random::Random;
use backoff_rules::Rules;

/// Data for one observability event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventData<'a> {
    pub(crate) label: Label,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Elapsed,
    pub(crate) failed: FailedAttempt,
    pub(crate) text: ErrorText<'a>,
}

/// Returns whether the short path ([`decide_usual`](crate::decision::decide_usual)) decides after this failure.
///
/// `is_steered` is `true` if a hook, a closure or an override of the call may observe or change the decision.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the short path of each driver")]
pub(crate) fn is_usual(rules: &Rules, retries: u32, failure: &Failure<'_>, label: Label, is_steered: bool) -> bool {
    !is_steered
        && failure.is_plain()
        && rules.has_usual_retry(retries)
        && is_undisturbed(retries, || label.name_and_level().1)
}

/// Decides whether to retry after a failed attempt, and notifies enclosing calls if the call stops.
#[inline(always)]
#[expect(clippy::inline_always, reason = "plain data would go through memory; each outlined driver has one copy")]
pub(crate) fn decide_in_context<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    (progress, test_state): (&mut Progress<B::State>, &mut TestState),
    failure: Failure<'_>,
    at: Duration,
    random: &mut impl Random,
) -> Decision {
    decide_adjusted_in_context(rules, backoff, (progress, test_state), failure, at, random, |_, delay| Some(delay))
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "as `decide_in_context`")]
fn decide_adjusted_in_context<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    (progress, test_state): (&mut Progress<B::State>, &mut TestState),
    failure: Failure<'_>,
    at: Duration,
    random: &mut impl Random,
    adjust: impl FnOnce(u32, Duration) -> Option<Duration>,
) -> Decision {
    test_state.attempt_failed();
    let failure = test_state.with_test_changes(with_enclosing_calls(failure));
    let decision =
        with_test_rules(rules, |rules| decide_adjusted(rules, backoff, progress, failure, at, random, adjust));
    TestState::attempt_ended();
    if let Decision::Stop(reason) = decision {
        ended(reason);
    }
    test_state.skip_delay_in_tests(decision)
}

/// [`decide_in_context`] for the drivers that are compiled again for every operation. There is one copy for each kind
/// of backoff and random source.
#[inline(never)]
pub(crate) fn decide_outlined<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    state: (&mut Progress<B::State>, &mut TestState),
    failure: Failure<'_>,
    at: Duration,
    random: &mut impl Random,
) -> Decision {
    decide_in_context(rules, backoff, state, failure, at, random)
}

/// [`decide_outlined`] for a call with `adjust`.
#[inline(never)]
pub(crate) fn decide_adjusted_outlined<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    state: (&mut Progress<B::State>, &mut TestState),
    failure: Failure<'_>,
    at: Duration,
    random: &mut impl Random,
    adjust: &mut dyn FnMut(u32, Duration) -> Option<Duration>,
) -> Decision {
    decide_adjusted_in_context(rules, backoff, state, failure, at, random, adjust)
}

/// Returns whether a limit bounds the time of the call: its own policy, or an enclosing call.
#[inline]
pub(crate) fn is_bounded(rules: &Rules) -> bool {
    #[cfg(feature = "std")]
    return rules.max_elapsed.is_some() || crate::nesting::are_used();
    #[cfg(not(feature = "std"))]
    rules.max_elapsed.is_some()
}

/// Returns whether a scheduled retry still starts in time after hooks consumed time. `at` is the current time of the
/// call.
///
/// If it does not, this undoes the delay and refunds the token of the budget.
#[cold]
pub(crate) fn is_still_in_time<S>(
    rules: &Rules,
    (progress, test_state): (&Progress<S>, &mut TestState),
    failure: Failure<'_>,
    at: Duration,
    delay: Duration,
) -> bool {
    let delay = test_state.planned(delay);
    let failure = test_state.at_failure().with_test_changes(with_enclosing_calls(failure));
    let is_in_time = with_test_rules(rules, |rules| is_in_time(rules, progress, &failure, at, delay));
    if !is_in_time {
        test_state.undo_delay();
        if let Some(budget) = failure.budget {
            budget.refund();
        }
    }
    is_in_time
}

/// Adds the effects of enclosing calls to a failure.
#[inline]
fn with_enclosing_calls(failure: Failure<'_>) -> Failure<'_> {
    #[cfg(feature = "std")]
    {
        let around = crate::nesting::enclosing_limits();
        let nested = failure.nested || around.suppressed;
        failure.nested(nested).time_left(around.time_left)
    }
    #[cfg(not(feature = "std"))]
    failure
}

/// Returns the time that enclosing calls leave, or `None` without a limit. Returns `None` also if it is not needed.
#[inline]
pub(crate) fn time_left_around(is_needed: bool) -> Option<Duration> {
    #[cfg(feature = "std")]
    return if is_needed { crate::nesting::enclosing_limits().time_left } else { None };
    #[cfg(not(feature = "std"))]
    {
        let _ = is_needed;
        None
    }
}

/// Notifies enclosing calls that this one gave up.
#[inline]
fn ended(reason: StopReason) {
    TestState::stopped(reason);
    #[cfg(feature = "std")]
    crate::nesting::gave_up(reason);
}

/// Counts the decision about a call that nothing observes.
#[inline]
pub(crate) fn count(site: Site, decision: Decision) {
    #[cfg(feature = "std")]
    if let Some(site) = site {
        site.count(decision);
    }
    #[cfg(not(feature = "std"))]
    let _ = (site, decision);
}

/// Notifies observers of the process about the decision. Builds the data only if there are observers.
#[inline]
pub(crate) fn publish_decision<'a>(
    rules: &Rules,
    decision: Decision,
    site: Site,
    data: impl FnOnce() -> EventData<'a>,
) {
    count(site, decision);
    if is_watched() {
        let kind = match decision {
            Decision::RetryAfter(delay) => EventKind::Retry { delay },
            Decision::Stop(reason) => EventKind::GaveUp { reason },
        };
        publish(rules, kind, &data());
    }
}

/// Notifies enclosing calls and observers of the process that a limit of the call ended it.
pub(crate) fn publish_stop(rules: &Rules, reason: StopReason, data: &EventData<'_>) {
    ended(reason);
    publish_decision(rules, Decision::Stop(reason), data.label.site, || *data);
}

/// Notifies observers of the process that a retry succeeded.
#[inline]
pub(crate) fn publish_recovery<'a>(rules: &Rules, site: Site, data: impl FnOnce() -> EventData<'a>) {
    #[cfg(feature = "std")]
    if let Some(site) = site {
        site.count_recovered();
    }
    #[cfg(not(feature = "std"))]
    let _ = site;
    if is_watched() {
        publish(rules, EventKind::Recovered, &data());
    }
}

/// Returns whether events report the time since the first failure of a call that has no start.
#[inline]
pub(crate) fn reports_first_failure() -> bool {
    #[cfg(feature = "tracing")]
    return crate::observe::tracing::is_on();
    #[cfg(not(feature = "tracing"))]
    false
}

/// Returns whether the process has observers.
#[inline]
pub(crate) fn is_watched() -> bool {
    #[cfg(feature = "std")]
    return crate::observe::publish::is_watched();
    #[cfg(not(feature = "std"))]
    false
}

/// Returns whether an observer of the process receives successes at the first attempt.
#[inline]
pub(crate) fn wants_successes() -> bool {
    #[cfg(feature = "successes")]
    return crate::observe::publish::wants_successes();
    #[cfg(not(feature = "successes"))]
    false
}

/// Notifies the global observer that the first attempt succeeded, `elapsed` after the start of the call if that is
/// known.
#[cold]
#[inline(never)]
pub(crate) fn publish_first_success(rules: &Rules, label: Label, elapsed: Option<Duration>) {
    let elapsed = elapsed.map_or(Elapsed::Unknown, Elapsed::SinceStart);
    let event = event_of(
        rules,
        EventKind::Succeeded,
        &EventData { label, attempts: 1, elapsed, failed: FailedAttempt::NONE, text: ErrorText::NONE },
    );
    #[cfg(feature = "successes")]
    crate::observe::publish::tell_success(&event);
    #[cfg(not(feature = "successes"))]
    let _ = event;
}

fn event_of<'a>(rules: &Rules, kind: EventKind, data: &EventData<'a>) -> CallEvent<'a> {
    let EventData { label, attempts, elapsed, failed, text } = *data;
    let (name, level) = label.name_and_level();
    let max_attempts = with_test_rules(rules, Rules::attempts_limit);
    CallEvent { name, level, kind, attempts, max_attempts, elapsed, failed, error: text }
}

#[cold]
#[inline(never)]
fn publish(rules: &Rules, kind: EventKind, data: &EventData<'_>) {
    let event = event_of(rules, kind, data);
    #[cfg(feature = "std")]
    crate::observe::publish::tell(&event);
    // Without `std`, the process has no observers.
    #[cfg(not(feature = "std"))]
    let _ = event;
}

/// Returns the name of the error type as the text. For calls whose error type may have no text.
pub(crate) fn text_of<E>(error: Option<&E>) -> ErrorText<'static> {
    error.map_or(ErrorText::NONE, |_| ErrorText::type_name(core::any::type_name::<E>()))
}
