//! The reasons to make no further attempt, and their words.

/// Why a call made no further attempt.
///
/// # Examples
///
/// ```
/// use backoff_core::StopReason;
///
/// assert_eq!(StopReason::MaxAttempts.as_str(), "max_attempts"); // in logs, and as a label
/// assert_eq!(StopReason::MaxAttempts.to_string(), "no attempts left"); // for people
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// No attempt can cure the error.
    Permanent,
    /// The server may have acted, and neither the policy nor the call is `idempotent`.
    Ambiguous,
    /// As many attempts as allowed were made.
    MaxAttempts,
    /// The time for retries is over, or would be before the next attempt.
    MaxElapsed,
    /// The time-out of the whole call struck.
    Timeout,
    /// The backoff has no further delay.
    BackoffEnded,
    /// The server asks to wait longer than `max_push_back` allows.
    PushBackTooLong,
    /// The shared budget has no token left.
    BudgetEmpty,
    /// The call was cancelled.
    Cancelled,
    /// A call around this one retries in its place, or a call inside it gave up and it was told not to repeat that.
    Nested,
    /// Retries are switched off.
    Disabled,
}

impl StopReason {
    /// Every reason, in the order of the variants.
    pub(crate) const ALL: [Self; 11] = [
        Self::Permanent,
        Self::Ambiguous,
        Self::MaxAttempts,
        Self::MaxElapsed,
        Self::Timeout,
        Self::BackoffEnded,
        Self::PushBackTooLong,
        Self::BudgetEmpty,
        Self::Cancelled,
        Self::Nested,
        Self::Disabled,
    ];

    /// Returns the reason whose place in [`ALL`](Self::ALL) this is, which is also the number of its variant.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn numbered(number: u32) -> Self {
        usize::try_from(number).ok().and_then(|at| Self::ALL.get(at)).copied().unwrap_or(Self::Disabled)
    }

    /// Returns the reason as a word for logs and labels, such as `max_attempts`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Ambiguous => "ambiguous",
            Self::MaxAttempts => "max_attempts",
            Self::MaxElapsed => "max_elapsed",
            Self::Timeout => "timeout",
            Self::BackoffEnded => "backoff_ended",
            Self::PushBackTooLong => "push_back_too_long",
            Self::BudgetEmpty => "budget_empty",
            Self::Cancelled => "cancelled",
            Self::Nested => "nested",
            Self::Disabled => "disabled",
        }
    }
}

impl core::fmt::Display for StopReason {
    /// Writes the reason as the end of the sentence "gave up: ..".
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Permanent => "the error is permanent",
            Self::Ambiguous => "the failed attempt may have acted, and the operation is not marked idempotent",
            Self::MaxAttempts => "no attempts left",
            Self::MaxElapsed => "no time left",
            Self::Timeout => "the call timed out",
            Self::BackoffEnded => "the backoff has no further delay",
            Self::PushBackTooLong => "the server asks for a longer wait than allowed",
            Self::BudgetEmpty => "the retry budget is empty",
            Self::Cancelled => "the call was cancelled",
            Self::Nested => "another call around or inside this one has retried",
            Self::Disabled => "retries are disabled",
        })
    }
}
