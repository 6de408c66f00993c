//! The settings of a policy except its backoff, as plain data, and the delay that they compute from a base delay.

use core::time::Duration;

use crate::{BaseDelay, Jitter, JitterInput, Kind, PushBackMode, Usual};

/// All settings of a policy except its backoff, with every default filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// The kind of backoff.
    pub kind: Kind,
    /// The randomness put on each base delay.
    pub jitter: Jitter,
    /// The first base delay, from which decorrelated jitter starts.
    pub initial: Duration,
    /// [`BaseDelay::MAX`] when there is no cap.
    pub max_delay: BaseDelay,
    /// 0 when attempts are not limited.
    pub max_attempts: u32,
    /// The time for all retries.
    pub max_elapsed: Option<Duration>,
    /// The instant from which `max_elapsed` counts.
    pub since: Since,
    /// The run time of an attempt from which its failure starts a new sequence.
    pub reset_after: Option<Duration>,
    /// The longest push-back that a call waits for; `None` when only the time limits bound it.
    pub max_push_back: Option<Duration>,
    /// The mode that combines a push-back with the policy's own delay.
    pub push_back: PushBackMode,
    /// `true` if ambiguous failures are retried.
    pub idempotent: bool,
    /// `true` if each base delay is twice the previous one, before the cap.
    pub doubles: bool,
    /// The retries for which the short path is valid.
    pub usual: Usual,
    /// The settings that the user has set.
    pub named: Named,
}

/// The set of settings that the user has set, for a policy that is edited later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named(u8);

impl Named {
    /// No setting.
    pub const NOTHING: Self = Self(0);
    /// `max_delay`.
    pub const MAX_DELAY: Self = Self(1);
    /// `jitter`.
    pub const JITTER: Self = Self(2);
    /// `max_attempts` or `max_retries`.
    pub const MAX_ATTEMPTS: Self = Self(4);
    /// `max_push_back`.
    pub const MAX_PUSH_BACK: Self = Self(8);
    /// `multiplier` of an exponential backoff, `increment` of a linear one.
    pub const GROWTH: Self = Self(16);
    /// The timeout of a call. It is a limit that the policy does not contain.
    pub const TIMEOUT: Self = Self(32);
    /// `forever`.
    pub const FOREVER: Self = Self(64);
    /// Set if the rules are those of a finished policy.
    pub const BUILT: Self = Self(128);

    /// Returns the settings of both sets.
    #[must_use]
    #[inline]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the settings that `other` does not have.
    #[must_use]
    #[inline]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns whether the sets have a setting in common.
    #[must_use]
    #[inline]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The instant from which `max_elapsed` counts.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, Since};
/// use std::time::Duration;
///
/// let limit = Policy::exponential().max_elapsed(Duration::from_secs(60));
/// assert_eq!(limit.build().since(), Since::Call); // the default
/// let policy = limit.since(Since::FirstFailure).build();
/// assert_eq!(policy.since(), Since::FirstFailure);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Since {
    /// The start of the call; the first attempt's own time counts. The default.
    #[default]
    Call,
    /// The first failure. The time of the first attempt does not count.
    FirstFailure,
}

/// The words for the values, the same in the attribute and in configuration files.
#[doc(hidden)]
impl Since {
    /// Both values.
    pub const ALL: [Self; 2] = [Self::Call, Self::FirstFailure];

    /// Returns the word for this value.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::FirstFailure => "first_failure",
        }
    }

    /// Returns the name of this variant.
    #[must_use]
    pub const fn variant(self) -> &'static str {
        match self {
            Self::Call => "Call",
            Self::FirstFailure => "FirstFailure",
        }
    }

    /// Returns the value for a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|since| since.word() == word)
    }
}

/// Returns whether a retry after `delay` starts while time is left. A start at the very end is in time, unless the
/// attempt needs some time itself.
#[must_use]
#[inline]
pub fn starts_in_time(delay: Duration, left: Duration, needs_time: bool) -> bool {
    !left.is_zero() && if needs_time { delay < left } else { delay <= left }
}

impl Rules {
    /// Applies jitter and the cap to a base delay; a push-back is not part of it. `previous` is the last delay without
    /// its push-back. `draw` returns 64 random bits.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
    pub fn delay(&self, base: BaseDelay, previous: Duration, draw: impl FnOnce() -> u64) -> Duration {
        self.jitter.delay(base, self.max_delay, || self.jitter_input(base, previous), draw)
    }

    /// Returns the input of jitter for one delay.
    #[must_use]
    #[inline]
    pub const fn jitter_input(&self, delay: BaseDelay, previous: Duration) -> JitterInput {
        JitterInput { delay, previous, initial: self.initial, cap: self.max_delay }
    }

    /// Returns the largest number of attempts; `None` when they are not limited.
    #[must_use]
    #[inline]
    pub const fn attempts_limit(&self) -> Option<u32> {
        match self.max_attempts {
            0 => None,
            attempts => Some(attempts),
        }
    }

    /// Counts a timeout of the call as a limit, so the default limit on attempts is removed.
    pub const fn limit_by_timeout(&mut self) {
        self.named = self.named.with(Named::TIMEOUT);
        if !self.named.has(Named::MAX_ATTEMPTS) {
            self.max_attempts = 0;
        }
        *self = self.with_usual();
    }

    /// Returns whether a decision needs the time that has passed.
    #[must_use]
    #[inline]
    pub const fn needs_time(&self) -> bool {
        self.max_elapsed.is_some() || self.reset_after.is_some()
    }

    /// Returns whether the clock must be read when the call starts.
    #[must_use]
    #[inline]
    pub const fn needs_start(&self) -> bool {
        self.reset_after.is_some() || (self.max_elapsed.is_some() && matches!(self.since, Since::Call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_starts_in_time_until_the_very_end_and_with_no_time_left_never() {
        let secs = Duration::from_secs;
        for (delay, left, alone, with_needs) in
            [(0, 0, false, false), (0, 1, true, true), (1, 2, true, true), (2, 2, true, false), (3, 2, false, false)]
        {
            let found = [false, true].map(|needs_time| starts_in_time(secs(delay), secs(left), needs_time));
            assert_eq!(found, [alone, with_needs], "a delay of {delay} s with {left} s left");
        }
    }
}
