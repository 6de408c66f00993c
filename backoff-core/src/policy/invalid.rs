//! The error of a policy that is refused.

use core::error::Error;
use core::fmt;

use backoff_rules::Refusal;

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
/// assert_eq!(
///     error.to_string(),
///     "`multiplier` is 0.5; use a finite number of at least 1"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidPolicy {
    refusal: Refusal,
}

impl InvalidPolicy {
    /// A `timeout` of zero, which an annotated function moves to a nanosecond.
    #[cfg(feature = "std")]
    pub(crate) const ZERO_TIMEOUT: Self = Self { refusal: Refusal::ZeroTimeout };
    /// A `List` without delays, which an annotated function uses unchanged.
    #[cfg(feature = "std")]
    pub(crate) const EMPTY_LIST: Self = Self { refusal: Refusal::EmptyList };

    /// Returns whether both break the same rule; the values may differ.
    #[cfg(feature = "overrides")]
    pub(crate) fn is_of_the_rule_of(&self, other: &Self) -> bool {
        self.refusal.rule() == other.refusal.rule()
    }
}

impl From<Refusal> for InvalidPolicy {
    fn from(refusal: Refusal) -> Self {
        Self { refusal }
    }
}

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl Error for InvalidPolicy {}
