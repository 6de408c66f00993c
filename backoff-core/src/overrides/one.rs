//! The settings of one override.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::InvalidOverride;
use crate::policy::settings::{KEYS, Settings, Value, unknown};
use crate::{Jitter, PushBackMode, Since};
use backoff_rules::Kind;

/// Settings that replace those of an annotation, with the names of the attribute's arguments.
///
/// The setters check nothing; [`set`](super::set) and [`Overrides::insert`](super::Overrides::insert) check the values.
/// Its text form is the part after the name in an environment variable.
///
/// # Examples
///
/// ```
/// use backoff_core::overrides::Override;
/// use std::time::Duration;
///
/// let patient = Override::new().max_attempts(2).max_delay(Duration::from_secs(5));
/// assert_eq!(patient.to_string(), "max_delay=5s, max_attempts=2");
/// assert_eq!("max_attempts=2, max_delay=5s".parse::<Override>()?, patient);
/// assert_eq!("disabled".parse::<Override>()?, Override::new().disabled());
/// # Ok::<(), backoff_core::overrides::InvalidOverride>(())
/// ```
///
/// ```
/// use backoff_core::overrides::Override;
/// use backoff_core::{Jitter, PushBackMode, Since};
/// use std::time::Duration;
///
/// let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
/// let growth = Override::new().exponential().initial_delay(second);
/// let linear = Override::new().linear().increment(second).jitter(Jitter::Equal);
/// let limits = Override::new().fibonacci().max_retries(4).max_elapsed(minute);
/// let counted = limits.since(Since::FirstFailure).reset_after(minute);
/// let growth = growth.multiplier(1.5);
/// let server = Override::new().push_back(PushBackMode::Replace);
/// let server = server.max_push_back(minute);
/// let constant = Override::new().delay(second).forever().idempotent();
/// let text = "backoff=exponential, initial_delay=1s, multiplier=1.5";
/// assert_eq!(growth.to_string(), text);
/// assert_eq!(linear.to_string(), "backoff=linear, increment=1s, jitter=equal");
/// let text = "backoff=fibonacci, max_retries=4, max_elapsed=1m, \
///     since=first_failure, reset_after=1m";
/// assert_eq!(counted.to_string(), text);
/// assert_eq!(server.to_string(), "max_push_back=1m, push_back=replace");
/// assert_eq!(constant.to_string(), "delay=1s, forever, idempotent");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "an override does nothing until it is set"]
pub struct Override {
    pub(super) disabled: Option<bool>,
    pub(super) settings: Settings,
}

/// The name of the setting that only overrides have.
pub(super) const DISABLED: &str = "disabled";

impl Override {
    /// Returns an override without settings. It is refused until it has one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Disables retries, for calls in progress at their next failure.
    pub fn disabled(mut self) -> Self {
        self.disabled = Some(true);
        self
    }

    /// Makes the backoff exponential.
    pub fn exponential(mut self) -> Self {
        self.settings.backoff = Some(Kind::Exponential);
        self
    }

    /// Makes the backoff linear.
    pub fn linear(mut self) -> Self {
        self.settings.backoff = Some(Kind::Linear);
        self
    }

    /// Makes the backoff a Fibonacci backoff.
    pub fn fibonacci(mut self) -> Self {
        self.settings.backoff = Some(Kind::Fibonacci);
        self
    }

