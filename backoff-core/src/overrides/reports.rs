//! Reports about the overrides that are set: keys that match no function, and settings that were adjusted.

use std::collections::HashSet;
use std::fmt;
use std::sync::PoisonError;

use super::table::table;
use crate::sync::{Mutex, shared_static};
use crate::text::Excerpt;
use crate::{InvalidPolicy, call_sites};

/// A key that matches no annotated function that has failed, with the most similar names; see [`unmatched`].
///
/// # Examples
///
/// ```
/// use backoff_core::{overrides, retry};
///
/// #[retry(max_attempts = 2, delay = "0s", name = "billing.charge")]
/// fn charge() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// overrides::load("biling.charge: max_attempts=5")?;
/// assert!(charge().is_err());
/// let unmatched = overrides::unmatched();
/// assert_eq!(unmatched[0].nearest(), ["billing.charge"]);
/// assert_eq!(
///     unmatched[0].to_string(),
///     "no function that has failed is named `biling.charge`; \
///      near it are `billing.charge`"
/// );
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    key: String,
    nearest: Vec<&'static str>,
}

impl Unmatched {
    /// Returns the name or prefix.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the most similar names of call sites, the nearest first, at most three.
    #[must_use]
    pub fn nearest(&self) -> &[&'static str] {
        &self.nearest
    }
}

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no function that has failed is named `{}`", Excerpt(&self.key))?;
        for (at, name) in self.nearest.iter().enumerate() {
            write!(f, "{} `{name}`", if at == 0 { "; near it are" } else { "," })?;
        }
        Ok(())
    }
}

/// A setting of an override that could not be applied unchanged; see [`adjusted`].
///
/// # Examples
///
/// ```
/// use backoff_core::{overrides, retry};
///
/// #[retry(max_attempts = 2, delay = "0s", name = "quotes.load")]
/// fn load() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// overrides::load("quotes: multiplier=3")?; // on a constant backoff
/// assert!(load().is_err());
/// let adjusted = &overrides::adjusted()[0];
/// assert_eq!((adjusted.key(), adjusted.site()), ("quotes", "quotes.load"));
/// assert!(adjusted.reason().to_string().contains("`multiplier`"));
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adjusted {
    key: String,
    site: &'static str,
    reason: InvalidPolicy,
}

impl Adjusted {
    /// Returns the name or prefix of the override.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the name of the call site.
    #[must_use]
    pub fn site(&self) -> &'static str {
        self.site
    }

    /// Returns the rule that the setting would break.
    #[must_use]
    pub fn reason(&self) -> InvalidPolicy {
        self.reason
    }
}

impl fmt::Display for Adjusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "override `{}` on `{}`: {}", Excerpt(&self.key), self.site, self.reason)
    }
}

shared_static! {
    /// The adjusted settings. Held to add, to copy and to clear, and never while other code runs.
    static NOTES: Mutex<Vec<Adjusted>> = Mutex::new(Vec::new());
}

/// The smallest similarity of a near name to a key; 1 means equal.
const NEAR: f64 = 0.6;
/// The length of the longest key, in bytes, that is compared with names, because a comparison costs the product of both
/// lengths.
const LONGEST: usize = 1000;
/// The largest number of near names in a report.
const TOLD: usize = 3;

/// Returns the keys that match no annotated function that has failed, each with the nearest names of those that have.
///
/// A function is known after its first failure. A key may therefore be listed here until its function fails.
///
/// # Examples
///
/// ```
/// use backoff_core::{overrides, retry};
///
/// #[retry(max_attempts = 1, name = "search")]
/// fn search() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// overrides::load("search: disabled")?;
/// assert_eq!(overrides::unmatched()[0].key(), "search"); // not known yet
/// assert!(search().is_err());
/// assert!(overrides::unmatched().is_empty());
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
#[must_use]
pub fn unmatched() -> Vec<Unmatched> {
    let Some(table) = table() else { return Vec::new() };
    let names: Vec<&'static str> = call_sites().map(crate::CallSite::name).collect();
    let matched: HashSet<&str> = names.iter().flat_map(|name| table.matching(name)).collect();
    let unmatched = table.iter().map(|(key, _)| key).filter(|key| !matched.contains(key));
    unmatched.map(|key| Unmatched { key: key.to_owned(), nearest: nearest(key, &names) }).collect()
}

/// Returns the settings that contradict the annotation of a function, or do not belong to its backoff.
///
/// A contradicting value is moved to the nearest allowed one. A setting that the backoff does not have is ignored. A
/// setting is listed after the first call that fails under the override.
///
/// # Examples
///
/// ```
/// use backoff_core::{overrides, retry};
///
/// #[retry(initial_delay = "2ms", name = "quotes", sleep = |_| ())]
/// fn quotes() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// overrides::load("quotes: max_delay=1ms")?;
/// assert!(quotes().is_err());
/// let adjusted = overrides::adjusted();
/// assert_eq!(
///     adjusted[0].to_string(),
///     "override `quotes` on `quotes`: `max_delay` (1ms) is shorter than \
///      `initial_delay` (2ms); raise `max_delay` or \
///      lower `initial_delay`"
/// );
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
#[must_use]
pub fn adjusted() -> Vec<Adjusted> {
    NOTES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Records a setting that was adjusted for a call site, and returns whether the record is new. The same rule with
/// another value is not new, because the program may compute the value again in each call.
pub(super) fn note(key: &str, site: &'static str, reason: InvalidPolicy) -> bool {
    let mut notes = NOTES.lock().unwrap_or_else(PoisonError::into_inner);
    let is_new =
        !notes.iter().any(|note| note.key == key && note.site == site && note.reason.is_of_the_rule_of(&reason));
    if is_new {
        notes.push(Adjusted { key: key.to_owned(), site, reason });
    }
    is_new
}

/// Removes the records of overrides that have changed.
pub(super) fn retain(is_unchanged: impl Fn(&str) -> bool) {
    NOTES.lock().unwrap_or_else(PoisonError::into_inner).retain(|note| is_unchanged(&note.key));
}

fn nearest(key: &str, names: &[&'static str]) -> Vec<&'static str> {
    if key.len() > LONGEST {
        return Vec::new();
    }
    let key = key.trim_end_matches('*').trim_end_matches(['.', ':']);
    let mut near: Vec<(f64, &'static str)> = names.iter().map(|name| (resemblance(key, name), *name)).collect();
    near.retain(|(resemblance, _)| *resemblance >= NEAR);
    near.sort_by(|(a, left), (b, right)| b.total_cmp(a).then(left.cmp(right)));
    near.dedup_by_key(|(_, name)| *name);
    near.into_iter().map(|(_, name)| name).take(TOLD).collect()
}

/// Returns the similarity of the key to the name, or to the most similar run of the name's parts. Runs are compared
/// because people omit the crate or the last parts when they type a name.
fn resemblance(key: &str, name: &str) -> f64 {
    let mut starts = vec![0];
    let mut ends = vec![name.len()];
    for (at, separator) in name.match_indices("::").chain(name.match_indices('.')) {
        starts.push(at + separator.len());
        ends.push(at);
    }
    let runs = starts.iter().flat_map(|start| ends.iter().filter_map(|end| name.get(*start..*end)));
    runs.map(|run| strsim::normalized_damerau_levenshtein(key, run)).fold(0.0, f64::max)
}
