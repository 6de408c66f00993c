//! Settings with the names of the attribute's arguments, as configuration files and environment variables contain them.
//!
//! A setting from any source is read by [`Settings::set`] and given to the builder, which has the only defaults and
//! refusals.

mod apply;
#[cfg(feature = "serde")]
mod config;
#[cfg(feature = "overrides")]
mod over;
#[cfg(test)]
mod tests;
mod value;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

#[cfg(all(feature = "serde", feature = "overrides"))]
pub(crate) use self::config::AnyValue;
pub(crate) use self::value::Value;
use super::{Policy, Since};
use crate::Jitter;
use crate::text::Excerpt;
use backoff_rules::{Kind, Named, PushBackMode};

/// Every setting, in the order in which a policy is serialized.
pub(crate) const KEYS: [&str; 16] = [
    "backoff",
    "initial_delay",
    "multiplier",
    "increment",
    "delay",
    "max_delay",
    "jitter",
    "max_attempts",
    "max_retries",
    "max_elapsed",
    "forever",
    "since",
    "reset_after",
    "max_push_back",
    "push_back",
    "idempotent",
];

/// The settings that were set. The others keep their defaults, or the values of an annotation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) backoff: Option<Kind>,
    pub(crate) initial_delay: Option<Duration>,
    pub(crate) multiplier: Option<f64>,
    pub(crate) increment: Option<Duration>,
    pub(crate) delay: Option<Duration>,
    pub(crate) max_delay: Option<Duration>,
    pub(crate) jitter: Option<Jitter>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) max_elapsed: Option<Duration>,
    pub(crate) forever: Option<bool>,
    pub(crate) since: Option<Since>,
    pub(crate) reset_after: Option<Duration>,
    pub(crate) max_push_back: Option<Duration>,
    pub(crate) push_back: Option<PushBackMode>,
    pub(crate) idempotent: Option<bool>,
}

impl Settings {
    /// Sets the setting `key`. The error is a complete message that contains the key.
    pub(crate) fn set(&mut self, key: &str, value: &Value) -> Result<(), String> {
        match key {
            "backoff" => once(&mut self.backoff, key, value.kind(key)?),
            "initial_delay" => once(&mut self.initial_delay, key, value.duration(key)?),
            "multiplier" => once(&mut self.multiplier, key, value.number(key)?),
            "increment" => once(&mut self.increment, key, value.duration(key)?),
            "delay" => once(&mut self.delay, key, value.duration(key)?),
            "max_delay" => once(&mut self.max_delay, key, value.duration(key)?),
            "jitter" => once(&mut self.jitter, key, value.jitter(key)?),
            "max_attempts" => once(&mut self.max_attempts, key, value.attempts(key)?),
            "max_retries" => once(&mut self.max_retries, key, value.retries(key)?),
            "max_elapsed" => once(&mut self.max_elapsed, key, value.duration(key)?),
            "forever" => once(&mut self.forever, key, value.flag(key)?),
            "since" => once(&mut self.since, key, value.since(key)?),
            "reset_after" => once(&mut self.reset_after, key, value.duration(key)?),
            "max_push_back" => once(&mut self.max_push_back, key, value.duration(key)?),
            "push_back" => once(&mut self.push_back, key, value.push_back(key)?),
            "idempotent" => once(&mut self.idempotent, key, value.flag(key)?),
            _ => Err(unknown(key, &KEYS)),
        }
    }

    /// Returns whether no setting was set.
    #[cfg(feature = "overrides")]
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the settings that were set, in their written form.
    pub(crate) fn entries(&self) -> Vec<(&'static str, Value)> {
        let duration = |time: Option<Duration>| time.map(Value::from_duration);
        let values: [Option<Value>; KEYS.len()] = [
            self.backoff.map(|kind| Value::Text(kind.name().to_string())),
            duration(self.initial_delay),
            self.multiplier.map(Value::Number),
            duration(self.increment),
            duration(self.delay),
            duration(self.max_delay),
            self.jitter.map(Value::from_jitter),
            self.max_attempts.map(|attempts| Value::Integer(attempts.into())),
            self.max_retries.map(|retries| Value::Integer(retries.into())),
            duration(self.max_elapsed),
            self.forever.map(Value::Flag),
            self.since.map(Value::from_since),
            duration(self.reset_after),
            duration(self.max_push_back),
            self.push_back.map(Value::from_push_back),
            self.idempotent.map(Value::Flag),
        ];
        KEYS.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// Returns the settings that produce this policy when they are read.
    #[cfg_attr(not(feature = "serde"), allow(dead_code, reason = "only configuration files are written"))]
    pub(crate) fn of(policy: &Policy) -> Self {
        let rules = policy.rules();
        let named = rules.named;
        let mut settings = Self { backoff: Some(rules.kind), ..Self::default() };
        let schedule = policy.backoff();
        let first = Some(schedule.first_delay());
        match rules.kind {
            Kind::Constant => settings.delay = first,
            Kind::Exponential | Kind::Linear | Kind::Fibonacci | Kind::List | Kind::Custom => {
                settings.initial_delay = first;
            }
        }
        settings.multiplier = schedule.multiplier().filter(|_| named.has(Named::GROWTH));
        settings.increment = schedule.increment().filter(|_| named.has(Named::GROWTH));
        settings.max_delay = named.has(Named::MAX_DELAY).then_some(rules.max_delay.duration());
        settings.jitter = named.has(Named::JITTER).then_some(rules.jitter);
        settings.max_attempts = named.has(Named::MAX_ATTEMPTS).then_some(rules.max_attempts);
        settings.max_elapsed = rules.max_elapsed;
        // The policy of a function with a timeout may be without a limit.
        let is_unlimited = rules.max_attempts == 0 && rules.max_elapsed.is_none();
        settings.forever = is_unlimited.then_some(true);
        settings.since = (rules.since != Since::Call).then_some(rules.since);
        settings.reset_after = rules.reset_after;
        let is_default = !named.has(Named::MAX_PUSH_BACK) && (!is_unlimited || named.has(Named::FOREVER));
        settings.max_push_back = if is_default { None } else { rules.max_push_back };
        settings.push_back = (rules.push_back != PushBackMode::default()).then_some(rules.push_back);
        settings.idempotent = rules.idempotent.then_some(true);
        settings
    }
}

/// Fills an empty slot. A full one is an error.
fn once<T>(slot: &mut Option<T>, key: &str, value: T) -> Result<(), String> {
    if slot.replace(value).is_some() {
        return Err(format!("`{key}` is given twice; keep one of them"));
    }
    Ok(())
}

/// The message for a setting that does not exist.
pub(crate) fn unknown(key: &str, known: &[&str]) -> String {
    format!("unknown setting `{}`; expected one of {}", Excerpt(key), value::listed(known.iter().copied()))
}
