//! Changes that tests make to a call. Only this module connects the drivers with the test hooks.
//!
//! Without the feature `testing`, everything here is a constant, and [`TestState`] is zero-sized. This module contains
//! no retry rules. A test passes changed rules to the core, and changes how its decision is applied.

use core::time::Duration;

use backoff_rules::Rules;

use crate::decision::{Decision, Failure, StopReason};
#[cfg(feature = "testing")]
use crate::test_hooks::{self, Attempts};

/// The changes of tests to one call.
// As small as possible, because every future of a test contains it: nanoseconds, saturating after 146 years.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TestState {
    /// Sum of the skipped delays. They count as elapsed time, because a time limit would otherwise never be reached.
    #[cfg(feature = "testing")]
    skipped: u64,
    /// The last delay if it was skipped; otherwise zero.
    #[cfg(feature = "testing")]
    last_skipped: u64,
}

/// The bit of `TestState::skipped` that is set while the last attempt is a success whose reply was discarded.
#[cfg(feature = "testing")]
const LOST: u64 = 1 << 63;
/// The bit of `TestState::skipped` that is set while that attempt has not been counted as a failure.
#[cfg(feature = "testing")]
const IS_NEW: u64 = 1 << 62;
/// The bits of `TestState::skipped` that count nanoseconds.
#[cfg(feature = "testing")]
const NANOS: u64 = !(LOST | IS_NEW);

#[cfg(feature = "testing")]
impl TestState {
    pub(crate) const fn new() -> Self {
        Self { skipped: 0, last_skipped: 0 }
    }

    const fn skipped(&self) -> Duration {
        Duration::from_nanos(self.skipped & NANOS)
    }

    fn skip(&mut self, delay: Duration) {
        let before = self.skipped & NANOS;
        let sum = before.saturating_add(u64::try_from(delay.as_nanos()).unwrap_or(NANOS)).min(NANOS);
        self.last_skipped = sum - before;
        self.skipped = (self.skipped & !NANOS) | sum;
    }

    /// Adds the skipped delays to the elapsed time of a call.
    pub(crate) const fn total(&self, elapsed: Duration) -> Duration {
        elapsed.saturating_add(self.skipped())
    }

    /// Returns the state at the last failure, before the delay after it.
    pub(crate) const fn at_failure(&self) -> Self {
        Self { skipped: self.skipped - self.last_skipped, last_skipped: 0 }
    }

    /// Returns whether skipped delays have taken a call past this limit. `elapsed` returns the time of the call without
    /// them.
    pub(crate) fn is_past(&self, limit: Duration, elapsed: impl FnOnce() -> Duration) -> bool {
        !self.skipped().is_zero() && self.total(elapsed()) >= limit
    }

    /// Returns whether the call keeps a success. If not, the attempt counts as a failure without an error.
    pub(crate) fn keeps_reply(&mut self) -> bool {
        let is_lost = test_hooks::loses_reply();
        self.skipped = (self.skipped & NANOS) | if is_lost { LOST | IS_NEW } else { 0 };
        !is_lost
    }

    /// Returns whether the attempt that is about to be counted is a success whose reply was discarded.
    pub(crate) const fn is_losing(&self) -> bool {
        self.skipped & IS_NEW != 0
    }

    /// Returns whether the last attempt was a success whose reply was discarded.
    pub(crate) const fn has_lost(&self) -> bool {
        self.skipped & LOST != 0
    }

    /// Counts a failure: a success whose reply was discarded, or any other failure after it.
    pub(crate) fn attempt_failed(&mut self) {
        self.skipped &= if self.skipped & IS_NEW == 0 { NANOS } else { NANOS | LOST };
    }

    /// Returns the delay of a decision as it was before tests skipped it.
    pub(crate) fn planned(&self, delay: Duration) -> Duration {
        delay.max(Duration::from_nanos(self.last_skipped))
    }