    /// Makes the backoff constant.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.settings.delay = Some(delay);
        self
    }

    /// Sets the base delay of the first retry of a growing backoff.
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.settings.initial_delay = Some(delay);
        self
    }

    /// Sets the growth per retry of exponential backoff, at least 1 and finite.
    pub fn multiplier(mut self, multiplier: f64) -> Self {
        self.settings.multiplier = Some(multiplier);
        self
    }

    /// Sets the increment of a linear backoff per further retry.
    pub fn increment(mut self, increment: Duration) -> Self {
        self.settings.increment = Some(increment);
        self
    }

    /// Sets the cap on every delay that the policy computes.
    pub fn max_delay(mut self, cap: Duration) -> Self {
        self.settings.max_delay = Some(cap);
        self
    }

    /// Sets the randomness (jitter) put on each base delay.
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.settings.jitter = Some(jitter);
        self
    }

    /// Sets the largest number of attempts, the first included, at least 1.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = Some(attempts);
        self
    }

    /// Sets the largest number of retries. This is one less than [`max_attempts`](Self::max_attempts); setting both is
    /// refused.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.settings.max_retries = Some(retries);
        self
    }

    /// Sets the time for all retries, above zero; see [When it applies](super#when-it-applies).
    pub fn max_elapsed(mut self, limit: Duration) -> Self {
        self.settings.max_elapsed = Some(limit);
        self
    }

    /// Removes the limits of the annotation on attempts and time.
    pub fn forever(mut self) -> Self {
        self.settings.forever = Some(true);
        self
    }

    /// Sets the instant from which `max_elapsed` counts.
    pub fn since(mut self, since: Since) -> Self {
        self.settings.since = Some(since);
        self
    }

    /// Sets the duration that an attempt must run for its failure to start a new sequence.
    pub fn reset_after(mut self, ran: Duration) -> Self {
        self.settings.reset_after = Some(ran);
        self
    }

    /// Sets the longest push-back (`Retry-After`) that a call waits for.
    pub fn max_push_back(mut self, longest: Duration) -> Self {
        self.settings.max_push_back = Some(longest);
        self
    }

    /// Sets the way in which a push-back (`Retry-After`) and the policy's own delay make the delay of a retry.
    pub fn push_back(mut self, mode: PushBackMode) -> Self {
        self.settings.push_back = Some(mode);
        self
    }

    /// Promises that executing the operation more than once is safe (idempotent).
    pub fn idempotent(mut self) -> Self {
        self.settings.idempotent = Some(true);
        self
    }

    /// Sets the setting `key`. The error is a complete message.
    pub(super) fn set(&mut self, key: &str, value: &Value) -> Result<(), String> {
        if key == DISABLED {
            let flag = value.flag(key)?;
            return match self.disabled.replace(flag) {
                Some(_) => Err(format!("`{key}` is given twice; keep one of them")),
                None => Ok(()),
            };
        }
        if !KEYS.contains(&key) {
            let known: Vec<&str> = [DISABLED].into_iter().chain(KEYS).collect();
            return Err(unknown(key, &known));
        }
        self.settings.set(key, value)
    }

    /// Refuses an override without settings, and values that no policy could have.
    pub(super) fn check_all(&self) -> Result<(), String> {
        if self.disabled.is_none() && self.settings.is_empty() { Err(missing()) } else { self.settings.check() }
    }

    /// Returns the settings that are set, as they are written.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let disabled = self.disabled.map(|flag| (DISABLED, Value::Flag(flag)));
        disabled.into_iter().chain(self.settings.entries())
    }

    /// Reads `max_attempts=2, disabled`. The error is a complete message.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut read = Self::new();
        for setting in text.split(',') {
            let setting = setting.trim();
            let (key, value) = match setting.split_once('=') {
                Some((key, value)) => (key.trim(), Value::Text(unquoted(value.trim()).to_owned())),
                None if setting.is_empty() => return Err(missing()),
                None if [DISABLED, "forever", "idempotent"].contains(&setting) => (setting, Value::Flag(true)),
                None if KEYS.contains(&setting) => {
                    return Err(format!("`{setting}` has no value; write `{setting}=` and the value"));
                }
                None => (setting, Value::Flag(true)),
            };
            read.set(key, &value)?;
        }
        read.check_all().map(|()| read)
    }
}

fn missing() -> String {
    "a setting is missing; write one such as `max_attempts=2`, or `disabled`".to_owned()
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.entries().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            match value {
                Value::Flag(true) => f.write_str(key)?,
                value => write!(f, "{key}={value}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Override {
    type Err = InvalidOverride;

    fn from_str(text: &str) -> Result<Self, InvalidOverride> {
        Self::read(text).map_err(InvalidOverride::syntax)
    }
}
