//! The settings of a policy except its backoff, as plain data, and the delay that they make of a base delay.

use core::time::Duration;

use crate::{BaseDelay, Jitter, JitterInput, Kind, PushBackMode, Usual};

/// All settings of a policy except its backoff, with every default filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// The kind of backoff.
    pub kind: Kind,
    /// The randomness put on each base delay.
    pub jitter: Jitter,
    /// The first base delay; what decorrelated jitter starts from.
    pub initial: Duration,
    /// [`BaseDelay::MAX`] when there is no cap.
    pub max_delay: BaseDelay,
    /// 0 when attempts are not limited.
    pub max_attempts: u32,
    /// The time for all retries.
    pub max_elapsed: Option<Duration>,
    /// The instant from which `max_elapsed` counts.
    pub since: Since,
    /// The running time from which a failure starts a new sequence.
    pub reset_after: Option<Duration>,
    /// The longest push-back that is waited for; `None` when only the time limits bound it.
    pub max_push_back: Option<Duration>,
    /// The way in which a push-back and the policy's own delay make the delay of a retry.
    pub push_back: PushBackMode,
    /// Ambiguous failures are retried.
    pub idempotent: bool,
    /// Each base delay is twice the last one, before the cap.
    pub doubles: bool,
    /// The retries for which the short path is valid.
    pub usual: Usual,
    /// The settings that are named.
    pub named: Named,
}

/// The set of settings that are named, for a policy that is edited later.
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
    /// A timeout of the call is a limit, though the policy does not hold it.
    pub const TIMEOUT: Self = Self(32);
    /// `forever`.
    pub const FOREVER: Self = Self(64);
    /// The rules are those of a finished policy.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Since {
    /// The start of the call; the first attempt's own time counts. The default.
    #[default]
    Call,
    /// The first failure: a slow first attempt takes nothing from the time for retries.
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

    /// Returns the value that a word is for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|since| since.word() == word)
    }
}

impl Rules {
    /// Applies jitter and the cap to a base delay; a push-back is not part of it. `previous` is the last delay without its
    /// push-back. `draw` yields a number from all of 64 bits.
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

    /// Counts a timeout of the call as a limit: the attempts that stand for "no limit named" go.
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
