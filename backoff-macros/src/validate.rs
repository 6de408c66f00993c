//! Rules across arguments and on the function. The macro checks literals, and the compiler checks constants. A value
//! that is known only at run time is moved to the nearest allowed one.

mod backoff;
mod function;

use std::time::Duration;

use crate::args::{Arg, Args, Backoff, Role, names_with};
use crate::errors::Errors;

pub(crate) use self::function::check as function;

/// Applies the rules that need no function.
pub(crate) fn arguments(args: &Args, errors: &mut Errors) {
    limits(args, errors);
    polling(args, errors);
    timeouts(args, errors);
    backoff::check(args, errors);
}

fn limits(args: &Args, errors: &mut Errors) {
    if let Some(max_attempts) = args.max_attempts.as_ref().filter(|arg| arg.literal() == Some(&0)) {
        let message = "`max_attempts` must be at least 1, because the first attempt counts; use `max_attempts = 1` for no \
                       retry, or `forever` for no limit";
        errors.push(max_attempts.error(message));
    }
    if let (Some(retries), Some(_)) = (args.key("max_retries"), args.key("max_attempts")) {
        let message =
            "`max_retries` and `max_attempts` are the same limit; remove one of them: `max_retries` is one less";
        errors.at(retries.span(), message);
    }
    if let Some(limit) = args.max_elapsed.as_ref().filter(|arg| arg.literal() == Some(&Duration::ZERO)) {
        let message = format!(
            "{} leaves no time for a retry; use a longer time, or `max_attempts = 1` for no retry",
            quoted(limit)
        );
        errors.push(limit.error(message));
    }
    if let Some(limit) = args.timeout.as_ref().filter(|arg| arg.literal() == Some(&Duration::ZERO)) {
        let message = format!("{} leaves no time for an attempt; use a longer time, or leave it out", quoted(limit));
        errors.push(limit.error(message));
    }
    if let Some(reset_after) = args.reset_after.as_ref().filter(|arg| arg.literal() == Some(&Duration::ZERO)) {
        let message = format!(
            "{} makes every failure the first, so that no limit is reached; use a longer time, or leave it out",
            quoted(reset_after)
        );
        errors.push(reset_after.error(message));
    }
    if let Some(forever) = args.key("forever") {
        if let Some(limit) = names_with(Role::Limit).find(|name| args.key(name).is_some()) {
            let message = format!("`forever` says that no limit is wanted, and `{limit}` is one; remove one of them");
            errors.at(forever.span(), message);
        }
    }
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
    let timed = args.seems_given("attempt_timeout") || args.seems_given("timeout");
    if let (Some(on_timeout), false) = (args.key("on_timeout"), timed) {
        let message = "`on_timeout` makes the error of a time-out, and there is none; add `attempt_timeout = \"2s\"` or \
                       `timeout = \"60s\"`";
        errors.at(on_timeout.span(), message);
    }
}

/// Writes an argument and its value for a message, in the form of the user.
fn quoted<T>(arg: &Arg<T>) -> String {
    format!("`{}` ({})", arg.key, arg.text())
}
