//! The mode that combines a push-back of the server with the policy's own delay.

use core::time::Duration;

/// The mode that combines a push-back (`Retry-After`) with the policy's own delay to the delay of a retry.
///
/// A failure without a push-back is followed by the policy's own delay in every mode. Each retry consumes one step of
/// the backoff in every mode.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, PushBackMode};
///
/// let polite = Policy::exponential().push_back(PushBackMode::Longest).build();
/// assert_eq!(polite.push_back(), PushBackMode::Longest);
/// assert_eq!(Policy::default().push_back(), PushBackMode::Add);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushBackMode {
    /// The sum of both, so that clients with the same push-back do not return together. The default.
    #[default]
    Add,
    /// The push-back alone.
    Replace,
    /// The longer of both.
    Longest,
}

/// The words for the values, the same in the attribute and in configuration files.
#[doc(hidden)]
impl PushBackMode {
    /// Each value, its word and its name.
    const TABLE: [(Self, &'static str, &'static str); 3] =
        [(Self::Add, "add", "Add"), (Self::Replace, "replace", "Replace"), (Self::Longest, "longest", "Longest")];

    /// All values.
    pub const ALL: [Self; 3] = {
        let [(add, ..), (replace, ..), (longest, ..)] = Self::TABLE;
        [add, replace, longest]
    };

    const fn entry(self) -> (Self, &'static str, &'static str) {
        let [add, replace, longest] = Self::TABLE;
        match self {
            Self::Add => add,
            Self::Replace => replace,
            Self::Longest => longest,
        }
    }

    /// Returns the word for this value.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.entry().1
    }

    /// Returns the name of this variant.
    #[must_use]
    pub const fn variant(self) -> &'static str {
        self.entry().2
    }

    /// Returns the sentence of the section "Retries" about this mode; `None` for the default.
    #[must_use]
    pub const fn description(self) -> Option<&'static str> {
        match self {
            Self::Add => None,
            Self::Replace => Some("a wait that the server asks for replaces the delay"),
            Self::Longest => Some("of the delay and a wait that the server asks for, the longer one counts"),
        }
    }

    /// Returns the value for a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }

    /// Returns the delay of a retry after a push-back; `own` is the policy's own delay, after jitter.
    #[must_use]
    #[inline]
    pub fn delay(self, push_back: Duration, own: Duration) -> Duration {
        match self {
            Self::Add => push_back.saturating_add(own),
            Self::Replace => push_back,
            Self::Longest => push_back.max(own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_has_a_word_of_its_own_and_is_read_back() {
        for mode in PushBackMode::ALL {
            assert_eq!(PushBackMode::from_word(mode.word()), Some(mode));
            assert_eq!(alloc::format!("{mode:?}"), mode.variant());
        }
        assert_eq!(PushBackMode::from_word("Add"), None);
    }

    #[test]
    fn the_sum_of_the_longest_delays_saturates() {
        assert_eq!(PushBackMode::Add.delay(Duration::MAX, Duration::MAX), Duration::MAX);
    }
}
