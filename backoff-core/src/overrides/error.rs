use std::error::Error;
use std::fmt;

use crate::text::Excerpt;

/// An override that cannot be used: bad syntax, an unknown setting, or a value that no policy could have.
///
/// The text contains the override, the setting, and the cure. None of the loaded overrides is applied. The text is one
/// line. Of each name and value it repeats at most 80 characters, with control characters escaped.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides;
///
/// let text = "search::*: disabled; billing::charge: max_attempts=0";
/// let error = overrides::load(text).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "override `billing::charge`: `max_attempts` is 0; use at least 1: \
///      the first attempt counts"
/// );
/// assert_eq!(error.key(), Some("billing::charge"));
/// assert!(overrides::current().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOverride {
    variable: Option<String>,
    key: Option<String>,
    reason: String,
}

impl InvalidOverride {
    /// Returns an error without a key, for text in which no key could be read.
    pub(super) fn syntax(reason: String) -> Self {
        Self { variable: None, key: None, reason }
    }

    pub(super) fn of(key: &str, reason: String) -> Self {
        Self { variable: None, key: Some(key.to_owned()), reason }
    }

    pub(super) fn in_variable(self, variable: &str) -> Self {
        Self { variable: Some(variable.to_owned()), ..self }
    }

    /// Returns the whole key of the override; `None` if the key could not be read.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for InvalidOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(variable) = &self.variable {
            write!(f, "environment variable `{}`: ", Excerpt(variable))?;
        }
        if let Some(key) = &self.key {
            write!(f, "override `{}`: ", Excerpt(key))?;
        }
        f.write_str(&self.reason)
    }
}

impl Error for InvalidOverride {}
