//! Events of a call, for hooks and for observers of the whole process.
//!
//! A call has three events: a retry was scheduled, the call gave up, a retry succeeded. A success at the first attempt
//! emits no event, except to a global observer set with `set_global_with_successes` (feature `successes`). Hooks run
//! inline, in the caller's thread or task.
//!
//! The hooks of a call (`on_retry`, `on_give_up`, `on_recovered`) observe that call only. The whole process is observed
//! by the features `tracing` and `metrics`, by an observer set with [`set_global`], and by the counts of
//! [`call_sites`](crate::call_sites). None of them sees the arguments of a function.
//!
//! With `tracing`, an event has the fields `retry.name`, `retry.attempt`, `retry.max_attempts`, `retry.delay_ms`,
//! `retry.reason`, `retry.fault` (`transient`, `ambiguous` or `permanent`), `retry.push_back_ms`, `error`, and
//! `retry.elapsed_ms`. If the clock was not read before the first failure, the field `retry.since_first_failure_ms`
//! replaces `retry.elapsed_ms`. A scheduled retry is logged at debug (`log = ".."` changes that), a recovery at info, a
//! give-up at warn. A call that gives up after its only attempt is logged at the level of a scheduled retry, because a
//! 404 that no retry could cure does not deserve a warning.
//!
//! With `metrics`, there are two counters and two histograms. The counters are
//! `retry_calls_total{name, retried, result, fault}`, where the result is `success` or a [`StopReason`], and
//! `retry_retries_total{name, fault}`. The label `fault` is one of `transient`, `push_back` (transient, with a
//! `Retry-After`), `ambiguous`, `permanent`, and `none` if no attempt failed (a limit ended the call during a delay). A
//! success has no label `fault`. The histograms are `retry_delay_seconds{name}` and `retry_elapsed_seconds{name}`.
//! `describe_metrics` gives their texts to the recorder.
//!
//! # Observers cannot change a call
//!
//! The following holds for the subscriber of `tracing`, the recorder of `metrics` and the global observer:
//!
//! * A panic in one of them is printed by the panic hook and caught. The call keeps its result or its error, its budget
//!   and its counts, and the other observers still receive the event. The same holds for a panic in the `Display` or
//!   `Debug` of an error that only observers format. With `panic = "abort"` a panic ends the process before it can be
//!   caught.
//! * Calls that one of them makes on the same thread are retried as usual, but they emit no events and no metrics. An
//!   observer may therefore send events with a function that retries. The call sites of such functions still count.
//!   Work that an observer moves to another thread or task is reported as usual; there the observer must not feed
//!   itself.
//! * Error texts are one line, with control characters escaped ([`ErrorText`]).
//!
//! Hooks are the caller's own code. A panic in a hook propagates from the call like a panic of the operation, and calls
//! that a hook makes are reported. The deposit in a budget is made before `on_recovered` runs.

mod error_text;
mod event;
mod hook;
mod label;
mod line;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
#[cfg(feature = "std")]
pub(crate) mod publish;
#[cfg(feature = "tracing")]
pub(crate) mod tracing;

use core::time::Duration;

pub use self::error_text::ErrorText;
pub(crate) use self::event::FailedAttempt;
use self::event::failed_attempt_getters;
pub use self::event::{CallEvent, Elapsed, EventKind, Level};
// As in `call`: parameters of `Retry`, which semver does not cover.
#[doc(hidden)]
pub use self::hook::{Adjust, Hook, OnGiveUp, OnRecovered, OnRetry, ResetWhen};
pub use self::hook::{AdjustedDelay, Observer};
pub(crate) use self::label::{Label, Site};
pub use self::line::TextOf;
#[cfg(feature = "metrics")]
pub use self::metrics::describe_metrics;
#[cfg(feature = "successes")]
pub use self::publish::set_global_with_successes;
#[cfg(feature = "std")]
pub use self::publish::{AlreadySet, GlobalObserver, set_global};
use crate::{Fault, StopReason};

