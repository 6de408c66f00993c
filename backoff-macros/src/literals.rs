//! The policy that the literals of an attribute describe, built and checked by the rules of the core.

use std::time::Duration;

use backoff_rules::{Argument, Draft, Jitter, Kind, Schedule, defaults};

use crate::args::{Arg, Args, Backoff, Value};

/// A draft with the literals of an attribute. A value that is not a literal is replaced by one that every rule accepts.
pub(crate) struct Literals<'a> {
    args: &'a Args,
    /// `None` for the backoff of `policy = ..`, or one that could not be read.
    pub(crate) kind: Option<Kind>,
    pub(crate) draft: Draft,
    /// The default backoff if `kind` is `None` or custom.
    pub(crate) schedule: Schedule,
}

impl<'a> Literals<'a> {
    pub(crate) fn of(args: &'a Args) -> Self {
        let kind = kind(args);
        let delay = literal(args.delay.as_ref()).unwrap_or(defaults::INITIAL_DELAY);
        let schedule = match kind {
            Some(Kind::Constant) => Schedule::constant(delay),
            Some(Kind::Linear) => Schedule::LINEAR,
            Some(Kind::Fibonacci) => Schedule::FIBONACCI,
            Some(Kind::Exponential | Kind::List | Kind::Custom) | None => Schedule::EXPONENTIAL,
        };
        let draft = match kind {
            Some(kind @ (Kind::List | Kind::Custom)) => Draft::custom(kind, false),
            Some(Kind::Constant | Kind::Exponential | Kind::Linear | Kind::Fibonacci) | None => Draft::new(&schedule),
        };
        let mut literals = Self { args, kind, draft, schedule };
        literals.add_delays();
        literals.add_limits();
        literals
    }

    /// Adds the settings that the backoff has. Another check refuses the others.
    fn add_delays(&mut self) {
        let Self { args, draft, schedule, .. } = self;
        let has = |argument: Argument| self.kind.is_none_or(|kind| argument.belongs_to(kind));
        if let Some(delay) = literal(args.initial_delay.as_ref()).filter(|_| has(Argument::InitialDelay)) {
            *schedule = draft.initial_delay(*schedule, delay);
        }
        if args.key("multiplier").is_some() && has(Argument::Multiplier) {
            *schedule = draft.multiplier(*schedule, literal(args.multiplier.as_ref()).unwrap_or(defaults::MULTIPLIER));
        }
        if let Some(increment) = literal(args.increment.as_ref()).filter(|_| self.kind == Some(Kind::Linear)) {
            *schedule = draft.increment(*schedule, increment);
        }
        if let Some(cap) = literal(args.max_delay.as_ref()) {
            draft.max_delay(cap);
        }
        if args.jitter.is_some() {
            draft.jitter(literal(args.jitter.as_ref()).unwrap_or(Jitter::Full));
        }
    }

    fn add_limits(&mut self) {
        let Self { args, draft, .. } = self;
        if args.key("forever").is_some() {
            draft.forever();
        }
        if args.key("max_attempts").is_some() {
            draft.max_attempts(literal(args.max_attempts.as_ref()).unwrap_or(defaults::MAX_ATTEMPTS));
        }
        if args.key("max_retries").is_some() {
            draft.max_retries(literal(args.max_retries.as_ref()).unwrap_or(defaults::MAX_ATTEMPTS));
        }
        if args.key("max_elapsed").is_some() {
            draft.max_elapsed(literal(args.max_elapsed.as_ref()).unwrap_or(Duration::MAX));
        }
        if args.key("timeout").is_some() {
            draft.rules.limit_by_timeout();
        }
        if let Some(ran) = literal(args.reset_after.as_ref()) {
            draft.reset_after(ran);
        }
    }

    /// Returns whether the first base delay is a literal or the default.
    pub(crate) fn knows_first_delay(&self) -> bool {
        match self.kind {
            Some(Kind::Constant) => self.knows("delay", self.args.delay.as_ref()),
            Some(Kind::Exponential | Kind::Linear | Kind::Fibonacci) | None => {
                self.knows("initial_delay", self.args.initial_delay.as_ref())
            }
            Some(Kind::List | Kind::Custom) => false,
        }
    }

    /// Returns whether literals and defaults determine the range of the first delay.
    pub(crate) fn knows_first_range(&self) -> bool {
        let args = self.args;
        self.kind.is_some()
            && self.knows_first_delay()
            && self.knows("max_delay", args.max_delay.as_ref())
            && self.knows("jitter", args.jitter.as_ref())
    }

    /// Returns whether literals and defaults determine the range of every delay.
    pub(crate) fn knows_all_ranges(&self) -> bool {
        let args = self.args;
        self.knows_first_range()
            && self.knows("multiplier", args.multiplier.as_ref())
            && self.knows("increment", args.increment.as_ref())
    }

    /// Returns whether a value is a literal or the default; the default of an edited policy is not known.
    fn knows<T>(&self, key: &str, arg: Option<&Arg<Value<T>>>) -> bool {
        match arg {
            Some(arg) => arg.literal().is_some(),
            None => self.args.key(key).is_none() && self.args.key("policy").is_none(),
        }
    }
}

/// Returns the kind of backoff, if the attribute specifies one.
fn kind(args: &Args) -> Option<Kind> {
    match args.backoff.as_ref().map(|arg| &arg.value) {
        Some(Backoff::Linear) => Some(Kind::Linear),
        Some(Backoff::Fibonacci) => Some(Kind::Fibonacci),
        Some(Backoff::Custom(_)) => Some(Kind::Custom),
        None if args.key("backoff").is_some() => None,
        None if args.key("delay").is_some() => Some(Kind::Constant),
        None if args.key("policy").is_some() => None,
        Some(Backoff::Exponential) | None => Some(Kind::Exponential),
    }
}

/// Returns the value of an argument that is a literal.
fn literal<T: Copy>(arg: Option<&Arg<Value<T>>>) -> Option<T> {
    arg.and_then(Arg::literal).copied()
}
