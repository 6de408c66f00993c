//! Overrides as a table of a configuration file.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{InvalidOverride, Override, Overrides};
use crate::policy::settings::AnyValue;
use crate::text::Excerpt;

/// A map from names and prefixes to settings, with the names of the attribute's arguments.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AllVisitor)
    }
}

struct AllVisitor;

impl<'de> Visitor<'de> for AllVisitor {
    type Value = Overrides;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from names of functions to retry settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Overrides, A::Error> {
        let mut overrides = Overrides::new();
        while let Some(key) = map.next_key::<String>()? {
            let settings = map.next_value_seed(Settings { key: &key })?;
            if overrides.get(&key).is_some() {
                let twice = InvalidOverride::of(key.trim(), "it is given twice; keep one of them".to_owned());
                return Err(de::Error::custom(twice));
            }
            overrides.insert(&key, settings).map_err(de::Error::custom)?;
        }
        Ok(overrides)
    }
}

/// The settings of one override. Its name is used in error messages.
struct Settings<'k> {
    key: &'k str,
}

impl<'de> DeserializeSeed<'de> for Settings<'_> {
    type Value = Override;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Override, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Settings<'_> {
    type Value = Override;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map of the retry settings of `{}`", Excerpt(self.key))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Override, A::Error> {
        let mut read = Override::new();
        while let Some(setting) = map.next_key::<String>()? {
            let AnyValue(value) = map.next_value().map_err(|error| self.refused(error))?;
            read.set(&setting, &value).map_err(|reason| self.refused(reason))?;
        }
        Ok(read)
    }
}

impl Settings<'_> {
    fn refused<E: de::Error>(&self, reason: impl fmt::Display) -> E {
        E::custom(format_args!("override `{}`: {reason}", Excerpt(self.key)))
    }
}

/// Serializes to the form that is deserialized.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Overrides {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Serializes to the table of one name.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Override {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries())
    }
}
