//! Checks whether anything outside of a call may change or observe its failures: test guards, overrides, scopes,
//! observers.
//!
//! If nothing does, a failed attempt of the usual policy takes a short path: the driver counts it and draws a delay.
//! One counter covers all of them, because a failing call would otherwise check each.

#[cfg(feature = "std")]
use crate::sync::atomic::{AtomicUsize, Ordering};
#[cfg(feature = "std")]
use crate::sync::shared_static;

#[cfg(feature = "std")]
shared_static! {
    /// The number of guards, tables of overrides and observers that exist. The first scope that is entered counts, too,
    /// and stays.
    static DISTURBANCES: AtomicUsize = AtomicUsize::new(0);
}

/// Counts one more guard, table or observer that may change or observe failures, until [`leave`].
#[cfg(feature = "std")]
pub(crate) fn enter() {
    DISTURBANCES.fetch_add(1, Ordering::Relaxed);
}

/// Removes one that [`enter`] has counted.
#[cfg(feature = "std")]
pub(crate) fn leave() {
    DISTURBANCES.fetch_sub(1, Ordering::Relaxed);
}

/// Returns whether nothing outside of a call changes or observes its failures. This costs one relaxed load.
///
/// With the features `tracing` and `metrics` every failure may be observed.
#[inline(always)]
#[expect(clippy::inline_always, reason = "one load on the failure path")]
pub(crate) fn is_undisturbed() -> bool {
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    return false;
    #[cfg(not(any(feature = "tracing", feature = "metrics")))]
    {
        #[cfg(feature = "std")]
        return DISTURBANCES.load(Ordering::Relaxed) == 0;
        #[cfg(not(feature = "std"))]
        true
    }
}
