//! A policy as a value of configuration files.

use alloc::string::{String, ToString};
use core::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{KEYS, Settings, Value};
use crate::Policy;
use crate::text::Excerpt;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            // Every whole number in a serialized policy is a number of attempts or retries.
            Self::Integer(number) => serializer.serialize_i64(i64::try_from(*number).unwrap_or(i64::MAX)),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

/// A value of any type that a file can contain.
pub(crate) struct AnyValue(pub(crate) Value);

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, `true` or `false`")
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Integer(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_string()))
    }

    /// Reads a nested table, such as TOML's `[billing.charge]` without quotes.
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
        let cure = "a table stands where a value belongs; use text, a number, `true` or `false`, and put quotes around a name that has dots";
        Err(de::Error::custom(cure))
    }
}

/// A policy is read and written with the names and the defaults of the attribute's arguments.
///
/// `backoff` is `"exponential"` (the default), `"linear"`, `"fibonacci"` or `"constant"`; `delay` alone makes it
/// constant. `jitter` is `"full"`, `"equal"`, `"decorrelated"`, `"none"` or a ratio; durations are text with a unit,
/// such as `"1h 30m"`; `since` is `"call"` or `"first_failure"`; `push_back` is `"add"`, `"replace"` or `"longest"`;
/// `forever` and `idempotent` are `true`; `max_retries` is written as `max_attempts`. Settings that were not set are
/// not written, so that the same policy is read back. The format must be self-describing, as TOML, JSON and YAML are.
///
/// An unknown setting is refused. The exception is a policy under `#[serde(flatten)]`: it receives the settings with
/// the names above only, because all others may belong to the fields beside it. So a typo in a name is not detected
/// there. Put the policy into a table of its own, such as `[retry]`, if typos have to be refused.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
/// use std::time::Duration;
///
/// let text = r#"
///     backoff = "exponential"
///     initial_delay = "250ms"
///     multiplier = 1.5
///     jitter = "equal"
///     max_elapsed = "1m 30s"
/// "#;
/// let policy: Policy = toml::from_str(text)?;
/// assert_eq!(policy.max_elapsed(), Some(Duration::from_secs(90)));
/// // A limit is set, so the default of 3 does not apply.
/// assert_eq!(policy.max_attempts(), None);
/// assert_eq!(toml::from_str::<Policy>(&toml::to_string(&policy)?)?, policy);
///
/// let text = "initial_delay = '1s'\nmax_delay = '50ms'";
/// let refused = toml::from_str::<Policy>(text).unwrap_err();
/// assert_eq!(
///     refused.message(),
///     "`max_delay` (50ms) is shorter than `initial_delay` (1s); \
///      raise `max_delay` or lower `initial_delay`"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A struct, not a map: beside other flattened fields, a map would receive their settings, too.
        deserializer.deserialize_struct("Policy", &KEYS, PolicyVisitor)
    }
}

struct PolicyVisitor;

impl<'de> Visitor<'de> for PolicyVisitor {
    type Value = Policy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of retry settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Policy, A::Error> {
        let mut settings = Settings::default();
        while let Some(key) = map.next_key::<String>()? {
            if !KEYS.contains(&key.as_str()) {
                return Err(de::Error::unknown_field(&Excerpt(&key).to_string(), &KEYS));
            }
            let AnyValue(value) = map.next_value()?;
            settings.set(&key, &value).map_err(de::Error::custom)?;
        }
        settings.policy().map_err(de::Error::custom)
    }
}

/// Serializes to the form that is deserialized; see the implementation of `Deserialize`.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = Settings::of(self).entries();
        let mut map = serializer.serialize_map(Some(entries.len()))?;
        for (key, value) in entries {
            map.serialize_entry(key, &value)?;
        }
        map.end()
    }
}
