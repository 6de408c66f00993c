//! Reasons to refuse a policy: the rule that is broken, the value that breaks it, and the form to write instead.

use core::fmt;
use core::time::Duration;

use crate::Kind;

/// The broken rule, with the values that break it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    /// `max_attempts` is 0.
    ZeroAttempts,
    /// `max_attempts` and `max_retries` are both set.
    AttemptsAndRetries,
    /// `max_elapsed` is zero.
    ZeroMaxElapsed,
    /// The `timeout` of a call is zero; an annotated function moves it to a nanosecond.
    ZeroTimeout,
    /// A custom backoff without a limit.
    NoLimit,
    /// A list of delays that is empty.
    EmptyList,
    /// The growth is below 1 or not finite.
    Multiplier(f64),
    /// A growing delay that starts at zero.
    ZeroInitialDelay {
        /// The kind of backoff.
        backoff: &'static str,
    },
    /// The cap is shorter than the first delay of a growing backoff.
    CapBelowInitialDelay {
        /// The cap.
        max_delay: Duration,
        /// The first delay.
        initial_delay: Duration,
    },
    /// The cap is shorter than a constant delay.
    CapBelowDelay {
        /// The cap.
        max_delay: Duration,
        /// The constant delay.
        delay: Duration,
    },
    /// A jitter factor outside 0.0..=1.0.
    JitterFactor(f64),
    /// Jitter on a constant delay of zero.
    JitterOnZeroDelay,
    /// Decorrelated jitter together with `multiplier`; `None` for the multiplier of an edited policy.
    DecorrelatedMultiplier(Option<f64>),
    /// Decorrelated jitter on a backoff that is not exponential.
    DecorrelatedBackoff {
        /// The kind of backoff.
        backoff: &'static str,
    },
    /// The shortest first delay is longer than the time for all retries.
    FirstDelayBeyondLimit {
        /// The shortest first delay.
        delay: Duration,
        /// The time for all retries.
        max_elapsed: Duration,
    },
    /// `forever` together with a limit.
    ForeverBeside {
        /// The name of the limit.
        limit: &'static str,
    },
    /// `reset_after` is zero.
    ZeroResetAfter,
    /// A setting that the backoff does not have.
    Misfit {
        /// The setting.
        argument: Argument,
        /// The kind of backoff.
        backoff: &'static str,
    },
}

/// A setting that only some backoffs have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// `backoff`, which cannot be changed if the policy has a custom backoff.
    Backoff,
    /// `initial_delay`.
    InitialDelay,
    /// `multiplier`.
    Multiplier,
    /// `increment`.
    Increment,
    /// `delay`.
    Delay,
}

impl Argument {
    /// Returns the name of the setting.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backoff => "backoff",
            Self::InitialDelay => "initial_delay",
            Self::Multiplier => "multiplier",
            Self::Increment => "increment",
            Self::Delay => "delay",
        }
    }

    /// Returns whether a backoff has this setting.
    #[must_use]
    pub const fn belongs_to(self, kind: Kind) -> bool {
        match (self, kind) {
            (Self::Backoff | Self::InitialDelay, Kind::Exponential | Kind::Linear | Kind::Fibonacci)
            | (Self::Backoff | Self::Delay, Kind::Constant)
            | (Self::Multiplier, Kind::Exponential)
            | (Self::Increment, Kind::Linear) => true,
            (Self::InitialDelay, Kind::Constant)
            | (Self::Multiplier, Kind::Constant | Kind::Linear | Kind::Fibonacci)
            | (Self::Increment, Kind::Constant | Kind::Exponential | Kind::Fibonacci)
            | (Self::Delay, Kind::Exponential | Kind::Linear | Kind::Fibonacci)
            | (
                Self::Backoff | Self::InitialDelay | Self::Multiplier | Self::Increment | Self::Delay,
                Kind::List | Kind::Custom,
            ) => false,
        }
    }

    /// Returns the rule as a whole sentence, because a panic in a constant cannot format.
    const fn rule(self) -> &'static str {
        match self {
            Self::Backoff => "`backoff` cannot change this backoff; remove `backoff`",
            Self::InitialDelay => {
                "`initial_delay` does not belong to constant backoff; remove `initial_delay`, or use `delay`"
            }
            Self::Multiplier => {
                "`multiplier` belongs to exponential backoff; remove `multiplier`, or start from exponential backoff"
            }
            Self::Increment => {
                "`increment` belongs to linear backoff; remove `increment`, or start from linear backoff"
            }
            Self::Delay => {
                "`delay` belongs to constant backoff; use `initial_delay`, or start from a policy of constant backoff"
            }
        }
    }
}

