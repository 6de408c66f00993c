//! State of one expanded loop, as small as the attribute allows.

mod call_times;
mod counted;
mod full;
mod overridden;
mod steering;

pub use self::call_times::{CallTimes, Recorded, Timed, Untimed, WithAttempts};
pub use self::counted::Counted;
pub use self::full::Full;
pub use self::steering::{Adjusting, MaybeAdjust, Steering};
use super::verdict::{Packed, Verdict};
use crate::clock::{Clock, Instant, RuntimeClock, SystemClock};
use crate::decision::{Failure, StopReason};
use crate::{Budget, CallSite, Fault, Policy};

/// Kind of the annotated function, which determines its clock.
pub trait Mode {
    #[doc(hidden)]
    type Clock: Clock<Instant = Instant>;
    #[doc(hidden)]
    const CLOCK: Self::Clock;
}

/// A synchronous function.
#[derive(Clone, Copy, Debug)]
pub enum BlockingMode {}
/// An async function.
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

/// Facts that the decision needs, in addition to the failure itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct FailureContext<'a> {
    /// `true` if the call was cancelled.
    pub is_cancelled: bool,
    /// The limit of the call that dropped the attempt.
    pub dropped_by: Option<StopReason>,
    /// `true` if an inner call has given up.
    pub inner_gave_up: bool,
    /// `true` if the remaining time of `max_elapsed` limits attempts.
    pub attempts_are_limited: bool,
    /// The budget of the call.
    pub budget: Option<&'a Budget>,
}

impl<'a> FailureContext<'a> {
    #[inline]
    fn failure(&self, fault: Fault) -> Failure<'a> {
        Failure::new(fault)
            .cancelled(self.is_cancelled)
            .dropped_by(self.dropped_by)
            .nested(self.inner_gave_up)
            .needs_time_left(self.attempts_are_limited)
            .budget(self.budget)
    }
}

/// Returns the policy of a call site with a constant policy.
#[inline]
fn policy_of(site: &'static CallSite) -> &'static Policy {
    const DEFAULT: Policy = Policy::exponential().build();
    site.policy().unwrap_or(&DEFAULT)
}
