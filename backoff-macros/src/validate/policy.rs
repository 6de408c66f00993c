//! The rules of the core for the values of an attribute. Each refusal is reported at its argument.

use backoff_rules::{Argument, Kind, Refusal, defaults};

use super::quoted;
use crate::args::{Arg, Args, Value};
use crate::errors::Errors;
use crate::literals::Literals;

/// Applies the rules on delays and limits.
pub(super) fn check(args: &Args, errors: &mut Errors) {
    let literals = Literals::of(args);
    foreign_arguments(args, literals.kind, errors);
    for refusal in literals.draft.refusals().into_iter().flatten() {
        report(refusal, args, &literals, errors);
    }
}

/// Reports a refusal, unless it depends on a value that is known only at run time.
///
/// The text is the core's, except where the attribute has a form to type.
fn report(refusal: Refusal, args: &Args, literals: &Literals<'_>, errors: &mut Errors) {
    match refusal {
        Refusal::ZeroAttempts => {
            let message = "`max_attempts` must be at least 1, because the first attempt counts; use `max_attempts = 1` for no \
                           retry, or `forever` for no limit";
            at_value(args.max_attempts.as_ref(), message, errors);
        }
        Refusal::AttemptsAndRetries => at_key("max_retries", refusal, args, errors),
        Refusal::ForeverBeside { .. } => at_key("forever", refusal, args, errors),
        Refusal::ZeroMaxElapsed => at_value(args.max_elapsed.as_ref(), refusal, errors),
        Refusal::ZeroTimeout => at_value(args.timeout.as_ref(), refusal, errors),
        Refusal::ZeroResetAfter => at_value(args.reset_after.as_ref(), refusal, errors),
        Refusal::Multiplier(_) => at_value(args.multiplier.as_ref(), refusal, errors),
        Refusal::JitterFactor(_) | Refusal::JitterOnZeroDelay | Refusal::DecorrelatedBackoff { .. } => {
            at_value(args.jitter.as_ref(), refusal, errors);
        }
        // The message omits the multiplier, because it may be known only at run time.
        Refusal::DecorrelatedMultiplier(_) => at_value(args.jitter.as_ref(), refusal.rule(), errors),
        Refusal::ZeroInitialDelay { .. } => {
            if let Some(arg) = args.initial_delay.as_ref().filter(|_| literals.kind.is_some()) {
                let message = format!(
                    "{} never grows; use a first delay such as `initial_delay = \"1ms\"`, or `delay = \"0s\"` for no delay at all",
                    quoted(arg)
                );
                errors.push(arg.error(message));
            }
        }
        Refusal::CapBelowInitialDelay { .. } if literals.knows_first_delay() => match &args.initial_delay {
            Some(_) => at_value(args.max_delay.as_ref(), refusal, errors),
            None => short_cap(args.max_delay.as_ref(), errors),
        },
        Refusal::CapBelowDelay { .. } if literals.knows_first_delay() => {
            at_value(args.max_delay.as_ref(), refusal, errors);
        }
        Refusal::FirstDelayBeyondLimit { .. } if literals.knows_first_range() => {
            at_value(args.max_elapsed.as_ref(), refusal, errors);
        }
        // These depend on a value that is known only at run time.
        Refusal::CapBelowInitialDelay { .. }
        | Refusal::CapBelowDelay { .. }
        | Refusal::FirstDelayBeyondLimit { .. }
        // `foreign_arguments` reports all of these, and the compiler checks a custom backoff.
        | Refusal::Misfit { .. }
        | Refusal::NoLimit
        | Refusal::EmptyList => {}
    }
}

fn at_value<T>(arg: Option<&Arg<Value<T>>>, message: impl core::fmt::Display, errors: &mut Errors) {
    if let Some(arg) = arg {
        errors.push(arg.error(message));
    }
}

fn at_key(key: &str, refusal: Refusal, args: &Args, errors: &mut Errors) {
    if let Some(key) = args.key(key) {
        errors.at(key.span(), refusal);
    }
}

/// Refuses a cap below the default first delay.
fn short_cap<T>(cap: Option<&Arg<Value<T>>>, errors: &mut Errors) {
    let Some(cap) = cap else { return };
    let message = format!(
        "{} is shorter than the default `initial_delay` ({:?}); raise `max_delay` or name a shorter `initial_delay`",
        quoted(cap),
        defaults::INITIAL_DELAY
    );
    errors.push(cap.error(message));
}

/// Refuses arguments that the chosen backoff does not have.
fn foreign_arguments(args: &Args, kind: Option<Kind>, errors: &mut Errors) {
    if let (Some(backoff), Some(_)) = (args.key("backoff"), args.key("policy")) {
        let message = "`policy` has a backoff, which `backoff` cannot replace; remove `backoff`, or write the other settings of \
                       the policy in place of `policy`";
        errors.at(backoff.span(), message);
        return;
    }
    if let (Some(delay), Some(_)) = (args.key("delay"), args.key("backoff")) {
        if args.backoff.is_none() {
            return; // its value was refused
        }
        let message = "`delay` makes the backoff constant, and `backoff` names another one; use `initial_delay` for the first \
                       delay of a growing backoff, or remove `backoff`";
        errors.at(delay.span(), message);
        return;
    }
    let Some(kind) = kind else { return };
    for argument in [Argument::InitialDelay, Argument::Multiplier, Argument::Increment] {
        let Some(key) = args.key(argument.name()).filter(|_| !argument.belongs_to(kind)) else {
            continue;
        };
        let (name, backoff) = (argument.name(), kind.name());
        let message = match kind {
            Kind::Constant => {
                let cure = match argument {
                    Argument::Multiplier => "use `initial_delay` in place of `delay`",
                    Argument::Increment => "use `backoff = linear` and `initial_delay` in place of `delay`",
                    Argument::InitialDelay | Argument::Delay | Argument::Backoff => "remove one of them",
                };
                format!("`delay` makes the backoff constant, so that it has no `{name}`; {cure}")
            }
            Kind::List | Kind::Custom => {
                format!("a backoff of your own computes its delays and has no `{name}`; give it to that backoff")
            }
            Kind::Exponential => {
                format!("an exponential backoff has no `{name}`; add `backoff = linear`, or use `multiplier`")
            }
            Kind::Linear => format!("a linear backoff has no `{name}`; use `increment`, or `backoff = exponential`"),
            Kind::Fibonacci => {
                let other = if argument.belongs_to(Kind::Linear) { Kind::Linear } else { Kind::Exponential };
                format!("a {backoff} backoff has no `{name}`; remove it, or use `backoff = {}`", other.name())
            }
        };
        errors.at(key.span(), message);
    }
}
