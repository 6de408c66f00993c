//! One value of a setting, and its conversion to the type of each setting.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::text::Excerpt;
use crate::{Jitter, Since};
use backoff_rules::duration::FORM;
use backoff_rules::{Kind, PushBackMode};

/// A value in a file or in a variable. Text can represent any of the other types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i128),
    Number(f64),
    Flag(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

impl Value {
    pub(crate) fn from_duration(time: Duration) -> Self {
        Self::Text(humantime::format_duration(time).to_string())
    }

    pub(super) fn from_jitter(jitter: Jitter) -> Self {
        match jitter.word() {
            Ok(word) => Self::Text(word.to_string()),
            Err(factor) => Self::Number(factor),
        }
    }

    pub(super) fn from_since(since: Since) -> Self {
        Self::Text(since.word().to_string())
    }

    pub(super) fn from_push_back(mode: PushBackMode) -> Self {
        Self::Text(mode.word().to_string())
    }

    /// Returns the message that `key` does not accept this value.
    fn refused(&self, key: &str, cure: &str) -> String {
        match self {
            Self::Text(text) => format!("`{key}` is {:?}; {cure}", Excerpt(text)),
            other => format!("`{key}` is {other}; {cure}"),
        }
    }

    pub(super) fn kind(&self, key: &str) -> Result<Kind, String> {
        let kind = self.word().and_then(Kind::from_word);
        kind.ok_or_else(|| self.refused(key, &format!("use one of {}", listed(Kind::BUILT_IN.map(Kind::name)))))
    }

    pub(super) fn since(&self, key: &str) -> Result<Since, String> {
        let since = self.word().and_then(Since::from_word);
        since.ok_or_else(|| self.refused(key, &format!("use one of {}", listed(Since::ALL.map(Since::word)))))
    }

    pub(super) fn push_back(&self, key: &str) -> Result<PushBackMode, String> {
        let mode = self.word().and_then(PushBackMode::from_word);
        mode.ok_or_else(|| {
            let words = PushBackMode::ALL.map(|mode| format!("`{}`", mode.word()));
            self.refused(key, &format!("use one of {}", words.join(", ")))
        })
    }

    pub(super) fn jitter(&self, key: &str) -> Result<Jitter, String> {
        let jitter = self.word().and_then(Jitter::from_word).or_else(|| self.as_number().map(Jitter::Factor));
        jitter.ok_or_else(|| {
            let words = listed(Jitter::WORDS.iter().copied());
            self.refused(key, &format!("use one of {words}, or a ratio such as 0.5"))
        })
    }

    pub(super) fn duration(&self, key: &str) -> Result<Duration, String> {
        match self {
            Self::Text(text) => duration(text).map_err(|reason| format!("`{key}` is {:?}: {reason}", Excerpt(text))),
            Self::Integer(_) | Self::Number(_) => {
                Err(self.refused(key, &format!("use a duration with its unit, such as \"{self}s\"")))
            }
            Self::Flag(_) => Err(self.refused(key, "use a duration such as \"60s\"")),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<f64, String> {
        self.as_number().ok_or_else(|| self.refused(key, "use a number such as 2 or 1.5"))
    }

    pub(super) fn attempts(&self, key: &str) -> Result<u32, String> {
        self.whole().ok_or_else(|| self.refused(key, "use a whole number in 1..=4294967295"))
    }

    pub(super) fn retries(&self, key: &str) -> Result<u32, String> {
        self.whole().ok_or_else(|| self.refused(key, "use a whole number in 0..=4294967295"))
    }

    fn whole(&self) -> Option<u32> {
        match self {
            Self::Integer(number) => u32::try_from(*number).ok(),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Number(_) | Self::Flag(_) => None,
        }
    }

    pub(crate) fn flag(&self, key: &str) -> Result<bool, String> {
        match self {
            Self::Flag(flag) => Ok(*flag),
            Self::Text(text) => text.trim().parse().map_err(|_| self.refused(key, "use `true` or `false`")),
            Self::Integer(_) | Self::Number(_) => Err(self.refused(key, "use `true` or `false`")),
        }
    }

    fn word(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            _ => None,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a multiplier or a ratio; whole numbers beyond 2^53 are as good rounded"
    )]
    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Integer(number) => Some(*number as f64),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Flag(_) => None,
        }
    }
}

/// Returns the words in backticks, separated by commas.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// Reads a duration as `humantime` does. The error contains the mistake.
fn duration(text: &str) -> Result<Duration, String> {
    backoff_rules::duration::read(text, |part| {
        humantime::parse_duration(part).map_err(|error| refused_duration(part, &error))
    })
}

/// Returns the message for a part that is not a duration. The error of `humantime` repeats the part.
fn refused_duration(part: &str, error: &humantime::DurationError) -> String {
    if Excerpt(part).is_cut() { format!("it is too long; {FORM}") } else { format!("{error}; {FORM}") }
}
