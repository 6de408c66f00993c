//! The times of the core's decisions, as the observer of the process receives them.
//!
//! A hook of an annotated function receives the time at which it runs, which is a little later.

use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use backoff_core::StopReason;
use backoff_core::observe::{self, CallEvent, EventKind};

struct Moment {
    name: &'static str,
    what: EventKind,
    at: Option<Duration>,
}

static MOMENTS: Mutex<Vec<Moment>> = Mutex::new(Vec::new());

/// Starts to record the events of calls whose names begin with `brief.`.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let note = |event: &CallEvent<'_>| {
            if event.name().starts_with("brief.") {
                let moment = Moment { name: event.name(), what: event.kind(), at: event.elapsed().time() };
                MOMENTS.lock().unwrap_or_else(PoisonError::into_inner).push(moment);
            }
        };
        observe::set_global(note).expect("nobody else watches");
    });
}

/// Checks that no retry of these calls starts after `limit`, and that each gave up because the next one would; returns
/// how many retries there were, and how many calls gave up. No delay is longer than `longest_delay`.
pub(crate) fn check_max_elapsed(name: &str, limit: Duration, longest_delay: Duration) -> (u32, u32) {
    let (mut retries, mut gave_up) = (0, 0);
    let moments = MOMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    for moment in moments.iter().filter(|moment| moment.name == name) {
        let at = moment.at.expect("the limit asks for the time");
        match moment.what {
            EventKind::Retry { delay, .. } => {
                retries += 1;
                assert!(at + delay <= limit, "at {at:?} a retry after {delay:?}");
            }
            EventKind::GaveUp { reason, .. } => {
                gave_up += 1;
                assert_eq!(reason, StopReason::MaxElapsed);
                assert!(at + longest_delay > limit, "it gave up at {at:?}, when every delay would have fitted");
            }
            other => panic!("{other:?}"),
        }
    }
    (retries, gave_up)
}
