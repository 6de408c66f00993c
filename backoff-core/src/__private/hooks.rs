//! Calls of the user's closures, with types that let the compiler infer their arguments.

use crate::{Fault, Outcome, RetryError};

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
