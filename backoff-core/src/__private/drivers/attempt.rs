//! What a body can ask of its own attempt.

use core::time::Duration;

/// What the body of a retried function can know about its own attempt: what `attempt = ctx` binds.
///
/// # Examples
///
/// ```
/// use backoff_core::retry;
///
/// #[retry(max_attempts = 3, initial_delay = "1ms", attempt = ctx)]
/// fn third_time_lucky() -> Result<u32, &'static str> {
///     if ctx.is_last() { Ok(ctx.number()) } else { Err("not yet") }
/// }
///
/// assert_eq!(third_time_lucky(), Ok(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub(super) number: u32,
    pub(super) is_last: bool,
    pub(super) elapsed: Duration,
    pub(super) last_delay: Option<Duration>,
    pub(super) remaining: Option<Duration>,
}

impl Attempt {
    /// Returns the number of this attempt, 1 for the first.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Returns whether `max_attempts` allows no further one.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    /// Returns the time from the start of the call to the start of this attempt.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the delay before this attempt; `None` for the first.
    #[must_use]
    pub const fn last_delay(&self) -> Option<Duration> {
        self.last_delay
    }

    /// Returns what is left of `max_elapsed`; `None` without that limit, and where it counts from a first failure that has not been.
    #[must_use]
    pub const fn remaining(&self) -> Option<Duration> {
        self.remaining
    }
}
