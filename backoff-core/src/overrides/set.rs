//! A set of overrides by name.

#[cfg(feature = "serde")]
mod config;
mod prefixes;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::one::DISABLED;
use super::{InvalidOverride, Override};
use crate::policy::settings::KEYS;
use crate::text::Excerpt;

/// Overrides by name or prefix, all of them checked.
///
/// Its text form is that of the environment variable: a name, a colon, the settings, and a semicolon between two
/// overrides. With the feature `serde` it is a map from names to settings. [`replace_all`](super::replace_all) makes it
/// apply.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides::{self, Override, Overrides};
///
/// let mut overrides: Overrides =
///     "billing::charge: max_attempts=2, max_delay=5s; search::*: disabled"
///         .parse()?;
/// overrides.insert("billing", Override::new().max_attempts(4))?;
/// assert_eq!(overrides.iter().count(), 3);
/// overrides::replace_all(overrides);
/// # Ok::<(), overrides::InvalidOverride>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// Keys without a `*`.
    names: BTreeMap<String, Override>,
    /// Keys with a `*` by what precedes it. The whole key is beside the override.
    starts: BTreeMap<String, (String, Override)>,
}

impl Overrides {
    /// Returns an empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { names: BTreeMap::new(), starts: BTreeMap::new() }
    }

    /// Adds an override for a name or a prefix. It replaces the previous one.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidOverride`] when the key is empty, has a `*` before its end, or cannot be written in the text
    /// form; when `settings` has no setting; or when a setting has a value that no policy could have. So
    /// [`to_string`](ToString::to_string) returns a text that is read as the same set.
    pub fn insert(&mut self, key: &str, settings: Override) -> Result<(), InvalidOverride> {
        let key = key.trim();
        check_key(key)?;
        settings.check_all().map_err(|reason| InvalidOverride::of(key, reason))?;
        self.put(key, settings);
        Ok(())
    }

    fn put(&mut self, key: &str, settings: Override) {
        match key.strip_suffix('*') {
            Some(start) => drop(self.starts.insert(start.to_owned(), (key.to_owned(), settings))),
            None => drop(self.names.insert(key.to_owned(), settings)),
        }
    }

    /// Removes an override, and returns whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        let key = key.trim();
        match key.strip_suffix('*') {
            Some(start) => self.starts.remove(start).is_some(),
            None => self.names.remove(key).is_some(),
        }
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.starts.is_empty()
    }

    /// Returns the override for exactly this name or prefix.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Override> {
        let key = key.trim();
        match key.strip_suffix('*') {
            Some(start) => self.starts.get(start).map(|(_, settings)| settings),
            None => self.names.get(key),
        }
    }

    /// Iterates over names and prefixes with their overrides, in the order of their text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Override)> {
        let names = self.names.iter().map(|(key, settings)| (key.as_str(), settings));
        let starts = self.starts.values().map(|(key, settings)| (key.as_str(), settings));
        let mut all: Vec<_> = names.chain(starts).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all.into_iter()
    }

    /// Returns the override that applies to a call site of this name: the one for exactly this name, otherwise the one
    /// with the longest prefix.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::overrides::{Override, Overrides};
    ///
    /// let text = "shop: max_attempts=2; shop::pay*: disabled";
    /// let mut overrides: Overrides = text.parse()?;
    /// let found = |name| overrides.find(name).map(|(key, _)| key);
    /// assert_eq!(found("shop::pay::card"), Some("shop::pay*")); // the longest
    /// assert_eq!(found("shop::search"), Some("shop"));
    /// assert_eq!(overrides.get("shop::search"), None); // only an equal key
    /// assert_eq!(overrides.get("shop::pay*"), Some(&Override::new().disabled()));
    /// assert!(overrides.remove("shop") && overrides.remove("shop::pay*"));
    /// assert!(overrides.is_empty());
    /// # Ok::<(), backoff_core::overrides::InvalidOverride>(())
    /// ```
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(&str, &Override)> {
        let part = self.parts_of(name).next();
        let start = prefixes::of(&self.starts, name).next();
        match (part, start) {
            // At the same length, a key that ends with a part of the name wins.
            (Some((key, settings)), None) => Some((key, settings)),
            (Some((key, settings)), Some((start, _))) if key.len() >= start.len() => Some((key, settings)),
            (_, Some((_, (key, settings)))) => Some((key, settings)),
            (None, None) => None,
        }
    }

    /// Returns every key that matches this name.
    pub(super) fn matching(&self, name: &str) -> impl Iterator<Item = &str> {
        let parts = self.parts_of(name).map(|(key, _)| key);
        parts.chain(prefixes::of(&self.starts, name).map(|(_, (key, _))| key.as_str()))
    }

    /// Returns the keys without a `*` that are the name or end with a part of it, the longest first.
    fn parts_of<'s>(&'s self, name: &str) -> impl Iterator<Item = (&'s str, &'s Override)> {
        prefixes::of(&self.names, name).filter(move |(key, _)| ends_a_part(key, name))
    }

    /// Adds all of `others`. Each one replaces the previous one of the same key.
    pub(super) fn extend(&mut self, others: Self) {
        self.names.extend(others.names);
        self.starts.extend(others.starts);
    }
}

