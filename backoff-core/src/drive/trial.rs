//! What tests change about a call: the one place where the drivers meet the module `testing`.
//!
//! Without the feature `testing` everything here is a constant, and [`Trial`] has no size. No rule of retrying is here: a
//! test gives the core other rules to decide by, and changes what is done with its answer.

use core::time::Duration;

use crate::decision::{Decision, Failure, StopReason};
use crate::policy::Rules;

/// What tests have done to one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    /// The delays that were left out; they count as time that has passed, or a time limit would never be reached.
    #[cfg(feature = "testing")]
    skipped: Duration,
    /// The last delay, where it was left out.
    #[cfg(feature = "testing")]
    last_skipped: Duration,
    /// The number of the last attempt whose reply was lost; 0 for none.
    #[cfg(feature = "testing")]
    lost_at: u32,
}

#[cfg(feature = "testing")]
impl Trial {
    pub(crate) const fn new() -> Self {
        Self { skipped: Duration::ZERO, last_skipped: Duration::ZERO, lost_at: 0 }
    }

    /// Adds the delays that were left out to the time of a call.
    pub(crate) const fn total(&self, elapsed: Duration) -> Duration {
        elapsed.saturating_add(self.skipped)
    }

    /// Returns the state at the last failure, before the delay that follows it.
    pub(crate) const fn at_failure(&self) -> Self {
        Self { skipped: self.skipped.saturating_sub(self.last_skipped), last_skipped: Duration::ZERO, ..*self }
    }

    /// Returns whether the delays that were left out have taken a call past this limit; `elapsed` is its time without them.
    pub(crate) fn is_past(&self, limit: Duration, elapsed: impl FnOnce() -> Duration) -> bool {
        !self.skipped.is_zero() && self.total(elapsed()) >= limit
    }

    /// Returns whether a success, after this many failures, is handed back; otherwise it is a failure without an error.
    pub(crate) fn keeps_reply(&mut self, failed: u32) -> bool {
        let is_lost = crate::testing::loses_reply();
        if is_lost {
            self.lost_at = failed.saturating_add(1);
        }
        !is_lost
    }

    /// Returns whether the last of these failures was a success whose reply was lost.
    pub(crate) const fn has_lost(&self, failed: u32) -> bool {
        self.lost_at != 0 && self.lost_at == failed
    }

    /// Adds to a failure what tests say of it.
    pub(crate) fn arranged<'a>(&self, failure: Failure<'a>) -> Failure<'a> {
        let left = failure.time_left.map(|left| left.saturating_sub(self.skipped));
        let is_disabled = failure.disabled || crate::testing::are_retries_disabled();
        failure.time_left(left).disabled(is_disabled)
    }

    /// Notes the delay that the core asks for, and leaves it out where tests do not wait.
    pub(crate) fn obeyed(&mut self, decision: Decision) -> Decision {
        let Decision::RetryAfter(delay) = decision else {
            return decision;
        };
        if crate::testing::waits_for(delay) {
            self.last_skipped = Duration::ZERO;
            return decision;
        }
        self.last_skipped = delay;
        self.skipped = self.skipped.saturating_add(delay);
        Decision::RetryAfter(Duration::ZERO)
    }

    /// Takes the last delay back: the retry after it is not made.
    pub(crate) fn undo_delay(&mut self) {
        *self = self.at_failure();
        crate::testing::wait_is_undone();
    }

    /// Notes that an attempt succeeded.
    pub(crate) fn succeeded() {
        crate::testing::attempt_ended();
    }

    /// Notes that an attempt failed.
    pub(crate) fn failed() {
        crate::testing::attempt_ended();
    }

    /// Notes why a call stopped.
    pub(crate) fn stopped(reason: StopReason) {
        crate::testing::call_stopped(reason);
    }
}

#[cfg(not(feature = "testing"))]
#[expect(clippy::unused_self, clippy::trivially_copy_pass_by_ref, reason = "the feature `testing` gives it a state")]
impl Trial {
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
    pub(crate) const fn keeps_reply(&mut self, _: u32) -> bool {
        true
    }

    #[inline]
    pub(crate) const fn has_lost(&self, _: u32) -> bool {
        false
    }

    #[inline]
    pub(crate) const fn arranged<'a>(&self, failure: Failure<'a>) -> Failure<'a> {
        failure
    }

    #[inline]
    pub(crate) const fn obeyed(&mut self, decision: Decision) -> Decision {
        decision
    }

    #[inline]
    pub(crate) const fn undo_delay(&mut self) {}

    #[inline]
    pub(crate) const fn succeeded() {}

    #[inline]
    pub(crate) const fn failed() {}

    #[inline]
    pub(crate) const fn stopped(_: StopReason) {}
}

/// Polls something without waiting for it, which lets no virtual time pass.
#[inline]
pub(crate) fn only_looking<R>(poll: impl FnOnce() -> R) -> R {
    #[cfg(all(feature = "testing", any(feature = "tokio", feature = "async-io")))]
    return crate::testing::only_looking(poll);
    #[cfg(not(all(feature = "testing", any(feature = "tokio", feature = "async-io"))))]
    poll()
}

/// Looks at the rules of a call as tests have changed them.
#[inline]
pub(crate) fn in_force<R>(rules: &Rules, look: impl FnOnce(&Rules) -> R) -> R {
    #[cfg(feature = "testing")]
    if let Some(changed) = crate::testing::changed(rules) {
        return look(&changed);
    }
    look(rules)
}
