//! Rules across arguments and on the function. The macro checks literals, and the compiler checks constants. A value
//! that is known only at run time is moved to the nearest allowed one.

mod function;
mod policy;

use std::time::Duration;

use backoff_rules::Refusal;

use crate::args::{Arg, Args, Backoff};
use crate::errors::Errors;

pub(crate) use self::function::check as function;

/// Applies the rules that need no function.
pub(crate) fn arguments(args: &Args, errors: &mut Errors) {
    polling(args, errors);
    timeouts(args, errors);
    cancellation(args, errors);
    policy::check(args, errors);
}

fn polling(args: &Args, errors: &mut Errors) {
    let Some(until) = args.key("until") else {
        if let (Some(unmet), false) = (args.key("unmet"), args.seems_given("until")) {
            let message =
                "`unmet` says what happens when `until` never held; add `until = |value| ..`, or remove `unmet`";
            errors.at(unmet.span(), message);
        }
        return;
    };
    // A policy may contain the limit, and `forever` replaces one. A custom backoff may be a limit, which the compiler
    // checks.
    let is_custom = matches!(&args.backoff, Some(Arg { value: Backoff::Custom(_), .. }));
    let limited = args.names_limit() || args.seems_given("policy") || is_custom;
    let message = match (args.seems_given("unmet"), limited) {
        (true, true) => return,
        (false, true) => {
            "`until` needs to know what an unmet end is; add `unmet = last` to return the last value, or \
             `unmet = |value| Err(..)`"
        }
        (true, false) => {
            "`until` needs a limit that fits the thing waited for; add `max_elapsed = \"60s\"`, `max_attempts = 5` or \
             `forever`"
        }
        (false, false) => {
            "`until` needs a limit that fits the thing waited for, and to know what an unmet end is; add \
             `max_elapsed = \"60s\", unmet = last`"
        }
    };
    errors.at(until.span(), message);
}

fn timeouts(args: &Args, errors: &mut Errors) {
    if let Some(timeout) = args.timeout.as_ref().filter(|arg| arg.literal() == Some(&Duration::ZERO)) {
        errors.push(timeout.error(Refusal::ZeroTimeout));
    }
    let timed = args.seems_given("attempt_timeout") || args.seems_given("timeout");
    if let (Some(on_timeout), false) = (args.key("on_timeout"), timed) {
        let message = "`on_timeout` makes the error of a timeout, and there is none; add `attempt_timeout = \"2s\"` or \
                       `timeout = \"60s\"`";
        errors.at(on_timeout.span(), message);
    }
}

fn cancellation(args: &Args, errors: &mut Errors) {
    let (has_signal, has_word) = (args.seems_given("cancel"), args.seems_given("cancel_attempts"));
    if let (Some(word), false) = (args.key("cancel_attempts"), has_signal) {
        let message = "`cancel_attempts` lets `cancel` end a running attempt, and there is no `cancel`; add `cancel = \
                       token.cancelled()`";
        errors.at(word.span(), message);
    }
    if let (Some(on_cancel), false) = (args.key("on_cancel"), has_word) {
        let cure =
            if has_signal { "add `cancel_attempts`" } else { "add `cancel = token.cancelled(), cancel_attempts`" };
        let message =
            format!("`on_cancel` makes the error of a cancelled attempt, and attempts are not cancelled; {cure}");
        errors.at(on_cancel.span(), message);
    }
}

/// Writes an argument and its value for a message, in the form of the user.
fn quoted<T>(arg: &Arg<T>) -> String {
    format!("`{}` ({})", arg.key, arg.text())
}
