//! Values that are one of a few words.

use core::convert::Infallible;

use backoff_rules::{Jitter, PushBackMode, Since};
use quote::ToTokens;
use syn::{Expr, Ident, Lit, LitStr};

use super::argument::Key;
use super::code;
use super::value::{Value, is_screaming, literal, number, peel, signed, string, word};
use crate::function::DeclaredNames;
use crate::suggest::{self, listed};

/// A value that is one of a few words.
pub(crate) trait Word: Sized {
    const WORDS: &'static [&'static str];

    fn from_word(word: &str) -> Option<Self>;

    /// Returns the name of the variant, which is the same in the runtime crate.
    fn variant(&self) -> &'static str;

    /// The argument that takes a duration, for a duration that is written in place of a word.
    const DURATION: Option<&'static str> = None;
}

/// Declares an enum of words, and after `or` its variants that are written in another form.
macro_rules! words {
    (
        $(#[$attribute:meta])*
        enum $name:ident { $($variant:ident = $word:literal,)* }
        $(or { $($(#[$other_attribute:meta])* $other:ident($content:ty),)* })?
    ) => {
        $(#[$attribute])*
        pub(crate) enum $name {
            $($variant,)*
            $($($(#[$other_attribute])* $other($content),)*)?
        }

        impl Word for $name {
            const WORDS: &'static [&'static str] = &[$($word),*];

            fn from_word(word: &str) -> Option<Self> {
                [$(($word, Self::$variant)),*].into_iter().find(|(name, _)| *name == word).map(|(_, value)| value)
            }

            fn variant(&self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                    $($(Self::$other(_) => stringify!($other),)*)?
                }
            }
        }
    };
}

words! {
    /// The value of `backoff`.
    enum Backoff {
        Exponential = "exponential",
        Linear = "linear",
        Fibonacci = "fibonacci",
    } or {
        /// An expression that implements `Backoff`; never [`Value::Literal`].
        Custom(Value<Infallible>),
    }
}

words! {
    /// The value of `unmet`.
    enum Unmet {
        // Returns the last value.
        Last = "last",
    } or {
        /// Makes the result from the last value.
        With(Expr),
    }
}

words! {
    /// The value of `inner_retries`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum InnerRetries {
        Allow = "allow",
        Suppress = "suppress",
        Stop = "stop",
    }
}

words! {
    /// The value of `log`, which is a string.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Level {
        Trace = "trace",
        Debug = "debug",
        Info = "info",
        Warn = "warn",
        Error = "error",
    }
}

/// The value of `jitter`, if it is a word or a number; other expressions are of type `Jitter`.
impl Word for Jitter {
    const WORDS: &'static [&'static str] = Self::WORDS;

    fn from_word(word: &str) -> Option<Self> {
        Self::from_word(word)
    }

    fn variant(&self) -> &'static str {
        Self::variant(*self).unwrap_or("Factor")
    }
}

/// The value of `since`.
impl Word for Since {
    const WORDS: &'static [&'static str] = {
        let [call, first_failure] = Self::ALL;
        &[call.word(), first_failure.word()]
    };

    fn from_word(word: &str) -> Option<Self> {
        Self::from_word(word)
    }

    fn variant(&self) -> &'static str {
        Self::variant(*self)
    }
}

/// The value of `push_back`.
impl Word for PushBackMode {
    const WORDS: &'static [&'static str] = {
        let [add, replace, longest] = Self::ALL;
        &[add.word(), replace.word(), longest.word()]
    };
    const DURATION: Option<&'static str> = Some("max_push_back");

    fn from_word(word: &str) -> Option<Self> {
        Self::from_word(word)
    }

    fn variant(&self) -> &'static str {
        Self::variant(*self)
    }
}

/// Reads a word, and nothing else.
pub(super) fn one_word<T: Word>(key: &Key, expr: &Expr) -> syn::Result<T> {
    let quoted = string(expr).map(LitStr::value).filter(|text| T::WORDS.contains(&text.as_str()));
    let message = match (word(expr), quoted) {
        (Some(word), _) => match T::from_word(&word.to_string()) {
            Some(value) => return Ok(value),
            None => suggest::unknown_word(key, word, T::WORDS, None),
        },
        (None, Some(text)) => format!("`{key}` is a word without quotes; use `{key} = {text}`"),
        (None, None) => match (word_of_variant(expr, T::WORDS), T::DURATION, string(expr)) {
            (Some(name), ..) => format!("`{key}` is a word; use `{key} = {name}`"),
            (None, Some(limit), Some(text)) => format!(
                "`{key}` is one of {}; use `{}`, or `{limit} = {}` for a limit",
                listed(T::WORDS),
                key.form(),
                text.to_token_stream()
            ),
            (None, ..) => format!("`{key}` is one of {}; use `{}`", listed(T::WORDS), key.form()),
        },
    };
    Err(syn::Error::new_spanned(expr, message))
}

/// Returns the word for a variant that is written as a path, such as `InnerRetries::Stop`.
fn word_of_variant<'a>(expr: &Expr, words: &[&'a str]) -> Option<&'a str> {
    let Expr::Path(path) = peel(expr) else {
        return None;
    };
    let last = path.path.segments.last()?.ident.to_string();
    words.iter().copied().find(|word| word.replace('_', "").eq_ignore_ascii_case(&last))
}

/// Reads a word or an expression. A single lower-case name is a misspelt word, unless the function has an argument of
/// this name.
fn word_or_expression<T: Word>(key: &Key, expr: Expr, scope: &DeclaredNames, or: &str) -> syn::Result<Value<T>> {
    if let Some(word) = word(&expr) {
        if let Some(value) = T::from_word(&word.to_string()) {
            return Ok(Value::Literal(value));
        }
        if !is_screaming(word) && !scope.is_argument(word) && !scope.is_generic(word) {
            let message = suggest::unknown_word(key, word, T::WORDS, Some(or));
            return Err(syn::Error::new(word.span(), message));
        }
    }
    Ok(Value::computed(expr, scope))
}

