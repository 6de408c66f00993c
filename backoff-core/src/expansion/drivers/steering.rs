//! The closures of the attribute that change what follows a failure.

use core::fmt;
use core::time::Duration;

use crate::observe::{GiveUpEvent, Observer, RecoveredEvent, RetryEvent};

/// The result of `reset_when` for one failure, and `adjust`.
///
/// `A` is [`Adjusting`], or `()` without `adjust`.
#[derive(Clone, Copy, Debug)]
pub struct Steering<A> {
    /// The failure is the first of a new sequence.
    pub is_progress: bool,
    /// The closure of `adjust`.
    pub adjust: A,
}

/// The closure of `adjust`, with the error of the attempt.
// A trait object, so that the failure path is compiled once for all functions.
pub struct Adjusting<'a>(&'a mut dyn FnMut(&RetryEvent<'_, ()>) -> Option<Duration>);

impl<'a> Adjusting<'a> {
    /// Wraps the closure of the expansion.
    pub fn new(adjust: &'a mut dyn FnMut(&RetryEvent<'_, ()>) -> Option<Duration>) -> Self {
        Self(adjust)
    }
}

impl fmt::Debug for Adjusting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adjusting").finish_non_exhaustive()
    }
}

/// `adjust`, if the function has it.
#[doc(hidden)]
pub trait MaybeAdjust {
    const IS_SET: bool;

    fn adjust(&mut self, planned: &RetryEvent<'_, ()>) -> Option<Duration>;
}

impl MaybeAdjust for () {
    const IS_SET: bool = false;

    #[inline]
    fn adjust(&mut self, planned: &RetryEvent<'_, ()>) -> Option<Duration> {
        Some(planned.delay())
    }
}

impl MaybeAdjust for Adjusting<'_> {
    const IS_SET: bool = true;

    #[inline]
    fn adjust(&mut self, planned: &RetryEvent<'_, ()>) -> Option<Duration> {
        (self.0)(planned)
    }
}

/// The full driver does not know the type of the error, so the expansion adds the error itself.
impl<A: MaybeAdjust> Observer<()> for Steering<A> {
    const WATCHES: bool = false;
    const ADJUSTS: bool = A::IS_SET;
    const RESETS: bool = true;

    fn retry(&mut self, _: &RetryEvent<'_, ()>) {}
    fn give_up(&mut self, _: &GiveUpEvent<'_, ()>) {}
    fn recovered(&mut self, _: &RecoveredEvent) {}

    #[inline]
    fn adjust(&mut self, planned: &RetryEvent<'_, ()>) -> Option<Duration> {
        self.adjust.adjust(planned)
    }

    #[inline]
    fn starts_sequence(&mut self, _: Option<&()>) -> bool {
        self.is_progress
    }
}
