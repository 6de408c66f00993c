//! One failed attempt, settled: what surrounds the call is asked, the core decides, and the process is told.
//!
//! Every driver comes through here, the expanded ones too.

use core::time::Duration;

use super::trial::{Trial, in_force};
use crate::Backoff;
use crate::decision::{Decision, Failure, Progress, StopReason, decide};
use crate::observe::{CallEvent, Elapsed, ErrorText, Level, What};
use crate::policy::Rules;
use crate::random::Random;

/// Whose event it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    /// The name of a call that has no call site; empty without one.
    pub(crate) name: &'static str,
    #[cfg(feature = "std")]
    pub(crate) site: Option<&'static crate::CallSite>,
}

impl Label {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self {
            name,
            #[cfg(feature = "std")]
            site: None,
        }
    }
}

/// What those who watch are told about one step of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice<'a> {
    pub(crate) label: Label,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Elapsed,
    pub(crate) text: ErrorText<'a>,
}

/// Decides what follows a failed attempt, and tells the process.
#[inline(always)]
#[expect(clippy::inline_always, reason = "plain data would go through memory; each outlined driver has one copy")]
pub(crate) fn settle<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    (progress, trial): (&mut Progress<B::State>, &mut Trial),
    failure: Failure<'_>,
    random: &mut impl Random,
    notice: &Notice<'_>,
) -> Decision {
    let failure = trial.arranged(surrounded(failure));
    let decision = in_force(rules, |rules| decide(rules, backoff, progress, failure, random));
    Trial::failed();
    let decision = trial.obeyed(decision);
    match decision {
        Decision::RetryAfter(delay) => publish(rules, What::Retry { delay }, notice),
        Decision::Stop(reason) => stopped(rules, reason, notice),
    }
    decision
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

/// Tells the calls around, and the process, that the call gave up.
pub(crate) fn stopped(rules: &Rules, reason: StopReason, notice: &Notice<'_>) {
    Trial::stopped(reason);
    #[cfg(feature = "std")]
    crate::nesting::gave_up(reason);
    publish(rules, What::GaveUp { reason }, notice);
}

/// Tells the process that a retry succeeded.
pub(crate) fn recovered(rules: &Rules, notice: &Notice<'_>) {
    publish(rules, What::Recovered, notice);
}

/// Counts a success at the first attempt, where the feature `metrics` wants it.
#[inline]
pub(crate) fn succeeded_at_once(label: Label, elapsed: Option<Duration>) {
    #[cfg(feature = "metrics")]
    {
        let name = match label.site {
            Some(site) => site.name(),
            None => label.name,
        };
        crate::observe::metrics::succeeded_at_once(name, elapsed);
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (label, elapsed);
}

/// Returns whether anybody watches the whole process.
#[inline]
pub(crate) fn is_watched() -> bool {
    #[cfg(feature = "std")]
    return crate::observe::publish::is_watched();
    #[cfg(not(feature = "std"))]
    false
}

#[cfg(feature = "std")]
#[inline]
fn publish(rules: &Rules, what: What, notice: &Notice<'_>) {
    let Notice { label, attempts, elapsed, text } = *notice;
    if let Some(site) = label.site {
        site.count(what);
    }
    if !is_watched() {
        return;
    }
    let (name, level) = label.site.map_or((label.name, Level::Debug), |site| (site.name(), site.level()));
    let max_attempts = rules.attempts_limit();
    crate::observe::publish::tell(&CallEvent { name, level, what, attempts, max_attempts, elapsed, error: text });
}

/// Without `std` there is nobody to tell.
#[cfg(not(feature = "std"))]
fn publish(rules: &Rules, what: What, notice: &Notice<'_>) {
    let Notice { label, attempts, elapsed, text } = *notice;
    let _ = CallEvent {
        name: label.name,
        level: Level::Debug,
        what,
        attempts,
        max_attempts: rules.attempts_limit(),
        elapsed,
        error: text,
    };
}

/// The error of a call whose error type is not known to have any text: the name of that type.
pub(crate) fn text_of<E>(error: Option<&E>) -> ErrorText<'static> {
    error.map_or(ErrorText::NONE, |_| ErrorText::type_name(core::any::type_name::<E>()))
}
