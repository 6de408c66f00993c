//! One failed attempt, settled: what surrounds the call is asked, the core decides, and those around and the process are told.
//!
//! Every driver comes through here, the expanded ones too.

use core::time::Duration;

use super::trial::{Trial, in_force};
use crate::Backoff;
use crate::decision::{Decision, Failure, Progress, StopReason, decide, is_in_time};
use crate::observe::{CallEvent, Elapsed, ErrorText, Label, Site, What};
use crate::random::Random;
use backoff_rules::Rules;

/// What those who watch are told about one step of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice<'a> {
    pub(crate) label: Label,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Elapsed,
    pub(crate) text: ErrorText<'a>,
}

/// Decides what follows a failed attempt, and tells the calls around.
#[inline(always)]
#[expect(clippy::inline_always, reason = "plain data would go through memory; each outlined driver has one copy")]
pub(crate) fn settle<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    (progress, trial): (&mut Progress<B::State>, &mut Trial),
    failure: Failure<'_>,
    at: Duration,
    random: &mut impl Random,
) -> Decision {
    let failure = trial.arranged(surrounded(failure));
    let decision = in_force(rules, |rules| decide(rules, backoff, progress, failure, at, random));
    Trial::failed();
    if let Decision::Stop(reason) = decision {
        ended(reason);
    }
    trial.obeyed(decision)
}

/// [`settle`] for the drivers that every operation compiles anew: one copy for each kind of backoff and randomness.
#[inline(never)]
pub(crate) fn settle_shared<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    state: (&mut Progress<B::State>, &mut Trial),
    failure: Failure<'_>,
    at: Duration,
    random: &mut impl Random,
) -> Decision {
    settle(rules, backoff, state, failure, at, random)
}

/// Returns whether anything bounds the time of a call: its own policy, or an enclosing call.
#[inline]
pub(crate) fn is_bounded(rules: &Rules) -> bool {
    #[cfg(feature = "std")]
    return rules.max_elapsed.is_some() || crate::nesting::are_used();
    #[cfg(not(feature = "std"))]
    rules.max_elapsed.is_some()
}

/// Returns whether a retry that was decided still starts in time, after hooks that took time until now, `at` this time of the call.
///
/// Where it does not, the delay and the token of the budget are given back.
#[cold]
pub(crate) fn is_still_in_time<S>(
    rules: &Rules,
    (progress, trial): (&Progress<S>, &mut Trial),
    failure: Failure<'_>,
    at: Duration,
    delay: Duration,
) -> bool {
    let failure = trial.at_failure().arranged(surrounded(failure));
    let is_in_time = in_force(rules, |rules| is_in_time(rules, progress, &failure, at, delay));
    if !is_in_time {
        trial.undo_delay();
        if let Some(budget) = failure.budget {
            budget.refund();
        }
    }
    is_in_time
}

/// Adds what the calls around this one mean for it.
#[inline]
fn surrounded(failure: Failure<'_>) -> Failure<'_> {
    #[cfg(feature = "std")]
    {
        let around = crate::nesting::around();
        let nested = failure.nested || around.suppressed;
        failure.nested(nested).time_left(around.time_left)
    }
    #[cfg(not(feature = "std"))]
    failure
}

/// Returns the time that enclosing calls leave; `None` without a limit.
#[cfg(feature = "std")]
pub(crate) fn time_left() -> Option<Duration> {
    crate::nesting::around().time_left
}

/// Tells the calls around that this one gave up.
#[inline]
fn ended(reason: StopReason) {
    Trial::stopped(reason);
    #[cfg(feature = "std")]
    crate::nesting::gave_up(reason);
}

/// Tells the process what was decided; the notice is made only where somebody watches.
#[inline]
pub(crate) fn decided<'a>(rules: &Rules, decision: Decision, site: Site, notice: impl FnOnce() -> Notice<'a>) {
    #[cfg(feature = "std")]
    if let Some(site) = site {
        site.count(decision);
    }
    #[cfg(not(feature = "std"))]
    let _ = site;
    if is_watched() {
        let what = match decision {
            Decision::RetryAfter(delay) => What::Retry { delay },
            Decision::Stop(reason) => What::GaveUp { reason },
        };
        tell(rules, what, &notice());
    }
}

/// Tells the calls around, and the process, that a limit of the call ended it.
pub(crate) fn stopped(rules: &Rules, reason: StopReason, notice: &Notice<'_>) {
    ended(reason);
    decided(rules, Decision::Stop(reason), notice.label.site, || *notice);
}

/// Tells the process that a retry succeeded.
#[inline]
pub(crate) fn recovered<'a>(rules: &Rules, site: Site, notice: impl FnOnce() -> Notice<'a>) {
    #[cfg(feature = "std")]
    if let Some(site) = site {
        site.count_recovered();
    }
    #[cfg(not(feature = "std"))]
    let _ = site;
    if is_watched() {
        tell(rules, What::Recovered, &notice());
    }
}

/// Returns whether anybody watches the whole process.
#[inline]
pub(crate) fn is_watched() -> bool {
    #[cfg(feature = "std")]
    return crate::observe::publish::is_watched();
    #[cfg(not(feature = "std"))]
    false
}

#[cold]
#[inline(never)]
fn tell(rules: &Rules, what: What, notice: &Notice<'_>) {
    let Notice { label, attempts, elapsed, text } = *notice;
    let (name, level) = label.name_and_level();
    let event = CallEvent {
        name,
        level,
        what,
        attempts,
        max_attempts: in_force(rules, Rules::attempts_limit),
        elapsed,
        error: text,
    };
    #[cfg(feature = "std")]
    crate::observe::publish::tell(&event);
    // Without `std` there is nobody to tell.
    #[cfg(not(feature = "std"))]
    let _ = event;
}

/// The error of a call whose error type is not known to have any text: the name of that type.
pub(crate) fn text_of<E>(error: Option<&E>) -> ErrorText<'static> {
    error.map_or(ErrorText::NONE, |_| ErrorText::type_name(core::any::type_name::<E>()))
}
