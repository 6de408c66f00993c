//! The events of all calls in one type, for observers of the whole process.

use core::time::Duration;

use super::ErrorText;
use crate::{Fault, InvalidPolicy, StopReason};

/// A level of a log, as in `log = ".."`.
///
/// # Examples
///
/// ```
/// use backoff_core::{call_sites, observe::Level, retry};
///
/// #[retry(max_attempts = 2, delay = "0s", log = "info")]
/// fn load() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// assert!(load().is_err());
/// assert_eq!(call_sites().next().map(|site| site.level()), Some(Level::Info));
/// assert_eq!(Level::default(), Level::Debug);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// The most detailed level.
    Trace,
    /// The default of a scheduled retry.
    #[default]
    Debug,
    /// For events that an operator should see.
    Info,
    /// For events that an operator should investigate.
    Warn,
    /// For events that an operator must fix.
    Error,
}

/// The kind of an event.
///
/// # Examples
///
/// ```
/// use backoff_core::observe::EventKind;
///
/// /// The events that an alert counts. A variant may get further fields.
/// fn is_alert(kind: EventKind) -> bool {
///     matches!(kind, EventKind::GaveUp { .. } | EventKind::ValueMoved { .. })
/// }
///
/// assert!(!is_alert(EventKind::Recovered));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// An attempt failed and another will follow after `delay`.
    #[non_exhaustive]
    Retry {
        /// The delay that will be slept.
        delay: Duration,
    },
    /// The call gave up.
    #[non_exhaustive]
    GaveUp {
        /// The reason for which no further attempt is made.
        reason: StopReason,
    },
    /// A retry succeeded.
    Recovered,
    /// The first attempt succeeded. Only an observer that was set with `set_global_with_successes` receives this event
    /// (feature `successes`).
    Succeeded,
    /// A run-time value of the attribute was not allowed and was moved to the nearest allowed one. This event is
    /// emitted once per call site. It is also emitted once for a setting of an override that does not fit the
    /// annotation.
    #[non_exhaustive]
    ValueMoved {
        /// The rule that the value broke.
        problem: InvalidPolicy,
    },
}

/// The elapsed time of an event, as far as it was measured.
///
/// # Examples
///
/// ```
/// use backoff_core::observe::Elapsed;
/// use std::time::Duration;
///
/// let second = Duration::from_secs(1);
/// assert_eq!(Elapsed::SinceStart(second).time(), Some(second));
/// assert_eq!(Elapsed::SinceFirstFailure(second).time(), Some(second));
/// assert_eq!(Elapsed::Unknown.time(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Elapsed {
    /// Since the start of the call.
    SinceStart(Duration),
    /// Since the first failure, because the clock was not read before.
    SinceFirstFailure(Duration),
    /// Unknown, because the clock was not read.
    Unknown,
}

impl Elapsed {
    /// Returns the time, from either start.
    #[must_use]
    pub const fn time(self) -> Option<Duration> {
        match self {
            Self::SinceStart(time) | Self::SinceFirstFailure(time) => Some(time),
            Self::Unknown => None,
        }
    }
}

/// The getters that all events of failures have in common.
macro_rules! failed_attempt_getters {
    () => {
        /// Returns the classification of the failure. It is `None` if there is none: a retry succeeded, a delay was
        /// interrupted, or a test discarded the reply of a success.
        #[must_use]
        pub const fn fault(&self) -> Option<Fault> {
            self.failed.fault()
        }

        /// Returns the wait that the server requested (push-back, `Retry-After`).
        #[must_use]
        pub const fn push_back(&self) -> Option<Duration> {
            self.failed.push_back()
        }

        /// Returns the time that the failed attempt ran, if it was measured.
        ///
        /// It is measured in calls and functions with a hook or `adjust`. Waits of inner calls are included. It is
        /// `None` where [`fault`](Self::fault) is. It is also `None` for attempts after the first of an async function
        /// whose settings are all literals or constants, because its future would be larger. With `adjust`,
        /// `reset_after` or a setting with a run-time value it is measured there, too.
        #[must_use]
        pub const fn attempt_elapsed(&self) -> Option<Duration> {
            self.failed.elapsed()
        }
    };
}
pub(super) use failed_attempt_getters;

/// The facts about a failed attempt in an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailedAttempt {
    fault: Option<Fault>,
    elapsed: Option<Duration>,
}

impl FailedAttempt {
    /// The facts of an event without a failed attempt: a reply was lost, or a delay was interrupted.
    pub(crate) const NONE: Self = Self { fault: None, elapsed: None };

    /// Returns the facts about an attempt that ran for `elapsed`, if that was measured.
    pub(crate) const fn new(fault: Fault, elapsed: Option<Duration>) -> Self {
        Self { fault: Some(fault), elapsed }
    }

    /// Returns the fault.
    pub(crate) const fn fault(self) -> Option<Fault> {
        self.fault
    }

    /// Returns the wait that the server requested.
    pub(crate) const fn push_back(self) -> Option<Duration> {
        match self.fault {
            Some(fault) => fault.not_before(),
            None => None,
        }
    }

    /// Returns the time that the attempt ran, if it was measured.
    pub(crate) const fn elapsed(self) -> Option<Duration> {
        self.elapsed
    }
}

/// An event of any call, for an observer of the whole process.
///
/// It never holds the arguments of the function.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, observe, retry};
/// use std::sync::Mutex;
/// use std::time::Duration;
///
/// static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
///
/// observe::set_global(|event: &observe::CallEvent<'_>| {
///     let (name, level, error) = (event.name(), event.level(), event.error());
///     let (number, max) = (event.attempts(), event.max_attempts().unwrap_or(0));
///     let (fault, push_back) = (event.fault(), event.push_back());
///     let line = format!("{level:?} {name}, {number} of {max}: {error}");
///     LOG.lock().unwrap().push(format!("{line}; {fault:?} {push_back:?}"));
///     let _times = (event.elapsed().time(), event.attempt_elapsed());
/// })?;
///
/// #[retry(max_attempts = 1, name = "search", when = |_| Fault::PushBack(MINUTE))]
/// fn search() -> Result<(), &'static str> {
///     Err("busy")
/// }
///
/// const MINUTE: Duration = Duration::from_secs(60);
/// assert!(search().is_err());
/// let line = "Debug search, 1 of 1: busy; Some(PushBack(60s)) Some(60s)";
/// assert_eq!(*LOG.lock().unwrap(), [line]);
/// # Ok::<(), observe::AlreadySet>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CallEvent<'a> {
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    pub(crate) kind: EventKind,
    pub(crate) attempts: u32,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) elapsed: Elapsed,
    pub(crate) failed: FailedAttempt,
    pub(crate) error: ErrorText<'a>,
}

impl<'a> CallEvent<'a> {
    /// Returns the name of the annotated function, or the one set with `.name(..)`; empty if the call has no name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the level for a scheduled retry of this call, and for its end if it gives up without a retry.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Returns the kind of the event.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// Returns the number of the attempt that failed, 1 for the first of a sequence (`reset_after` starts a new one).
    /// For a call that has ended, returns the number of all its attempts.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the largest number of attempts; `None` when they are not limited.
    #[must_use]
    pub const fn max_attempts(&self) -> Option<u32> {
        self.max_attempts
    }

    /// Returns the time of the event.
    #[must_use]
    pub const fn elapsed(&self) -> Elapsed {
        self.elapsed
    }

    failed_attempt_getters!();

    /// Returns the last error as text; empty for a success or an unmet `until`.
    #[must_use]
    pub const fn error(&self) -> ErrorText<'a> {
        self.error
    }
}
