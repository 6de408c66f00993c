//! Calls of the user's closures. The types let the compiler infer the arguments of the closures.

use core::time::Duration;

use crate::drive::timeouts::{FromTimeout, MakeTimeout};
use crate::{AttemptTimeout, Fault, Outcome, RetryError, StopReason};

/// Classifies an error with the `when` of the attribute.
#[inline]
pub fn ask<E: ?Sized, A: Into<Fault>>(error: &E, when: impl FnOnce(&E) -> A) -> Fault {
    when(error).into()
}

/// Calls a hook.
#[inline]
pub fn notify<T: ?Sized>(event: &T, hook: impl FnOnce(&T)) {
    hook(event);
}

/// Checks a value with the `until` of the attribute.
#[inline]
pub fn is_met<T: ?Sized>(value: &T, until: impl FnOnce(&T) -> bool) -> bool {
    until(value)
}

/// Returns the result of a call whose value never met `until`.
pub fn unmet<R: Outcome>(last: R, make: impl FnOnce(R::Value) -> R) -> R {
    match last.into_result() {
        Ok(value) => make(value),
        Err(error) => R::from_error(error),
    }
}

/// Runs `or_else`, the fallback of a call that gave up.
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

/// Time limit of one attempt.
// Nanoseconds, saturating after 584 years. This is half the size of a `Duration` in the future of the call.
#[derive(Clone, Copy, Debug)]
pub struct AttemptLimit(u64);

impl AttemptLimit {
    /// Returns the attempt's own timeout, or the remaining time of `max_elapsed` if that is less.
    pub(super) fn new(timeout: Duration, left: Option<Duration>) -> Self {
        Self(nanos(left.map_or(timeout, |left| left.min(timeout))))
    }

    /// Returns the limit as a duration.
    #[must_use]
    pub const fn time(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// Returns the stop reason for an attempt that the limit ended. It is `None` unless the limit is less than the
    /// attempt's own timeout.
    #[must_use]
    pub fn reason(self, timeout: Duration) -> Option<StopReason> {
        (self.0 < nanos(timeout)).then_some(StopReason::MaxElapsed)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Creates the failure of a dropped attempt, with the error's own `From<AttemptTimeout>`.
#[must_use]
pub fn timed_out<R>(limit: Duration) -> R
where
    FromTimeout: MakeTimeout<R>,
{
    FromTimeout.outcome(AttemptTimeout::new(limit))
}

/// Creates the failure of a dropped attempt, with `on_timeout`.
pub fn timed_out_with<R: Outcome>(limit: Duration, make: impl FnOnce(AttemptTimeout) -> R::Error) -> R {
    R::from_error(make(AttemptTimeout::new(limit)))
}
