//! The events that the observer of the process receives. A process can have only one, so this is a separate binary.

mod observing_adjusted;
mod observing_global;
mod observing_texts;
mod retry_limits;

use std::sync::{Once, PoisonError, RwLock};

use backoff_core::observe::{CallEvent, set_global};

type Note = fn(&CallEvent<'_>);

/// The observers of the tests, each of which filters the events of its own calls.
static NOTES: RwLock<Vec<Note>> = RwLock::new(Vec::new());

/// Adds an observer.
fn observe(note: Note) {
    static SET: Once = Once::new();
    SET.call_once(|| set_global(pass_on).expect("nobody else sets it"));
    NOTES.write().unwrap_or_else(PoisonError::into_inner).push(note);
}

fn pass_on(event: &CallEvent<'_>) {
    for note in NOTES.read().unwrap_or_else(PoisonError::into_inner).iter() {
        note(event);
    }
}