/// Reads a backoff: a word, or an expression.
pub(super) fn backoff(key: &Key, expr: Expr, scope: &DeclaredNames) -> syn::Result<Backoff> {
    if let Some(message) = literal_backoff(&expr) {
        return Err(syn::Error::new_spanned(expr, message));
    }
    if let Some(word) = word(&expr).filter(|word| *word == "constant" || *word == "fixed") {
        let message = format!("`backoff = {word}` is said by a delay alone; use `delay = \"2s\"` without `backoff`");
        return Err(syn::Error::new(word.span(), message));
    }
    // Unlike a `Jitter`, a backoff can be a function or a unit struct, which is also a single word.
    if word(&expr).is_some_and(is_custom_backoff) {
        return Ok(Backoff::Custom(Value::computed(expr, scope)));
    }
    Ok(match word_or_expression(key, expr, scope, "an expression")? {
        Value::Literal(backoff) => backoff,
        Value::Constant(expr) => Backoff::Custom(Value::Constant(expr)),
        Value::Runtime(expr) => Backoff::Custom(Value::Runtime(expr)),
    })
}

/// Returns the message for a backoff that is a literal.
fn literal_backoff(expr: &Expr) -> Option<String> {
    let quoted = string(expr).map(LitStr::value).filter(|text| Backoff::WORDS.contains(&text.as_str()));
    Some(match (quoted, literal(expr)?) {
        (Some(word), _) => format!("`backoff` is a word without quotes; use `backoff = {word}`"),
        (None, Lit::Int(_) | Lit::Float(_)) => {
            let number = literal(expr).to_token_stream();
            format!("`backoff` says how delays grow; use `multiplier = {number}`")
        }
        (None, _) => format!("expected {}, or an expression of a type that is a `Backoff`", listed(Backoff::WORDS)),
    })
}

/// Returns whether a word is a custom backoff: neither a word of this library, nor a misspelt one, nor the name of a
/// growth that only other libraries have.
fn is_custom_backoff(word: &Ident) -> bool {
    const ELSEWHERE: [&str; 10] =
        ["expo", "exp", "geometric", "polynomial", "quadratic", "random", "uniform", "decorrelated", "none", "default"];
    let typed = word.to_string();
    let is_known = Backoff::WORDS.iter().chain(&ELSEWHERE).any(|name| typed.eq_ignore_ascii_case(name));
    !is_known && suggest::nearest(&typed, Backoff::WORDS.iter().copied()).is_none()
}

/// Reads a jitter: a word, a factor, or an expression.
pub(super) fn jitter(key: &Key, expr: Expr, scope: &DeclaredNames) -> syn::Result<Value<Jitter>> {
    if let Some(factor) = number(&expr) {
        return Ok(Value::Literal(Jitter::Factor(factor)));
    }
    let message = match signed(&expr).map(|signed| signed.lit) {
        None => return word_or_expression(key, expr, scope, "a factor such as `0.5`"),
        Some(Lit::Str(text)) if Jitter::WORDS.contains(&text.value().as_str()) => {
            format!("`jitter` is a word without quotes; use `jitter = {}`", text.value())
        }
        Some(Lit::Str(text)) if quoted_factor(&text.value()).is_some() => {
            let factor = quoted_factor(&text.value()).unwrap_or(0.5);
            format!("`jitter` is a word or a factor without quotes; use `jitter = {factor}`")
        }
        Some(Lit::Bool(on)) if on.value => "`jitter` is a word or a factor; use `jitter = full`".to_owned(),
        Some(Lit::Bool(_)) => "`jitter` is a word or a factor; use `jitter = none`".to_owned(),
        Some(_) => format!("expected {}, or a factor such as `0.5`", listed(Jitter::WORDS)),
    };
    Err(syn::Error::new_spanned(expr, message))
}

/// Returns the factor in a text, also in percent.
fn quoted_factor(text: &str) -> Option<f64> {
    let factor = match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.trim().parse().ok()?,
    };
    (0.0..=1.0).contains(&factor).then_some(factor)
}

/// Reads the value of `unmet`: a word, or a closure.
pub(super) fn unmet(key: &Key, expr: Expr) -> syn::Result<Unmet> {
    match word(&expr).and_then(|word| Unmet::from_word(&word.to_string())) {
        Some(unmet) => Ok(unmet),
        None => code::condition(key, expr).map(Unmet::With),
    }
}

/// Reads a level, which is a word in quotes.
pub(super) fn level(expr: &Expr) -> syn::Result<Level> {
    let message = match (string(expr), word(expr)) {
        (Some(text), _) => {
            let typed = text.value();
            if let Some(level) = Level::from_word(&typed) {
                return Ok(level);
            }
            let cure = match suggest::nearest(&typed, Level::WORDS.iter().copied()) {
                Some(near) => format!("`log = \"{near}\"`"),
                None => alternatives(Level::WORDS),
            };
            format!("unknown level `{typed}`; use {cure}")
        }
        (None, Some(word)) => format!("`log` is a string; use `log = \"{}\"`", word.to_string().to_lowercase()),
        (None, None) => "`log` is a level; use `log = \"info\"`".to_owned(),
    };
    Err(syn::Error::new_spanned(expr, message))
}

/// Writes "`a`, `b` or `c`".
fn alternatives(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or `{last}`", listed(first)),
        words => listed(words),
    }
}
