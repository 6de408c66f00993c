//! The functions that change the overrides of the process.

use std::env::{self, VarError};

use super::{InvalidOverride, Override, Overrides, reports, table};

/// Sets the override for a name or a prefix. It replaces the previous one.
///
/// # Errors
///
/// Returns [`InvalidOverride`] when the key or a value is refused; nothing is changed then.
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

/// Removes an override, and returns whether there was one.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// overrides::load("search: disabled; billing: max_attempts=2")?;
/// assert!(overrides::remove("search"));
/// assert!(!overrides::remove("search")); // it is gone
/// overrides::clear();
/// assert!(overrides::current().is_empty());
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
#[expect(clippy::must_use_candidate, reason = "called for what it does")]
pub fn remove(key: &str) -> bool {
    let mut was_set = false;
    change(|present| was_set = present.remove(key));
    was_set
}

/// Removes all overrides.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// overrides::load("search: disabled")?;
/// overrides::clear();
/// assert!(overrides::current().is_empty());
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
pub fn clear() {
    replace_all(Overrides::new());
}

/// Replaces all overrides at once, so no call sees a mix of old and new ones.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// overrides::load("search: disabled")?;
/// overrides::replace_all("billing: max_attempts=2".parse()?);
/// assert_eq!(overrides::current().to_string(), "billing: max_attempts=2");
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
pub fn replace_all(overrides: Overrides) {
    change(|present| *present = overrides);
}

/// Adds the overrides of a text, all at once. Each one replaces the previous one of the same key.
///
/// # Errors
///
/// Returns [`InvalidOverride`] for the first mistake; nothing is changed then.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// overrides::load("billing: max_attempts=2, max_delay=5s; search::*: disabled")?;
/// assert_eq!(overrides::current().iter().count(), 2);
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
pub fn load(text: &str) -> Result<(), InvalidOverride> {
    let overrides: Overrides = text.parse()?;
    change(|present| present.extend(overrides));
    Ok(())
}

/// Adds the overrides of an environment variable, as [`load`] does. A variable that is not set adds none.
///
/// Usually a program loads the variable last at its start, so that it replaces overrides of the configuration file.
///
/// # Errors
///
/// Returns [`InvalidOverride`] for the first mistake, and when the value is not Unicode; nothing is changed then.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// // RETRY_OVERRIDES="billing::charge: max_attempts=2; search::*: disabled"
/// overrides::load_env("RETRY_OVERRIDES")?;
/// assert!(overrides::current().is_empty()); // it is not set here
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
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// overrides::load("search: disabled; billing: max_attempts=2")?;
/// let text = "billing: max_attempts=2; search: disabled"; // by name
/// assert_eq!(overrides::current().to_string(), text);
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
#[must_use]
pub fn current() -> Overrides {
    table().map_or_else(Overrides::new, |table| (*table).clone())
}

fn change(edit: impl FnOnce(&mut Overrides)) {
    table::replace(|before| {
        let mut present = before.cloned().unwrap_or_default();
        edit(&mut present);
        reports::retain(|key| before.and_then(|before| before.get(key)) == present.get(key));
        present
    });
}
