//! Placeholders for the names in an expanded async loop if the feature `async` is off. The macro `__retry_needs` has
//! stopped the build.

use core::future::Future;
use core::pin::Pin;
use core::time::Duration;

use crate::sleep::SleepMut;
use crate::{CallSite, Scope};

/// Placeholder for a signal that is never given.
#[derive(Clone, Copy, Debug)]
pub struct Never;

/// Placeholder for the result of a delay.
#[derive(Clone, Copy, Debug)]
pub enum DelayEnd {
    /// The delay has passed.
    Elapsed,
    /// The call was cancelled.
    Cancelled,
    /// The timeout of the call struck.
    TimedOut,
}

/// Placeholder for the limit that dropped an attempt.
#[derive(Clone, Copy, Debug)]
pub enum DroppedBy {
    /// The timeout of this attempt.
    AttemptTimeout,
    /// The timeout of the whole call.
    CallTimeout,
    /// The cancellation of the call.
    Cancel,
}

/// Placeholder for a signal.
pub fn when<F>(future: F) -> F {
    future
}

/// Placeholder for a delay.
pub async fn sleep<S: SleepMut>(_: &'static CallSite, _: &mut S, _: Duration) {}

/// Placeholder for a delay that can end early.
pub async fn sleep_until<S: SleepMut, C, D>(_: &'static CallSite, _: &mut S, _: Duration, _: C, _: D) -> DelayEnd {
    DelayEnd::Elapsed
}

/// Placeholder for the signal of a limit.
pub fn timer<S: SleepMut>(sleeper: &mut S, limit: Duration) -> S::Sleep {
    sleeper.sleep_mut(limit)
}

/// Placeholder for the check of a signal.
pub async fn is_given_now<S>(_: Pin<&mut S>) -> bool {
    false
}

/// Placeholder for an attempt with limits.
pub async fn with_limits<A: Future, D, L, C>(attempt: A, _: D, _: L, _: C) -> Result<A::Output, DroppedBy> {
    Ok(attempt.await)
}

/// Placeholder for an attempt in a scope.
pub async fn in_scope<A: Future>(_: &Option<Scope>, attempt: A) -> A::Output {
    attempt.await
}
