//! The closures of the attribute that change what follows a failure.

use crate::observe::{GiveUpEvent, Observer, RecoveredEvent, RetryEvent};

/// The result of `reset_when` for one failure.
#[derive(Clone, Copy, Debug)]
pub struct Steering {
    /// The failure is the first of a new sequence.
    pub is_progress: bool,
}

/// The full driver does not know the type of the error, so the expansion adds the error itself.
impl Observer<()> for Steering {
    const WATCHES: bool = false;
    const RESETS: bool = true;

    fn retry(&mut self, _: &RetryEvent<'_, ()>) {}
    fn give_up(&mut self, _: &GiveUpEvent<'_, ()>) {}
    fn recovered(&mut self, _: &RecoveredEvent) {}

    #[inline]
    fn starts_sequence(&mut self, _: Option<&()>) -> bool {
        self.is_progress
    }
}