/// Argument of `on_retry`: an attempt failed and another is scheduled. The hook runs before the delay.
///
/// If the error implements `Display`, so does this event. It writes one line for a log, with control characters in the
/// error's text escaped. In a hook of `#[retry]`, `{:#}` adds the sources of the error if it implements `Error` or
/// dereferences to one. Elsewhere `#` is passed on to the error's own `Display`, and
/// [`with_sources`](Self::with_sources) returns the line with the sources.
///
/// # Examples
///
/// ```
/// use backoff_core::{Jitter, Policy};
///
/// let mut lines = Vec::new();
/// let policy = Policy::exponential().jitter(Jitter::None).max_attempts(3).build();
/// let _ = policy
///     .retry(|| Err::<(), _>("connection refused"))
///     .on_retry(|event| lines.push(event.to_string()))
///     .sleep(|_| ())
///     .call();
/// assert_eq!(
///     lines,
///     [
///         "attempt 1 of 3 failed: connection refused; next in 100 ms",
///         "attempt 2 of 3 failed: connection refused; next in 200 ms",
///     ]
/// );
/// ```
///
/// ```
/// use backoff_core::{Fault, Policy};
/// use std::cell::Cell;
/// use std::time::Duration;
///
/// let (now, wait) = (Cell::new(Duration::ZERO), Duration::from_secs(5));
/// let policy = Policy::exponential().max_attempts(2).build();
/// let _ = policy
///     .retry(|| Err::<(), _>(now.set(now.get() + Duration::from_secs(2))))
///     .when(|_| Fault::PushBack(wait))
///     .on_retry(|event| {
///         assert_eq!((event.attempt(), event.max_attempts()), (1, Some(2)));
///         assert_eq!(event.attempt_elapsed(), Some(Duration::from_secs(2)));
///         assert_eq!(event.elapsed(), Duration::from_secs(2));
///         assert_eq!((event.error(), event.push_back()), (Some(&()), Some(wait)));
///         assert_eq!(event.fault(), Some(Fault::PushBack(wait)));
///         assert!(event.delay() >= wait);
///     })
///     .clock(|| now.get())
///     .sleep(|_| ())
///     .call();
/// ```
pub struct RetryEvent<'a, E: ?Sized> {
    pub(crate) attempt: u32,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) error: Option<&'a E>,
    pub(crate) delay: Duration,
    pub(crate) elapsed: Duration,
    pub(crate) failed: FailedAttempt,
    pub(crate) text: TextOf<E>,
}

impl<'a, E: ?Sized> RetryEvent<'a, E> {
    /// Returns the number of the attempt that failed, 1 for the first of a sequence; `reset_after` starts a new one.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the largest number of attempts; `None` when they are not limited.
    #[must_use]
    pub const fn max_attempts(&self) -> Option<u32> {
        self.max_attempts
    }

    /// Returns the error; `None` when the attempt succeeded with a value that does not meet `until`.
    #[must_use]
    pub const fn error(&self) -> Option<&'a E> {
        self.error
    }

    /// Returns the delay that will be slept before the next attempt. In `adjust`, it is the planned delay.
    #[must_use]
    pub const fn delay(&self) -> Duration {
        self.delay
    }

    /// Returns the time since the call started. The clock is read when this event is made, at most a moment after the
    /// decision.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    failed_attempt_getters!();
}

/// Argument of `on_give_up`: the call gave up.
///
/// `Display` writes one line for a log, as it does for a [`RetryEvent`].
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, StopReason};
///
/// let mut line = String::new();
/// let result = Policy::default()
///     .retry(|| Err::<(), _>("404"))
///     .when(|_| false)
///     .on_give_up(|event| {
///         assert_eq!(
///             (event.attempts(), event.reason()),
///             (1, StopReason::Permanent)
///         );
///         assert_eq!(event.error(), Some(&"404"));
///         line = event.to_string();
///     })
///     .call();
/// assert_eq!(line, "gave up after 1 attempt: the error is permanent: 404");
/// # assert!(result.is_err());
/// ```
pub struct GiveUpEvent<'a, E: ?Sized> {
    pub(crate) attempts: u32,
    pub(crate) error: Option<&'a E>,
    pub(crate) reason: StopReason,
    pub(crate) elapsed: Duration,
    pub(crate) failed: FailedAttempt,
    pub(crate) text: TextOf<E>,
}

impl<'a, E: ?Sized> GiveUpEvent<'a, E> {
    /// Returns the number of attempts made, the first included.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the last error; `None` when the last attempt returned a value that does not meet `until`.
    #[must_use]
    pub const fn error(&self) -> Option<&'a E> {
        self.error
    }

    /// Returns the reason for which no further attempt was made.
    #[must_use]
    pub const fn reason(&self) -> StopReason {
        self.reason
    }

    /// Returns the time since the call started. The clock is read when this event is made.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    failed_attempt_getters!();
}

/// Argument of `on_recovered`: a retry succeeded.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
/// use std::time::Duration;
///
/// let mut attempt = 0;
/// let mut line = String::new();
/// let _ = Policy::default()
///     .retry(|| {
///         attempt += 1;
///         if attempt == 1 { Err("reset") } else { Ok(()) }
///     })
///     .on_recovered(|event| {
///         assert_eq!((event.attempts(), event.elapsed()), (2, Duration::ZERO));
///         line = event.to_string();
///     })
///     .clock(|| Duration::ZERO)
///     .sleep(|_| ())
///     .call();
/// assert_eq!(line, "recovered at attempt 2 after 0 ms");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RecoveredEvent {
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

impl RecoveredEvent {
    /// Returns the number of attempts made, the first included.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the time since the call started. The clock is read when this event is made.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