impl Refusal {
    /// Returns the rule and the cure without the values, for a constant, where a panic cannot format.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::ZeroAttempts => "`max_attempts` is 0; use at least 1: the first attempt counts",
            Self::AttemptsAndRetries => {
                "`max_attempts` and `max_retries` are the same limit; keep one of the two: `max_retries` is one less"
            }
            Self::ZeroMaxElapsed => {
                "`max_elapsed` is zero, so that no retry could start; use a longer time, or `max_attempts` = 1 for no retries"
            }
            Self::ZeroTimeout => "`timeout` is zero, so that no attempt could end; use a longer time, or leave it out",
            Self::NoLimit => {
                "a custom backoff has no limit of its own; add one such as `max_attempts` = 5 or `max_elapsed`, or `forever`"
            }
            Self::EmptyList => {
                "the list of delays is empty; add a delay for each retry, or use `Policy::never()` for no retries"
            }
            Self::Multiplier(_) => "`multiplier` is below 1 or not finite; use a finite number of at least 1",
            Self::ZeroInitialDelay { .. } => {
                "`initial_delay` is zero and cannot grow; use `Policy::constant(Duration::ZERO)` for no delay"
            }
            Self::CapBelowInitialDelay { .. } => {
                "`max_delay` is shorter than `initial_delay`; raise `max_delay` or lower `initial_delay`"
            }
            Self::CapBelowDelay { .. } => {
                "`max_delay` is shorter than the constant delay; raise `max_delay` or shorten the delay"
            }
            Self::JitterFactor(_) => "the jitter factor is outside 0.0..=1.0; use a ratio such as 0.5",
            Self::JitterOnZeroDelay => "jitter on a zero delay has no effect; remove `jitter`, or name a longer delay",
            Self::DecorrelatedMultiplier(_) => {
                "decorrelated jitter replaces the growth by `multiplier`; remove one of the two"
            }
            Self::DecorrelatedBackoff { .. } => {
                "decorrelated jitter belongs to exponential backoff; use `Jitter::Full`, or exponential backoff"
            }
            Self::FirstDelayBeyondLimit { .. } => {
                "the first delay is longer than `max_elapsed`, so that no retry could start; shorten the delay, raise \
                 `max_elapsed`, or use `max_attempts(1)` for no retries"
            }
            Self::ForeverBeside { .. } => "`forever` is named beside a limit; keep one of the two",
            Self::ZeroResetAfter => {
                "`reset_after` is zero, so that every failure would be the first; use a longer time, or leave it out"
            }
            Self::Misfit { argument, .. } => argument.rule(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Multiplier(multiplier) => {
                write!(f, "`multiplier` is {multiplier}; use a finite number of at least 1")
            }
            Self::ZeroInitialDelay { backoff } => write!(
                f,
                "`initial_delay` is zero and {backoff} backoff cannot grow from it; use a longer `initial_delay`, or \
                 constant backoff for no delay"
            ),
            Self::CapBelowInitialDelay { max_delay, initial_delay } => write!(
                f,
                "`max_delay` ({max_delay:?}) is shorter than `initial_delay` ({initial_delay:?}); raise `max_delay` or \
                 lower `initial_delay`"
            ),
            Self::CapBelowDelay { max_delay, delay } => write!(
                f,
                "`max_delay` ({max_delay:?}) is shorter than the constant delay ({delay:?}); raise `max_delay` or shorten the \
                 delay"
            ),
            Self::JitterFactor(factor) => {
                // A factor of 2 or more is probably a percentage.
                let cure = if (2.0..=100.0).contains(&factor) { factor / 100.0 } else { 0.5 };
                write!(f, "the jitter factor is {factor}; use a ratio in 0.0..=1.0, such as {cure}")
            }
            Self::DecorrelatedMultiplier(Some(multiplier)) => write!(
                f,
                "decorrelated jitter replaces the growth by `multiplier` ({multiplier}); remove one of the two"
            ),
            Self::DecorrelatedMultiplier(None) => f.write_str(
                "decorrelated jitter replaces the growth by `multiplier`, which the edited policy names; start from a \
                 policy without `multiplier`, or use full or equal jitter",
            ),
            Self::DecorrelatedBackoff { backoff } => write!(
                f,
                "decorrelated jitter belongs to exponential backoff, and this one is {backoff}; use full or equal \
                 jitter, or exponential backoff"
            ),
            Self::FirstDelayBeyondLimit { delay, max_elapsed } => write!(
                f,
                "the first delay is at least {delay:?}, longer than `max_elapsed` ({max_elapsed:?}), so that no retry could \
                 start; shorten the delay, raise `max_elapsed`, or use `max_attempts` = 1 for no retries"
            ),
            Self::ForeverBeside { limit } => {
                write!(f, "`forever` is named beside `{limit}`; remove `forever` or `{limit}`")
            }
            Self::Misfit { argument, backoff } => {
                let argument = argument.name();
                write!(
                    f,
                    "`{argument}` does not belong to {backoff} backoff; remove `{argument}`, or choose its backoff"
                )
            }
            Self::ZeroAttempts
            | Self::AttemptsAndRetries
            | Self::ZeroMaxElapsed
            | Self::ZeroTimeout
            | Self::NoLimit
            | Self::EmptyList
            | Self::JitterOnZeroDelay
            | Self::ZeroResetAfter => f.write_str(self.rule()),
        }
    }
}
