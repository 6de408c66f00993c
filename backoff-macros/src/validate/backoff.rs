//! Rules on delays: which arguments a backoff has, and which values fit together.

use std::time::Duration;

use super::quoted;
use crate::args::{Arg, Args, Backoff, Jitter, Value};
use crate::errors::Errors;

/// The first delay of a policy that does not name one.
const DEFAULT_INITIAL_DELAY: Duration = Duration::from_millis(100);

/// The rule by which delays grow, as far as the attribute tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exponential,
    Linear,
    Fibonacci,
    Constant,
    /// `backoff = expression`
    Custom,
    /// Whatever `policy = expression` has.
    Unknown,
}

impl Kind {
    fn of(args: &Args) -> Self {
        match args.backoff.as_ref().map(|arg| &arg.value) {
            Some(Backoff::Linear) => Self::Linear,
            Some(Backoff::Fibonacci) => Self::Fibonacci,
            Some(Backoff::Custom(_)) => Self::Custom,
            None if args.key("backoff").is_some() => Self::Unknown,
            None if args.key("delay").is_some() => Self::Constant,
            None if args.key("policy").is_some() => Self::Unknown,
            Some(Backoff::Exponential) | None => Self::Exponential,
        }
    }

    fn grows(self) -> bool {
        matches!(self, Self::Exponential | Self::Linear | Self::Fibonacci)
    }
}

/// Applies the rules on delays.
pub(super) fn check(args: &Args, errors: &mut Errors) {
    let kind = Kind::of(args);
    foreign_arguments(args, kind, errors);
    multiplier(args, errors);
    jitter(args, kind, errors);
    zero_delay(args, kind, errors);
    cap(args, kind, errors);
    first_delay(args, kind, errors);
}

/// Refuses arguments that the chosen backoff does not have.
fn foreign_arguments(args: &Args, kind: Kind, errors: &mut Errors) {
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
    let refused: &[(&str, &str)] = match kind {
        Kind::Constant => &[
            (
                "initial_delay",
                "`delay` makes the backoff constant, so that it has no `initial_delay`; remove one of them",
            ),
            (
                "multiplier",
                "`delay` makes the backoff constant, so that it has no `multiplier`; use `initial_delay` in place of `delay`",
            ),
            (
                "increment",
                "`delay` makes the backoff constant, so that it has no `increment`; use `backoff = linear` and `initial_delay` in place of `delay`",
            ),
        ],
        Kind::Exponential => {
            &[("increment", "an exponential backoff has no `increment`; add `backoff = linear`, or use `multiplier`")]
        }
        Kind::Linear => {
            &[("multiplier", "a linear backoff has no `multiplier`; use `increment`, or `backoff = exponential`")]
        }
        Kind::Fibonacci => &[
            ("multiplier", "a fibonacci backoff has no `multiplier`; remove it, or use `backoff = exponential`"),
            ("increment", "a fibonacci backoff has no `increment`; remove it, or use `backoff = linear`"),
        ],
        Kind::Custom => &[
            (
                "initial_delay",
                "a backoff of your own computes its delays and has no `initial_delay`; give it to that backoff",
            ),
            (
                "multiplier",
                "a backoff of your own computes its delays and has no `multiplier`; give it to that backoff",
            ),
            ("increment", "a backoff of your own computes its delays and has no `increment`; give it to that backoff"),
        ],
        Kind::Unknown => &[],
    };
    for (name, message) in refused {
        if let Some(key) = args.key(name) {
            errors.at(key.span(), message);
        }
    }
}

fn multiplier(args: &Args, errors: &mut Errors) {
    let Some(arg) = &args.multiplier else { return };
    let Some(value) = arg.literal() else { return };
    if !value.is_finite() {
        errors.push(arg.error(format!("`multiplier` ({}) is not finite; use a number such as `2`", arg.text())));
    } else if *value < 1.0 {
        let message = format!(
            "`multiplier` ({}) is below 1, so that delays would shrink; use `multiplier = 1` or more",
            arg.text()
        );
        errors.push(arg.error(message));
    }
}

fn jitter(args: &Args, kind: Kind, errors: &mut Errors) {
    let Some(arg) = &args.jitter else { return };
    match arg.literal() {
        Some(Jitter::Factor(factor)) if !(0.0..=1.0).contains(factor) => {
            // From 2 on it is probably meant in per cent.
            let cure = if (2.0..=100.0).contains(factor) { factor / 100.0 } else { 0.5 };
            let message =
                format!("jitter factor {} is outside 0..=1; use a ratio such as `jitter = {cure}`", arg.text());
            errors.push(arg.error(message));
        }
        Some(Jitter::Decorrelated) => {
            if !matches!(kind, Kind::Exponential | Kind::Unknown) {
                let message =
                    "`decorrelated` jitter takes the place of exponential growth; use `jitter = full` for this backoff";
                errors.push(arg.error(message));
            } else if args.key("multiplier").is_some() {
                let message = "`decorrelated` jitter takes the place of `multiplier`; remove `multiplier`, or use `jitter = full`";
                errors.push(arg.error(message));
            }
        }
        _ => {}
    }
    let zero = args.delay.as_ref().is_some_and(|delay| delay.literal() == Some(&Duration::ZERO));
    let named = !matches!(arg.literal(), Some(Jitter::None));
    if zero && named {
        errors.push(arg.error("`jitter` has nothing to spread on a zero `delay`; remove `jitter`, or raise `delay`"));
    }
}

