//! Checks whether anything outside of a call may change or observe its failures: test guards, overrides, scopes,
//! observers.
//!
//! If nothing does, a failed attempt of the usual policy takes a short path: the driver counts it and draws a delay.
//! One counter covers all of them, because a failing call would otherwise check each.

#[cfg(feature = "tracing")]
use crate::observe;
use crate::observe::Level;
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

/// Returns whether nothing outside of a call changes or observes this failure. This costs one relaxed load, and two
/// more with the feature `tracing`.
///
/// With the feature `metrics` every failure is counted. `retries` is the number of retries before the failure, and
/// `level` returns the level at which `tracing` would log the next one. The first failure of a call that `tracing` logs
/// is observed at any level, because later events report the time since then.
#[inline(always)]
#[expect(clippy::inline_always, reason = "one load on the failure path")]
pub(crate) fn is_undisturbed(retries: u32, level: impl FnOnce() -> Level) -> bool {
    let _ = (retries, &level);
    if cfg!(feature = "metrics") {
        return false;
    }
    #[cfg(feature = "tracing")]
    if observe::tracing::is_on() && (retries == 0 || observe::tracing::receives(level())) {
        return false;
    }
    #[cfg(feature = "std")]
    return DISTURBANCES.load(Ordering::Relaxed) == 0;
    #[cfg(not(feature = "std"))]
    true
}