    /// Adds the changes of tests to a failure.
    pub(crate) fn with_test_changes<'a>(&self, failure: Failure<'a>) -> Failure<'a> {
        let left = failure.time_left.map(|left| left.saturating_sub(self.skipped()));
        let is_disabled = failure.disabled || test_hooks::are_retries_disabled();
        failure.time_left(left).disabled(is_disabled)
    }

    /// Records the delay of the decision. If tests skip it, replaces it with zero.
    pub(crate) fn skip_delay_in_tests(&mut self, decision: Decision) -> Decision {
        let Decision::RetryAfter(delay) = decision else {
            return decision;
        };
        if test_hooks::waits_for(delay) {
            self.last_skipped = 0;
            return decision;
        }
        self.skip(delay);
        Decision::RetryAfter(Duration::ZERO)
    }

    /// Undoes the last delay, because the retry after it is not made.
    pub(crate) fn undo_delay(&mut self) {
        *self = self.at_failure();
        test_hooks::wait_is_undone();
    }

    /// Returns whether `reset_when` may start a new sequence. If a guard sets the number of attempts, it may not,
    /// because the attempts would count from 1 again.
    pub(crate) fn allows_new_sequence() -> bool {
        matches!(test_hooks::attempts(), None | Some(Attempts::AsWritten))
    }

    /// Records that an attempt has ended.
    pub(crate) fn attempt_ended() {
        test_hooks::attempt_ended();
    }

    /// Records the reason why a call stopped.
    pub(crate) fn stopped(reason: StopReason) {
        test_hooks::call_stopped(reason);
    }
}

#[cfg(not(feature = "testing"))]
#[expect(clippy::unused_self, clippy::trivially_copy_pass_by_ref, reason = "the feature `testing` gives it a state")]
impl TestState {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {}
    }

    #[inline]
    pub(crate) const fn total(&self, elapsed: Duration) -> Duration {
        elapsed
    }

    #[inline]
    pub(crate) const fn at_failure(&self) -> Self {
        *self
    }

    #[inline]
    pub(crate) fn is_past(&self, _: Duration, _: impl FnOnce() -> Duration) -> bool {
        false
    }

    #[inline]
    pub(crate) const fn keeps_reply(&mut self) -> bool {
        true
    }

    #[inline]
    pub(crate) const fn is_losing(&self) -> bool {
        false
    }

    #[inline]
    pub(crate) const fn has_lost(&self) -> bool {
        false
    }

    #[inline]
    pub(crate) const fn with_test_changes<'a>(&self, failure: Failure<'a>) -> Failure<'a> {
        failure
    }

    #[inline]
    pub(crate) const fn skip_delay_in_tests(&mut self, decision: Decision) -> Decision {
        decision
    }

    #[inline]
    pub(crate) const fn attempt_failed(&mut self) {}

    #[inline]
    pub(crate) const fn planned(&self, delay: Duration) -> Duration {
        delay
    }

    #[inline]
    pub(crate) const fn undo_delay(&mut self) {}

    #[inline]
    pub(crate) const fn allows_new_sequence() -> bool {
        true
    }

    #[inline]
    pub(crate) const fn attempt_ended() {}

    #[inline]
    pub(crate) const fn stopped(_: StopReason) {}
}

/// Calls `look` with the rules after test guards are applied.
#[inline]
pub(crate) fn with_test_rules<R>(rules: &Rules, look: impl FnOnce(&Rules) -> R) -> R {
    #[cfg(feature = "testing")]
    if let Some(changed) = changed(rules) {
        return look(&changed);
    }
    look(rules)
}

/// Returns the rules after the changes of the guards, or `None` if the guards do not change them.
#[cfg(feature = "testing")]
#[inline]
fn changed(rules: &Rules) -> Option<Rules> {
    // Without this, a new sequence would count its attempts from 1 again.
    let mut changed = Rules { reset_after: None, ..*rules };
    match test_hooks::attempts()? {
        Attempts::AsWritten => return None,
        Attempts::AtMost(cap) => {
            changed.max_attempts = rules.attempts_limit().map_or(cap, |limit| limit.min(cap));
        }
        Attempts::Exactly(number) => {
            changed.max_attempts = number;
            changed.max_elapsed = None;
        }
    }
    Some(changed)
}
