//! The overrides of the process, and the way of a failing call to its own.

use std::env::{self, VarError};
use std::sync::{Arc, PoisonError};

use super::{InvalidOverride, Override, Overrides, reports, scope};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{RwLock, shared_static};
use crate::{Backoff, CallSite, Policy, Schedule};
use backoff_rules::Rules;

shared_static! {
    /// What a failing call has to look for: the open scopes, and one more while an override is set.
    static ACTIVE: AtomicUsize = AtomicUsize::new(0);
}

shared_static! {
    /// What is set. Held to copy or to replace the pointer, and never while other code runs.
    static TABLE: RwLock<Option<Arc<Overrides>>> = RwLock::new(None);
}

/// Sets the override for a name or a prefix, in the place of the one before.
///
/// # Errors
///
/// Returns [`InvalidOverride`] when the key or a value is refused; then nothing has changed.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides::{self, Override};
///
/// overrides::set("search::*", Override::new().disabled())?;
/// assert!(overrides::set("search::*", Override::new().multiplier(0.5)).is_err());
/// assert_eq!(overrides::current().to_string(), "search::*: disabled");
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
pub fn set(key: &str, settings: Override) -> Result<(), InvalidOverride> {
    let mut one = Overrides::new();
    one.insert(key, settings)?;
    change(|present| present.extend(one));
    Ok(())
}

/// Takes an override out, and returns whether there was one.
#[expect(clippy::must_use_candidate, reason = "called for what it does")]
pub fn remove(key: &str) -> bool {
    let mut was_set = false;
    change(|present| was_set = present.remove(key));
    was_set
}

/// Takes all overrides out.
pub fn clear() {
    replace_all(Overrides::new());
}

/// Puts these overrides in the place of all that are set, at once: no call sees some old and some new ones.
pub fn replace_all(overrides: Overrides) {
    change(|present| *present = overrides);
}

/// Adds the overrides of a text, each in the place of the one before, at once.
///
/// # Errors
///
/// Returns [`InvalidOverride`] for the first mistake; then nothing has changed.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// overrides::load("billing::charge: max_attempts=2, max_delay=5s; search::*: disabled")?;
/// assert_eq!(overrides::current().iter().count(), 2);
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
pub fn load(text: &str) -> Result<(), InvalidOverride> {
    let overrides: Overrides = text.parse()?;
    change(|present| present.extend(overrides));
    Ok(())
}

/// Adds the overrides of an environment variable, as [`load`] does; a variable that is not set adds none.
///
/// Usually the last thing that is loaded when a program starts, over those of its configuration file.
///
/// # Errors
///
/// Returns [`InvalidOverride`] for the first mistake, and when the value is not Unicode; then nothing has changed.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// // RETRY_OVERRIDES="billing::charge: max_attempts=2, max_delay=5s; search::*: disabled"
/// overrides::load_env("RETRY_OVERRIDES")?;
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
pub fn load_env(variable: &str) -> Result<(), InvalidOverride> {
    let loaded = match env::var(variable) {
        Ok(text) => load(&text),
        Err(VarError::NotPresent) => Ok(()),
        Err(VarError::NotUnicode(_)) => {
            Err(InvalidOverride::syntax("the value is not Unicode; write it in UTF-8".to_owned()))
        }
    };
    loaded.map_err(|error| error.in_variable(variable))
}

/// Returns the overrides that are set.
#[must_use]
pub fn current() -> Overrides {
    table().map_or_else(Overrides::new, |table| (*table).clone())
}

fn change(edit: impl FnOnce(&mut Overrides)) {
    let mut slot = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    let before = slot.take();
    let mut present = before.as_deref().cloned().unwrap_or_default();
    edit(&mut present);
    reports::retain(|key| before.as_ref().and_then(|before| before.get(key)) == present.get(key));
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

/// The rules and the backoff that a call follows in place of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replacement {
    pub(crate) rules: Rules,
    /// The backoff; `None` for a custom one, which stays.
    pub(crate) schedule: Option<Schedule>,
}

impl From<Policy> for Replacement {
    fn from(policy: Policy) -> Self {
        Self { rules: *policy.rules(), schedule: Some(*policy.backoff()) }
    }
}

/// Returns what a failing call follows in place of its own policy, by these overrides and the open scopes; `None` for its own.
///
/// Values that had to give way are reported at its first failure.
pub(crate) fn replacement<B: Backoff>(
    table: Option<&Overrides>,
    site: &'static CallSite,
    policy: &Policy<B>,
    reports_adjusted: bool,
) -> Option<Replacement> {
    let given = scope::policy().map(|given| given.called_as(policy.rules()));
    let built_in = given.or_else(|| Some(Policy::from_parts(policy.backoff().as_schedule()?, *policy.rules())));
    let name = site.name();
    let found = table.and_then(|table| table.find(name)).filter(|(_, found)| !found.settings.is_empty());
    let Some((key, Override { settings, .. })) = found else {
        return given.map(Replacement::from);
    };
    let (replacement, notes) = if let Some(built_in) = built_in {
        let (policy, notes) = settings.over(&built_in);
        (Replacement::from(policy), notes)
    } else {
        let (rules, notes) = settings.over_rules(policy.rules());
        (Replacement { rules, schedule: None }, notes)
    };
    for problem in notes.into_iter().filter(|_| reports_adjusted) {
        if reports::note(key, name, problem) {
            site.tell_adjusted(problem);
        }
    }
    Some(replacement)
}
