//! Reports of ended calls, for callers that need more than the operation's own result.

use core::error::Error;
use core::fmt;
use core::time::Duration;

use crate::{Classify, Fault, StopReason};

/// A call that gave up: the last error, the reason, and the attempts and time that it took.
///
/// Implements [`Error`] when `E` does and is `'static`, with the last error as its source, and [`Classify`] when `E`
/// does. `anyhow::Error` and `Box<dyn Error>` implement neither: return `error.last` to pass theirs on. Where it helps,
/// add [`to_string`](ToString::to_string) of this error as context.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, StopReason};
/// use std::io;
///
/// let report = Policy::default()
///     .retry(|| Err::<(), _>(io::Error::other("down")))
///     .sleep(|_| ())
///     .call_report();
/// let error = report.unwrap_err();
/// assert_eq!((error.attempts, error.reason), (3, StopReason::MaxAttempts));
/// assert_eq!(error.last.to_string(), "down");
/// assert_eq!(error.to_string(), "gave up after 3 attempts: no attempts left");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryError<E> {
    /// The error of the last attempt, untouched.
    pub last: E,
    /// The reason why no further attempt was made.
    pub reason: StopReason,
    /// The number of attempts made, the first included.
    pub attempts: u32,
    /// The time from the start of the call to its end.
    pub elapsed: Duration,
    /// The sum of the delays before its retries.
    pub slept: Duration,
}

impl<E> RetryError<E> {
    pub(crate) const fn new(last: E, ended: Ended, reason: StopReason) -> Self {
        Self { last, reason, attempts: ended.attempts, elapsed: ended.elapsed, slept: ended.slept }
    }
}

impl<E> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, "gave up after {} attempt{plural}: {}", self.attempts, self.reason)
    }
}

impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.last)
    }
}

/// Returns the last error's classification, so an enclosing call treats the failure as this one did.
impl<E: Classify> Classify for RetryError<E> {
    fn classify(&self) -> Fault {
        self.last.classify()
    }
}

/// A call that succeeded, with the attempts and time that it took.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
///
/// let success = Policy::default().retry(|| Ok::<_, ()>(42)).call_report();
/// let success = success.map_err(|error| error.last)?;
/// assert_eq!((success.value, success.attempts, success.stopped), (42, 1, None));
/// # Ok::<(), ()>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Success<T> {
    /// The value that the last attempt returned.
    pub value: T,
    /// The number of attempts made, the first included.
    pub attempts: u32,
    /// The time from the start of the call to its end.
    pub elapsed: Duration,
    /// The sum of the delays before its retries.
    pub slept: Duration,
    /// The reason why no further attempt was made, when the value never met the condition of `until`.
    pub stopped: Option<StopReason>,
}

impl<T> Success<T> {
    pub(crate) const fn new(value: T, ended: Ended) -> Self {
        let Ended { attempts, elapsed, slept, stopped } = ended;
        Self { value, attempts, elapsed, slept, stopped }
    }
}

/// The attempts and time that a call took, for a success or a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) slept: Duration,
    pub(crate) stopped: Option<StopReason>,
}

/// An attempt, or a whole call, that ran longer than its timeout and was dropped.
///
/// `on_timeout` converts it to the operation's own error; without `on_timeout`, `From<AttemptTimeout>` does.
///
/// # Examples
///
/// ```
/// use backoff_core::AttemptTimeout;
/// use std::io;
/// use std::time::Duration;
///
/// let error = io::Error::from(AttemptTimeout::new(Duration::from_secs(2)));
/// assert_eq!(error.kind(), io::ErrorKind::TimedOut);
/// assert_eq!(error.to_string(), "no answer within 2s");
/// let timeout = AttemptTimeout::new(Duration::from_millis(50));
/// assert_eq!(timeout.limit(), Duration::from_millis(50));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptTimeout {
    limit: Duration,
}

impl AttemptTimeout {
    /// Returns the timeout error for the given `limit`.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }

    /// Returns the limit that was exceeded.
    #[must_use]
    pub const fn limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Display for AttemptTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer within {:?}", self.limit)
    }
}

impl Error for AttemptTimeout {}

#[cfg(feature = "std")]
impl From<AttemptTimeout> for std::io::Error {
    fn from(timeout: AttemptTimeout) -> Self {
        Self::new(std::io::ErrorKind::TimedOut, timeout)
    }
}

/// Cancellation as an error: no further attempt is made, because the call was cancelled.
///
/// `on_cancel` converts it to the operation's own error; without `on_cancel`, `From<Cancelled>` does.
///
/// # Examples
///
/// ```
/// use backoff_core::Cancelled;
/// use std::io;
///
/// assert_eq!(Cancelled.to_string(), "cancelled");
/// let error = io::Error::from(Cancelled);
/// assert_eq!(error.to_string(), "cancelled");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl Error for Cancelled {}

// Not `ErrorKind::Interrupted`, which many loops of `std` retry at once.
#[cfg(feature = "std")]
impl From<Cancelled> for std::io::Error {
    fn from(cancelled: Cancelled) -> Self {
        Self::other(cancelled)
    }
}
