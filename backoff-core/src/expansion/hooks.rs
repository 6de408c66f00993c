//! Calls of the user's closures. The types let the compiler infer the arguments of the closures.

use core::time::Duration;

use crate::drive::cancel::{FromCancelled, MakeCancelled};
use crate::drive::criteria::Answer;
use crate::drive::timeouts::{FromTimeout, MakeTimeout};
use crate::observe::AdjustedDelay;
use crate::{AttemptTimeout, Cancelled, Fault, Outcome, RetryError};

/// Classifies an error with the `when` of the attribute.
#[inline]
pub fn ask<E: ?Sized, A: Into<Fault>>(error: &E, when: impl FnOnce(&E) -> A) -> Fault {
    when(error).into()
}

/// Checks an error with the `reset_when` of the attribute.
#[inline]
pub fn is_progress<E: ?Sized>(error: &E, reset_when: impl FnOnce(&E) -> bool) -> bool {
    reset_when(error)
}

/// Calls the `adjust` of the attribute.
#[inline]
pub fn adjust<T: ?Sized, A: AdjustedDelay>(planned: &T, adjust: impl FnOnce(&T) -> A) -> Option<Duration> {
    adjust(planned).delay()
}

/// Calls a hook.
#[inline]
pub fn notify<T: ?Sized>(event: &T, hook: impl FnOnce(&T)) {
    hook(event);
}

/// Returns the fault of a value that does not meet the `until` of the attribute; `None` if it does.
#[inline]
pub fn unmet_fault<T: ?Sized, A: Answer>(value: &T, until: impl FnOnce(&T) -> A) -> Option<Fault> {
    until(value).unmet()
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

/// Creates the failure of a cancelled attempt, with the error's own `From<Cancelled>`.
#[must_use]
pub fn cancelled<R>() -> R
where
    FromCancelled: MakeCancelled<R>,
{
    FromCancelled.outcome(Cancelled)
}

/// Creates the failure of a cancelled attempt, with `on_cancel`.
pub fn cancelled_with<R: Outcome>(make: impl FnOnce(Cancelled) -> R::Error) -> R {
    R::from_error(make(Cancelled))
}
