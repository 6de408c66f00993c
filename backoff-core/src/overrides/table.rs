//! The overrides of the process, and whether a failing call has any to look for.

use std::sync::{Arc, PoisonError};

use super::Overrides;
use crate::CallSite;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{RwLock, shared_static};

shared_static! {
    /// What a failing call has to look for: the open scopes, and one more while an override is set.
    static ACTIVE: AtomicUsize = AtomicUsize::new(0);
}

shared_static! {
    /// What is set. Held to copy or to replace the pointer, and never while other code runs.
    static TABLE: RwLock<Option<Arc<Overrides>>> = RwLock::new(None);
}

/// Replaces the overrides by those that `change` returns; the lock is held meanwhile.
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

/// There is one more thing to look for.
pub(super) fn scope_opens() {
    ACTIVE.fetch_add(1, Ordering::Relaxed);
}

/// There is one less.
pub(super) fn scope_closes() {
    ACTIVE.fetch_sub(1, Ordering::Relaxed);
}

/// Returns the overrides that are set now.
pub(crate) fn table() -> Option<Arc<Overrides>> {
    TABLE.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns whether a failing call has anything to look for: one relaxed load.
#[inline]
pub(crate) fn is_active() -> bool {
    ACTIVE.load(Ordering::Relaxed) > 0
}

/// Returns whether retries of this call site are switched off now.
pub(crate) fn is_disabled(site: &CallSite) -> bool {
    let disabled = |table: Arc<Overrides>| table.find(site.name()).and_then(|(_, found)| found.disabled);
    table().and_then(disabled) == Some(true)
}
