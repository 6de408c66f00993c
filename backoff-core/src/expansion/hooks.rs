//! Calls of the user's closures, with types that let the compiler infer their arguments.

use core::time::Duration;

use crate::drive::timeouts::{FromTimeout, MakeTimeout};
use crate::{AttemptTimeout, Fault, Outcome, RetryError, StopReason};

/// Asks the `when` of the attribute.
#[inline]
pub fn ask<E: ?Sized, A: Into<Fault>>(error: &E, when: impl FnOnce(&E) -> A) -> Fault {
    when(error).into()
}

/// Calls a hook.
#[inline]
pub fn notify<T: ?Sized>(event: &T, hook: impl FnOnce(&T)) {
    hook(event);
}

/// Asks `until`.
#[inline]
pub fn is_met<T: ?Sized>(value: &T, until: impl FnOnce(&T) -> bool) -> bool {
    until(value)
}

/// Makes the result of a call whose value never met `until`.
pub fn unmet<R: Outcome>(last: R, make: impl FnOnce(R::Value) -> R) -> R {
    match last.into_result() {
        Ok(value) => make(value),
        Err(error) => R::from_error(error),
    }
}

/// Gives the last resort its chance.
pub fn or_else<R: Outcome>(
    last: R,
    explain: impl FnOnce(R::Error) -> RetryError<R::Error>,
    resort: impl FnOnce(RetryError<R::Error>) -> R,
) -> R {
    match last.into_result() {
        Ok(value) => R::from_value(value),
        Err(error) => resort(explain(error)),
    }
}

/// The time that one attempt gets.
// Nanoseconds, saturating after 584 years: half the size of a `Duration` in the future of the call.
#[derive(Clone, Copy, Debug)]
pub struct AttemptLimit(u64);

impl AttemptLimit {
    /// Returns the attempt's own timeout, or what is left of `max_elapsed` where that is less.
    pub(super) fn new(timeout: Duration, left: Option<Duration>) -> Self {
        Self(nanos(left.map_or(timeout, |left| left.min(timeout))))
    }

    /// Returns the limit as a duration.
    #[must_use]
    pub const fn time(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// Returns the reason to stop when the limit strikes: there is one where the limit is less than the attempt's own timeout.
    #[must_use]
    pub fn reason(self, timeout: Duration) -> Option<StopReason> {
        (self.0 < nanos(timeout)).then_some(StopReason::MaxElapsed)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Makes the failure of an attempt that was dropped, by the error's own `From<AttemptTimeout>`.
#[must_use]
pub fn timed_out<R>(limit: Duration) -> R
where
    FromTimeout: MakeTimeout<R>,
{
    FromTimeout.outcome(AttemptTimeout::new(limit))
}

/// Makes the failure of an attempt that was dropped, by `on_timeout`.
pub fn timed_out_with<R: Outcome>(limit: Duration, make: impl FnOnce(AttemptTimeout) -> R::Error) -> R {
    R::from_error(make(AttemptTimeout::new(limit)))
}
