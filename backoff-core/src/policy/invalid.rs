//! Why a policy is refused: what is wrong with which value, and what to write instead.

use core::error::Error;
use core::fmt;
use core::time::Duration;

/// A policy whose settings break a rule, or contradict each other.
///
/// The text names the values and the cure.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
///
/// let error = Policy::exponential().multiplier(0.5).try_build().unwrap_err();
/// assert_eq!(error.to_string(), "`multiplier` is 0.5; use a finite number of at least 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidPolicy {
    refusal: Refusal,
}

/// The broken rule, with the values that break it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Refusal {
    ZeroAttempts,
    AttemptsAndRetries,
    ZeroMaxElapsed,
    #[cfg(feature = "std")]
    ZeroTimeout,
    NoLimit,
    EmptyList,
    Multiplier(f64),
    ZeroInitialDelay {
        backoff: &'static str,
    },
    CapBelowInitialDelay {
        max_delay: Duration,
        initial_delay: Duration,
    },
    CapBelowDelay {
        max_delay: Duration,
        delay: Duration,
    },
    JitterFactor(f64),
    JitterOnZeroDelay,
    /// `None` for the multiplier of a policy that is edited.
    DecorrelatedMultiplier(Option<f64>),
    DecorrelatedBackoff {
        backoff: &'static str,
    },
    FirstDelayBeyondLimit {
        delay: Duration,
        max_elapsed: Duration,
    },
    ForeverBeside {
        limit: &'static str,
    },
    ZeroResetAfter,
    Misfit {
        argument: Argument,
        backoff: &'static str,
    },
}

/// A setting that only some backoffs have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    #[cfg(feature = "overrides")]
    Backoff,
    InitialDelay,
    Multiplier,
    Increment,
    Delay,
}

impl Argument {
    const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "overrides")]
            Self::Backoff => "backoff",
            Self::InitialDelay => "initial_delay",
            Self::Multiplier => "multiplier",
            Self::Increment => "increment",
            Self::Delay => "delay",
        }
    }

    /// Returns the rule for a constant; whole sentences, because a panic in a constant cannot put them together.
    const fn rule(self) -> &'static str {
        match self {
            #[cfg(feature = "overrides")]
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

impl InvalidPolicy {
    /// A `timeout` of zero, which an annotated function moves to a nanosecond.
    #[cfg(feature = "std")]
    pub(crate) const ZERO_TIMEOUT: Self = Self { refusal: Refusal::ZeroTimeout };
    /// A `List` without delays, which an annotated function takes as it is.
    #[cfg(feature = "std")]
    pub(crate) const EMPTY_LIST: Self = Self { refusal: Refusal::EmptyList };

    /// Returns whether the same rule is broken, by whatever value.
    #[cfg(feature = "overrides")]
    pub(crate) fn is_of_the_rule_of(&self, other: &Self) -> bool {
        self.refusal.rule() == other.refusal.rule()
    }
}

impl Refusal {
    /// Returns the rule and the cure without the values, for a constant, where a panic cannot format.
    pub(super) const fn rule(self) -> &'static str {
        match self {
            Self::ZeroAttempts => "`max_attempts` is 0; use at least 1: the first attempt counts",
            Self::AttemptsAndRetries => {
                "`max_attempts` and `max_retries` are the same limit; keep one of the two: `max_retries` is one less"
            }
            Self::ZeroMaxElapsed => {
                "`max_elapsed` is zero, so that no retry could start; use a longer time, or `max_attempts` = 1 for no retries"
            }
            #[cfg(feature = "std")]
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

impl From<Refusal> for InvalidPolicy {
    fn from(refusal: Refusal) -> Self {
        Self { refusal }
    }
}

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refusal {
            Refusal::Multiplier(multiplier) => {
                write!(f, "`multiplier` is {multiplier}; use a finite number of at least 1")
            }
            Refusal::ZeroInitialDelay { backoff } => write!(
                f,
                "`initial_delay` is zero and {backoff} backoff cannot grow from it; use a longer `initial_delay`, or \
                 constant backoff for no delay"
            ),
            Refusal::CapBelowInitialDelay { max_delay, initial_delay } => write!(
                f,
                "`max_delay` ({max_delay:?}) is shorter than `initial_delay` ({initial_delay:?}); raise `max_delay` or \
                 lower `initial_delay`"
            ),
            Refusal::CapBelowDelay { max_delay, delay } => write!(
                f,
                "`max_delay` ({max_delay:?}) is shorter than the constant delay ({delay:?}); raise `max_delay` or shorten the \
                 delay"
            ),
            Refusal::JitterFactor(factor) => {
                write!(f, "the jitter factor is {factor}; use a ratio in 0.0..=1.0, such as 0.5")
            }
            Refusal::DecorrelatedMultiplier(Some(multiplier)) => write!(
                f,
                "decorrelated jitter replaces the growth by `multiplier` ({multiplier}); remove one of the two"
            ),
            Refusal::DecorrelatedMultiplier(None) => f.write_str(
                "decorrelated jitter replaces the growth by `multiplier`, which the edited policy names; start from a \
                 policy without `multiplier`, or use full or equal jitter",
            ),
            Refusal::DecorrelatedBackoff { backoff } => write!(
                f,
                "decorrelated jitter belongs to exponential backoff, and this one is {backoff}; use full or equal \
                 jitter, or exponential backoff"
            ),
            Refusal::FirstDelayBeyondLimit { delay, max_elapsed } => write!(
                f,
                "the first delay is at least {delay:?}, longer than `max_elapsed` ({max_elapsed:?}), so that no retry could \
                 start; shorten the delay, raise `max_elapsed`, or use `max_attempts` = 1 for no retries"
            ),
            Refusal::ForeverBeside { limit } => {
                write!(f, "`forever` is named beside `{limit}`; remove `forever` or `{limit}`")
            }
            Refusal::Misfit { argument, backoff } => {
                let argument = argument.name();
                write!(
                    f,
                    "`{argument}` does not belong to {backoff} backoff; remove `{argument}`, or choose its backoff"
                )
            }
            #[cfg(feature = "std")]
            Refusal::ZeroTimeout => f.write_str(self.refusal.rule()),
            Refusal::ZeroAttempts
            | Refusal::AttemptsAndRetries
            | Refusal::ZeroMaxElapsed
            | Refusal::NoLimit
            | Refusal::EmptyList
            | Refusal::JitterOnZeroDelay
            | Refusal::ZeroResetAfter => f.write_str(self.refusal.rule()),
        }
    }
}

impl Error for InvalidPolicy {}