fn zero_delay(args: &Args, kind: Kind, errors: &mut Errors) {
    let Some(arg) = args.initial_delay.as_ref().filter(|arg| arg.literal() == Some(&Duration::ZERO)) else {
        return;
    };
    if kind.grows() {
        let message = format!(
            "{} never grows; use a first delay such as `initial_delay = \"1ms\"`, or `delay = \"0s\"` for no delay at all",
            quoted(arg)
        );
        errors.push(arg.error(message));
    }
}

fn cap(args: &Args, kind: Kind, errors: &mut Errors) {
    let Some((max_arg, max)) = literal(args.max_delay.as_ref()) else {
        return;
    };
    let first = if kind == Kind::Constant { &args.delay } else { &args.initial_delay };
    match first {
        Some(arg) if arg.literal().is_some_and(|first| first > max) => {
            let key = &arg.key;
            let message =
                format!("{} is shorter than {}; raise `max_delay` or lower `{key}`", quoted(max_arg), quoted(arg));
            errors.push(max_arg.error(message));
        }
        None if kind.grows()
            && args.key("initial_delay").is_none()
            && args.key("policy").is_none()
            && *max < DEFAULT_INITIAL_DELAY =>
        {
            let message = format!(
                "{} is shorter than the default `initial_delay` (100ms); raise `max_delay` or name a shorter `initial_delay`",
                quoted(max_arg)
            );
            errors.push(max_arg.error(message));
        }
        _ => {}
    }
}

/// Refuses a limit that not even the shortest possible first delay can meet.
fn first_delay(args: &Args, kind: Kind, errors: &mut Errors) {
    let Some((limit, max_elapsed)) = literal(args.max_elapsed.as_ref()) else {
        return;
    };
    if max_elapsed.is_zero() || args.wants_no_retry() || args.key("policy").is_some() {
        return; // or refused already
    }
    let (source, base) = match kind {
        Kind::Constant => match literal(args.delay.as_ref()) {
            Some((arg, delay)) => (quoted(arg), *delay),
            None => return,
        },
        Kind::Exponential | Kind::Linear | Kind::Fibonacci => {
            match (&args.initial_delay, literal(args.initial_delay.as_ref())) {
                (_, Some((arg, delay))) => (quoted(arg), *delay),
                (None, None) if args.key("initial_delay").is_none() => {
                    ("the default `initial_delay` (100ms)".to_owned(), DEFAULT_INITIAL_DELAY)
                }
                _ => return,
            }
        }
        Kind::Custom | Kind::Unknown => return,
    };
    let capped = match &args.max_delay {
        None => base,
        Some(arg) => match arg.literal() {
            Some(max) => base.min(*max),
            None => return,
        },
    };
    let Some(smallest) = smallest(args, kind, capped) else {
        return;
    };
    if smallest > *max_elapsed {
        let message = format!(
            "{} ends before the first retry, whose delay is at least {} by {source}; raise `max_elapsed`, or use \
             `max_attempts = 1` for no retry",
            quoted(limit),
            humantime::format_duration(smallest)
        );
        errors.push(limit.error(message));
    }
}

/// Returns the shortest delay that the jitter can make of a base delay, where the attribute tells it.
fn smallest(args: &Args, kind: Kind, base: Duration) -> Option<Duration> {
    let jitter = match &args.jitter {
        Some(arg) => *arg.literal()?,
        None if args.key("jitter").is_some() => return None,
        None if kind == Kind::Constant => Jitter::Factor(0.1),
        None => Jitter::Full,
    };
    match jitter {
        Jitter::Full => Some(Duration::ZERO),
        Jitter::Equal => Some(base / 2),
        Jitter::Decorrelated | Jitter::None => Some(base),
        Jitter::Factor(factor) => Duration::try_from_secs_f64(base.as_secs_f64() * (1.0 - factor)).ok(),
    }
}

/// Returns an argument with its value, where it is a literal.
fn literal<T>(arg: Option<&Arg<Value<T>>>) -> Option<(&Arg<Value<T>>, &T)> {
    arg.and_then(|arg| arg.literal().map(|value| (arg, value)))
}
