//! The events of all calls in one form, for everything that watches a whole process.

use core::time::Duration;

use super::ErrorText;
use crate::{InvalidPolicy, StopReason};

/// A level of a log, as `log = ".."` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// The finest.
    Trace,
    /// The default of a scheduled retry.
    #[default]
    Debug,
    /// For what an operator should see.
    Info,
    /// For what an operator should look into.
    Warn,
    /// For what an operator must mend.
    Error,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// An attempt failed and another will follow after `delay`.
    #[non_exhaustive]
    Retry {
        /// The delay that will be slept.
        delay: Duration,
    },
    /// The call gave up.
    #[non_exhaustive]
    GaveUp {
        /// Why no further attempt is made.
        reason: StopReason,
    },
    /// A retry succeeded.
    Recovered,
    /// A run-time value of the attribute would be refused, and was moved to the nearest allowed one; told once per call
    /// site. A setting of an override that does not fit the annotation is told in the same way, once.
    #[non_exhaustive]
    Adjusted {
        /// What was wrong with the value.
        problem: InvalidPolicy,
    },
}

/// The time that an event knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Elapsed {
    /// Since the start of the call.
    SinceStart(Duration),
    /// Since the first failure: nothing asked for time before.
    SinceFirstFailure(Duration),
    /// Nothing asked for time.
    Unknown,
}

impl Elapsed {
    /// Returns the time, whatever it counts from.
    #[must_use]
    pub const fn time(self) -> Option<Duration> {
        match self {
            Self::SinceStart(time) | Self::SinceFirstFailure(time) => Some(time),
            Self::Unknown => None,
        }
    }
}

/// An event of any call, for an observer of the whole process.
///
/// It never holds the arguments of the function.
#[derive(Clone, Copy, Debug)]
pub struct CallEvent<'a> {
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    pub(crate) what: What,
    pub(crate) attempts: u32,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) elapsed: Elapsed,
    pub(crate) error: ErrorText<'a>,
}

impl<'a> CallEvent<'a> {
    /// Returns the name of the call: of the annotated function, or the one given with `.name(..)`; empty without one.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the level at which a scheduled retry of this call is logged, and its end when it gives up without a retry.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Returns what happened.
    #[must_use]
    pub const fn what(&self) -> What {
        self.what
    }

    /// Returns the number of the attempt that failed, 1 for the first of a sequence (`reset_after` starts a new one); of a
    /// call that has ended, the number of all its attempts.
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

    /// Returns the last error as text; empty for a success or an unmet `until`.
    #[must_use]
    pub const fn error(&self) -> ErrorText<'a> {
        self.error
    }
}
