//! The overrides of the process, and the count that shows a failing call whether a lookup is needed.

use std::sync::{Arc, PoisonError};

use super::Overrides;
use crate::CallSite;
use crate::drive::undisturbed;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{RwLock, shared_static};

shared_static! {
    /// The number of reasons for a lookup at a failure: the open scopes, plus one while an override is set.
    static ACTIVE: AtomicUsize = AtomicUsize::new(0);
}

shared_static! {
    /// The overrides that are set. Held to copy or to replace the pointer, and never while other code runs.
    static TABLE: RwLock<Option<Arc<Overrides>>> = RwLock::new(None);
}

/// Replaces the overrides by those that `change` returns. The lock is held while `change` runs.
pub(super) fn replace(change: impl FnOnce(Option<&Overrides>) -> Overrides) {
    let mut slot = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    let before = slot.take();
    let present = change(before.as_deref());
    match (before.is_some(), present.is_empty()) {
        (false, false) => scope_opens(),
        (true, true) => scope_closes(),
        _ => {}
    }
    *slot = (!present.is_empty()).then(|| Arc::new(present));
}

/// Adds one reason for a lookup.
pub(super) fn scope_opens() {
    ACTIVE.fetch_add(1, Ordering::Relaxed);
    undisturbed::enter();
}

/// Removes one reason for a lookup.
pub(super) fn scope_closes() {
    ACTIVE.fetch_sub(1, Ordering::Relaxed);
    undisturbed::leave();
}

/// Returns the overrides that are set now.
pub(crate) fn table() -> Option<Arc<Overrides>> {
    TABLE.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns whether a failing call needs a lookup. This costs one relaxed load.
#[inline]
pub(crate) fn is_active() -> bool {
    ACTIVE.load(Ordering::Relaxed) > 0
}

/// Returns whether retries of this call site are disabled now.
pub(crate) fn is_disabled(site: &CallSite) -> bool {
    let disabled = |table: Arc<Overrides>| table.find(site.name()).and_then(|(_, found)| found.disabled);
    table().and_then(disabled) == Some(true)
}
