//! The reasons to make no further attempt, and their words, as one table. All other code about reasons uses this table.

/// Writes [`StopReason`] and all that depends on its variants, so that an entry is complete or does not compile.
macro_rules! stop_reasons {
    ($($(#[$doc:meta])+ $variant:ident => $word:literal, $sentence:literal;)+) => {
        /// Why a call made no further attempt.
        ///
        /// # Examples
        ///
        /// ```
        /// use backoff_core::StopReason;
        ///
        /// assert_eq!(StopReason::MaxAttempts.as_str(), "max_attempts"); // a label
        /// let text = StopReason::MaxAttempts.to_string(); // for people
        /// assert_eq!(text, "no attempts left");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum StopReason {
            $($(#[$doc])+ $variant,)+
        }

        impl StopReason {
            /// Every reason, in the order of the variants: for a page that shows a column for each, or counters that
            /// start at zero.
            ///
            /// A later version may have more.
            ///
            /// # Examples
            ///
            /// ```
            /// use backoff_core::StopReason;
            ///
            /// let words = StopReason::ALL.iter().map(|reason| reason.as_str());
            /// assert!(words.take(2).eq(["permanent", "ambiguous"]));
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the reason as a word for logs and labels, such as `max_attempts`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Returns the reason as the end of the sentence "gave up: ..".
            const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)+
                }
            }
        }
    };
}

stop_reasons! {
    /// No attempt can cure the error.
    Permanent => "permanent", "the error is permanent";
    /// The server may have acted, and neither the policy nor the call is `idempotent`.
    Ambiguous => "ambiguous", "the failed attempt may have acted, and the operation is not marked idempotent";
    /// As many attempts as allowed were made.
    MaxAttempts => "max_attempts", "no attempts left";
    /// The time for retries is over, or would be before the next attempt.
    MaxElapsed => "max_elapsed", "no time left";
    /// The timeout of the whole call struck.
    Timeout => "timeout", "the call timed out";
    /// The backoff has no further delay.
    BackoffEnded => "backoff_ended", "the backoff has no further delay";
    /// The server requests a longer wait than `max_push_back` allows.
    PushBackTooLong => "push_back_too_long", "the server asks for a longer wait than allowed";
    /// The shared budget has no token left.
    BudgetEmpty => "budget_empty", "the retry budget is empty";
    /// The call was cancelled.
    Cancelled => "cancelled", "the call was cancelled";
    /// An enclosing call retries in its place, or an inner call gave up and the policy is not to repeat that.
    Nested => "nested", "another call around or inside this one has retried";
    /// Retries are switched off, or no copy of the request is left (layers for tower).
    Disabled => "disabled", "retries are disabled";
}

impl StopReason {
    /// Returns the index in [`ALL`](Self::ALL), which is the number of the variant.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) const fn number(self) -> u32 {
        self as u32
    }

    /// Returns the reason with this [`number`](Self::number); `None` for a number that no reason has.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn numbered(number: u32) -> Option<Self> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index)).copied()
    }
}

impl core::fmt::Display for StopReason {
    /// Writes the reason as the end of the sentence "gave up: ..".
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.sentence())
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::collections::HashSet;

    use super::StopReason;

    #[test]
    fn the_number_of_a_reason_is_its_index_and_gives_it_back() {
        for (index, reason) in (0..).zip(StopReason::ALL) {
            assert_eq!((reason.number(), StopReason::numbered(index)), (index, Some(*reason)));
        }
    }

    #[test]
    fn a_number_that_no_reason_has_gives_none() {
        let most = u32::try_from(StopReason::ALL.len()).unwrap();
        assert_eq!([most, most + 1, u32::MAX].map(StopReason::numbered), [None; 3]);
    }

    #[test]
    fn no_two_reasons_share_a_word_or_a_sentence() {
        let words: HashSet<_> = StopReason::ALL.iter().map(|reason| reason.as_str()).collect();
        let sentences: HashSet<_> = StopReason::ALL.iter().map(ToString::to_string).collect();
        assert_eq!((words.len(), sentences.len()), (StopReason::ALL.len(), StopReason::ALL.len()));
    }
}