/// Returns whether `key`, a prefix of `name`, is the name or ends with a part of it.
fn ends_a_part(key: &str, name: &str) -> bool {
    let rest = name.get(key.len()..).unwrap_or_default();
    rest.is_empty() || ["::", "."].iter().any(|separator| rest.starts_with(separator) || key.ends_with(separator))
}

fn check_key(key: &str) -> Result<(), InvalidOverride> {
    if key.is_empty() {
        return Err(InvalidOverride::syntax(
            "an override has no name; write one such as `billing::charge: max_attempts=2`".to_owned(),
        ));
    }
    if key.strip_suffix('*').unwrap_or(key).contains('*') {
        let cure = "`*` stands at the end of a prefix only; cut the name there";
        return Err(InvalidOverride::of(key, cure.to_owned()));
    }
    if let Some((before, reason)) = misread_part(key) {
        let cure = format!("{reason}; cut the name there: `{}*`", Excerpt(before));
        return Err(InvalidOverride::of(key, cure));
    }
    let name = key.trim_end_matches(':');
    if (key.len() - name.len()) % 2 == 1 {
        let name = Excerpt(name);
        let cure = format!("a prefix does not end with half of a `::`; write `{name}` or `{name}::*`");
        return Err(InvalidOverride::of(key, cure));
    }
    Ok(())
}

/// Returns the part of a key before what the text form would misread, and the reason.
fn misread_part(key: &str) -> Option<(&str, &'static str)> {
    let cut = |at: usize| key.get(..at).unwrap_or_default();
    let mut open = Vec::new();
    for (at, sign) in key.char_indices() {
        match sign {
            '[' => open.push(at),
            ']' if open.pop().is_none() => return Some((cut(at), "a `]` closes no `[`")),
            ';' if open.is_empty() => return Some((cut(at), "a `;` outside of `[..]` ends an override")),
            _ => {}
        }
    }
    if let Some(at) = open.first() {
        return Some((cut(*at), "a `[` is not closed"));
    }
    begins_with_settings(key).map(|name| (name, "a setting follows the `:` in the name"))
}

impl FromStr for Overrides {
    type Err = InvalidOverride;

    /// Reads `billing::charge: max_attempts=2, max_delay=5s; search::*: disabled`.
    fn from_str(text: &str) -> Result<Self, InvalidOverride> {
        let mut overrides = Self::new();
        for entry in entries(text).map(str::trim).filter(|entry| !entry.is_empty()) {
            let Some((key, settings)) = split_key(entry) else {
                let shown = Excerpt(entry);
                let reason =
                    format!("`{shown}` has no settings; write `{shown}: ` and settings such as `max_attempts=2`");
                return Err(InvalidOverride::of(entry, reason));
            };
            if let Some(name) = begins_with_settings(key) {
                let reason =
                    "a `;` is missing between its settings and the next name; write `a: disabled; b: disabled`";
                return Err(InvalidOverride::of(name, reason.to_owned()));
            }
            check_key(key)?;
            let settings = Override::read(settings).map_err(|reason| InvalidOverride::of(key, reason))?;
            if overrides.get(key).is_some() {
                return Err(InvalidOverride::of(key, "it is given twice; keep one of them".to_owned()));
            }
            overrides.put(key, settings);
        }
        Ok(overrides)
    }
}

/// Splits at each semicolon outside brackets, because the name of a method may contain an array such as `[u8; 4]`.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    let are_closed = text.matches('[').count() == text.matches(']').count();
    text.split(move |sign| {
        match sign {
            '[' if are_closed => depth = depth.saturating_add(1),
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        sign == ';' && depth == 0
    })
}

/// Splits at the last colon that is not half of a `::`. Names may contain such colons too; settings never do.
fn split_key(entry: &str) -> Option<(&str, &str)> {
    let mut rest = entry;
    loop {
        let (key, _) = rest.rsplit_once(':')?;
        let before = key.trim_end_matches(':');
        // Of an even number of colons, all are parts of a `::`.
        if (key.len() - before.len()) % 2 == 0 {
            return Some((key.trim(), entry.get(key.len() + 1..)?));
        }
        rest = before;
    }
}

/// Returns the name of an override that is followed by another one without a semicolon between them. A setting follows
/// the colon of this name.
fn begins_with_settings(key: &str) -> Option<&str> {
    let colons = key.match_indices(':').map(|(at, _)| at);
    let mut followed = colons.filter_map(|at| Some((key.get(..at)?, key.get(at + 1..)?.trim_start())));
    let is_setting = |text: &str| {
        let word = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').next();
        word.is_some_and(|word| word == DISABLED || KEYS.contains(&word))
    };
    followed.find(|(name, rest)| !name.ends_with(':') && is_setting(rest)).map(|(name, _)| name.trim())
}

/// Writes the text form, which is read as the same set.
impl fmt::Display for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, settings)) in self.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{key}: {settings}")?;
        }
        Ok(())
    }
}
