//! Values that are one of a few words, and other values that only one argument has.

use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Lit, LitStr, Path};

use super::value::{self, Value};
use super::{Backoff, Level, Unmet, form};
use crate::function::Scope;
use crate::suggest;

pub(super) fn backoff(expr: Expr, scope: &Scope) -> syn::Result<Backoff> {
    const WORDS: [(&str, u8); 3] = [("exponential", 0), ("linear", 1), ("fibonacci", 2)];
    if let Some(text) = value::string(&expr) {
        let message = match text.value().as_str() {
            word @ ("exponential" | "linear" | "fibonacci") => {
                format!("`backoff` is a word without quotes; use `backoff = {word}`")
            }
            _ => "expected `exponential`, `linear`, `fibonacci`, or an expression of a type that is a `Backoff`".into(),
        };
        return Err(syn::Error::new(text.span(), message));
    }
    if let Some(literal) = value::literal(&expr) {
        let message = match literal {
            Lit::Int(_) | Lit::Float(_) => {
                format!("`backoff` says how delays grow; use `multiplier = {}`", literal.to_token_stream())
            }
            _ => "expected `exponential`, `linear`, `fibonacci`, or an expression of a type that is a `Backoff`".into(),
        };
        return Err(syn::Error::new_spanned(expr, message));
    }
    if let Some(word) = value::word(&expr).filter(|word| *word == "constant" || *word == "fixed") {
        let message = format!("`backoff = {word}` is said by a delay alone; use `delay = \"2s\"` without `backoff`");
        return Err(syn::Error::new(word.span(), message));
    }
    // Unlike a `Jitter`, a backoff can be a function or a unit struct, and these are a word too.
    if value::word(&expr).is_some_and(|word| is_own_backoff(word, &WORDS.map(|(name, _)| name))) {
        return Ok(Backoff::Custom(Value::computed(expr, scope)));
    }
    Ok(match value::words("backoff", expr, &WORDS, scope, Some("an expression"))? {
        Value::Literal(0) => Backoff::Exponential,
        Value::Literal(1) => Backoff::Linear,
        Value::Literal(_) => Backoff::Fibonacci,
        Value::Constant(expr) => Backoff::Custom(Value::Constant(expr)),
        Value::Runtime(expr) => Backoff::Custom(Value::Runtime(expr)),
    })
}

/// Returns whether a word is none of ours, no slip of one, and no usual name of a growth that we do not have.
fn is_own_backoff(word: &Ident, ours: &[&str]) -> bool {
    const ELSEWHERE: [&str; 10] =
        ["expo", "exp", "geometric", "polynomial", "quadratic", "random", "uniform", "decorrelated", "none", "default"];
    let typed = word.to_string();
    let known = ours.iter().chain(&ELSEWHERE).any(|name| typed.eq_ignore_ascii_case(name));
    !known && suggest::nearest(&typed, ours.iter().copied()).is_none()
}

pub(super) fn unmet(key: &Ident, expr: Expr) -> syn::Result<Unmet> {
    if value::word(&expr).is_some_and(|word| word == "last") {
        return Ok(Unmet::Last);
    }
    value::callable(key, expr).map(Unmet::With)
}

/// Reads one of a few words, and nothing else.
pub(super) fn one_of<T: Copy>(key: &str, expr: &Expr, table: &[(&str, T)]) -> syn::Result<T> {
    let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    let quoted = value::string(expr).map(LitStr::value).filter(|text| names.contains(&text.as_str()));
    let message = match (value::word(expr), quoted) {
        (Some(word), _) => match table.iter().find(|(name, _)| word == name) {
            Some((_, value)) => return Ok(*value),
            None => suggest::unknown_word(key, word, &names, None),
        },
        (None, Some(text)) => format!("`{key}` is a word without quotes; use `{key} = {text}`"),
        (None, None) => match variant_of(expr, &names) {
            Some(name) => format!("`{key}` is a word; use `{key} = {name}`"),
            None => format!("`{key}` is one of {}; use `{}`", suggest::listed(&names), form(key)),
        },
    };
    Err(syn::Error::new_spanned(expr, message))
}

/// Returns the word that a path such as `InnerRetries::Stop` means.
fn variant_of<'a>(expr: &Expr, names: &[&'a str]) -> Option<&'a str> {
    let Expr::Path(path) = value::peel(expr) else {
        return None;
    };
    let last = path.path.segments.last()?.ident.to_string();
    names.iter().copied().find(|name| name.replace('_', "").eq_ignore_ascii_case(&last))
}

pub(super) fn site_name(expr: Expr, scope: &Scope) -> syn::Result<Value<String>> {
    match (value::string(&expr), value::literal(&expr)) {
        (Some(text), _) if text.value().is_empty() => {
            let message = "`name` is empty; use a name such as `name = \"orders\"`, or remove it";
            return Err(syn::Error::new_spanned(expr, message));
        }
        (Some(text), _) => return Ok(Value::Literal(text.value())),
        (None, Some(_)) => {
            return Err(syn::Error::new_spanned(expr, "`name` is a string; use `name = \"orders\"`"));
        }
        (None, None) => {}
    }
    match Value::computed(expr, scope) {
        Value::Runtime(expr) => {
            let message = "`name` is known before the call; use a string such as `name = \"orders\"`, a constant, or `const { concat!(..) }`";
            Err(syn::Error::new_spanned(expr, message))
        }
        constant => Ok(constant),
    }
}

const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

pub(super) fn level(expr: &Expr) -> syn::Result<Level> {
    let message = match (value::string(expr), value::word(expr)) {
        (Some(text), _) => match text.value().as_str() {
            "trace" => return Ok(Level::Trace),
            "debug" => return Ok(Level::Debug),
            "info" => return Ok(Level::Info),
            "warn" => return Ok(Level::Warn),
            "error" => return Ok(Level::Error),
            other => match suggest::nearest(other, LEVELS.into_iter()) {
                Some(near) => format!("unknown level `{other}`; use `log = \"{near}\"`"),
                None => format!("unknown level `{other}`; use `trace`, `debug`, `info`, `warn` or `error`"),
            },
        },
        (None, Some(word)) => format!("`log` is a string; use `log = \"{}\"`", word.to_string().to_lowercase()),
        (None, None) => "`log` is a level; use `log = \"info\"`".to_owned(),
    };
    Err(syn::Error::new_spanned(expr, message))
}

pub(super) fn switch(expr: &Expr) -> syn::Result<bool> {
    match value::peel(expr) {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Bool(on) => Ok(on.value),
            _ => Err(syn::Error::new_spanned(expr, "`docs` is `true` or `false`; use `docs = false`")),
        },
        _ => Err(syn::Error::new_spanned(expr, "`docs` is `true` or `false`; use `docs = false`")),
    }
}

/// Reads the path of the runtime crate, bare or as a string.
pub(super) fn crate_path(input: ParseStream) -> syn::Result<Path> {
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        return text.parse_with(Path::parse_mod_style).map_err(|_| {
            syn::Error::new(text.span(), "`crate` is the path of the renamed crate; use `crate = backoff`")
        });
    }
    input.call(Path::parse_mod_style).map_err(|error| {
        syn::Error::new(error.span(), "`crate` is the path of the renamed crate; use `crate = backoff`")
    })
}
