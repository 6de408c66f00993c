//! Events for `tracing`, with stable field names.

use std::fmt;

use tracing::level_filters::LevelFilter;

use super::{CallEvent, Elapsed, ErrorText, EventKind, Level};

macro_rules! emit {
    ($level:expr, $event:expr, $message:literal, $($field:tt)*) => {{
        let event = $event;
        let max_attempts = event.max_attempts;
        let (since_start, since_first_failure) = match event.elapsed {
            Elapsed::SinceStart(time) => (Some(millis(time)), None),
            Elapsed::SinceFirstFailure(time) => (None, Some(millis(time))),
            Elapsed::Unknown => (None, None),
        };
        tracing::event!(
            target: "backoff_core",
            $level,
            retry.name = event.name,
            retry.attempt = event.attempts,
            retry.max_attempts = max_attempts,
            $($field)*
            retry.elapsed_ms = since_start,
            retry.since_first_failure_ms = since_first_failure,
            $message
        )
    }};
}

/// [`emit!`] at a level that is known at run time.
macro_rules! emit_at {
    ($level:expr, $($arguments:tt)*) => {
        match $level {
            Level::Trace => emit!(tracing::Level::TRACE, $($arguments)*),
            Level::Debug => emit!(tracing::Level::DEBUG, $($arguments)*),
            Level::Info => emit!(tracing::Level::INFO, $($arguments)*),
            Level::Warn => emit!(tracing::Level::WARN, $($arguments)*),
            Level::Error => emit!(tracing::Level::ERROR, $($arguments)*),
        }
    };
}

/// Returns whether events of any level may be received: by a subscriber, or by a logger of the crate `log`.
///
/// With its own feature `log`, `tracing` sends events to the logger if no subscriber is set. Whether a program enables
/// that feature is not visible here, so a logger counts as a receiver.
#[inline]
pub(crate) fn is_on() -> bool {
    LevelFilter::current() != LevelFilter::OFF || log::max_level() != log::LevelFilter::Off
}

/// Returns whether events of this level may be received.
#[inline]
pub(crate) fn receives(level: Level) -> bool {
    let (filter, log_filter) = match level {
        Level::Trace => (LevelFilter::TRACE, log::LevelFilter::Trace),
        Level::Debug => (LevelFilter::DEBUG, log::LevelFilter::Debug),
        Level::Info => (LevelFilter::INFO, log::LevelFilter::Info),
        Level::Warn => (LevelFilter::WARN, log::LevelFilter::Warn),
        Level::Error => (LevelFilter::ERROR, log::LevelFilter::Error),
    };
    LevelFilter::current() >= filter || log::max_level() >= log_filter
}

/// Writes one event: a scheduled retry at the call's level (debug), a recovery at info, a give-up at warn. A give-up
/// without any retry is written at the call's level.
pub(super) fn publish(event: &CallEvent<'_>) {
    let fault = event.fault().map(|fault| fault.kind().as_str());
    let push_back_ms = event.push_back().map(millis);
    let error = (!event.error.is_none()).then(|| tracing::field::display(WithSources(event.error)));
    match event.kind {
        EventKind::Retry { delay } => {
            let delay_ms = millis(delay);
            emit_at!(
                event.level,
                event,
                "retry scheduled",
                retry.delay_ms = delay_ms,
                retry.fault = fault,
                retry.push_back_ms = push_back_ms,
                error = error,
            );
        }
        EventKind::GaveUp { reason } => {
            let level = if event.attempts > 1 { Level::Warn } else { event.level };
            emit_at!(
                level,
                event,
                "gave up",
                retry.reason = reason.as_str(),
                retry.fault = fault,
                retry.push_back_ms = push_back_ms,
                error = error,
            );
        }
        EventKind::ValueMoved { problem } => {
            let problem = tracing::field::display(problem);
            emit!(tracing::Level::WARN, event, "a value was moved to the nearest allowed one", retry.problem = problem,);
        }
        EventKind::Recovered => emit!(tracing::Level::INFO, event, "recovered",),
        EventKind::Succeeded => {} // only the global observer receives these
    }
}

/// An error with its sources, because the last source is often the reason of a failure.
struct WithSources<'a>(ErrorText<'a>);

impl fmt::Display for WithSources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
