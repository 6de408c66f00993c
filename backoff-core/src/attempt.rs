//! The state that a body can read about its own attempt.

use core::time::Duration;

/// A snapshot of the present attempt: the value that `attempt = ctx` binds for the body of a retried function, and that
/// the closure of [`Policy::retry_with`](crate::Policy::retry_with) receives.
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
///
/// ```
/// use backoff_core::{Jitter, Policy};
/// use std::cell::Cell;
/// use std::time::Duration;
///
/// let policy = Policy::constant(Duration::from_secs(4))
///     .jitter(Jitter::None)
///     .max_elapsed(Duration::from_secs(10))
///     .build();
/// # let now = Cell::new(Duration::ZERO);
/// let mut seen = Vec::new();
/// let call = policy.retry_with(|attempt| {
///     let left = attempt.remaining().unwrap_or_default(); // of `max_elapsed`
///     let start = attempt.elapsed().as_secs();
///     seen.push((start, attempt.last_delay(), left.as_secs()));
///     Err::<(), _>("down")
/// });
/// # let call = call.clock(|| now.get()).sleep(|delay| now.set(now.get() + delay));
/// assert!(call.call().is_err());
/// let delay = Some(Duration::from_secs(4));
/// assert_eq!(seen, [(0, None, 10), (4, delay, 6), (8, delay, 2)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    number: u32,
    is_last: bool,
    elapsed: Duration,
    last_delay: Option<Duration>,
    remaining: Option<Duration>,
}

impl Attempt {
    /// Returns the snapshot of an attempt; the time left is the smallest of the limits.
    pub(crate) fn new(
        number: u32,
        max_attempts: Option<u32>,
        elapsed: Duration,
        last_delay: Option<Duration>,
        limits: [Option<Duration>; 3],
    ) -> Self {
        let is_last = Self::is_last_of(number, max_attempts);
        Self { number, is_last, elapsed, last_delay, remaining: limits.into_iter().flatten().min() }
    }

    /// Returns whether `max_attempts` allows no attempt after this number.
    #[inline]
    pub(crate) fn is_last_of(number: u32, max_attempts: Option<u32>) -> bool {
        max_attempts.is_some_and(|max| number >= max)
    }

    /// Returns the number of this attempt, 1 for the first.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Returns `true` if `max_attempts` allows no further attempt.
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

    /// Returns the time that is left, by the least of `max_elapsed`, `timeout` and the limits of enclosing calls that
    /// set `inner_retries`.
    ///
    /// `None` without a limit. A `max_elapsed` that counts from the first failure is not a limit before that failure.
    #[must_use]
    pub const fn remaining(&self) -> Option<Duration> {
        self.remaining
    }
}
