//! The arguments of an attribute that is a text: their values, or the mistakes of the macro with their places.

use std::ops::Range;
use std::str::FromStr;

use proc_macro2::{LexError, Span, TokenStream};
use quote::ToTokens as _;
use syn::{Expr, ExprLit, Lit};

use crate::args::{Args, Given, Role};
use crate::errors::Errors;
use crate::function::{DeclaredNames, Function};
use crate::{docs, validate};

/// The function below the attribute; limits on attempts by time need an async one.
const FUNCTION: &str = "async fn call() -> Result<(), Error> { attempt().await }";

/// A correct attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The arguments in the order of the reference.
    pub arguments: Vec<Argument>,
    /// The section "Retries" that the macro adds to the documentation of the function, as lines of Markdown.
    pub section: Vec<String>,
}

/// One argument with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: &'static str,
    /// Whether it sets a value of the policy; the others are hooks, sources and the like.
    pub is_policy_setting: bool,
    pub value: Value,
    /// The bytes of the text that the whole argument takes.
    pub place: Range<usize>,
}

/// A value that can be known without the program around it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The argument has no value.
    Flag(bool),
    Whole(u64),
    Number(f64),
    /// A word without quotes, such as `full`.
    Word(String),
    /// A string, such as a duration.
    Text(String),
    /// An expression, whose value only the program knows.
    Code,
}

/// A message of the macro, and the bytes of the text that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub message: String,
    pub place: Range<usize>,
}

/// Reads the arguments of `#[retry(text)]` on an async function.
///
/// # Errors
///
/// Returns the mistakes that the macro reports.
pub fn read(text: &str) -> Result<Attribute, Vec<Mistake>> {
    let tokens = TokenStream::from_str(text).map_err(|error| vec![unreadable(&error, text)])?;
    let (args, errors) = parse(tokens);
    match errors.finish() {
        Ok(()) => Ok(Attribute { arguments: list(&args), section: docs::section(&args) }),
        Err(error) => Err(error.into_iter().map(|error| Mistake::at(error.span(), error.to_string(), text)).collect()),
    }
}

/// Returns the arguments that could be read, also beside mistakes.
#[must_use]
pub fn readable(text: &str) -> Vec<Argument> {
    TokenStream::from_str(text).map(|tokens| list(&parse(tokens).0)).unwrap_or_default()
}

fn parse(tokens: TokenStream) -> (Args, Errors) {
    let mut errors = Errors::default();
    let item = TokenStream::from_str(FUNCTION).unwrap_or_default();
    let function = errors.take(syn::parse2::<Function>(item));
    let scope = function.as_ref().map(DeclaredNames::of).unwrap_or_default();
    let args = Args::parse(tokens, &scope, &mut errors);
    validate::arguments(&args, &mut errors);
    if let Some(function) = &function {
        validate::function(&args, function, &mut errors);
    }
    (args, errors)
}

fn list(args: &Args) -> Vec<Argument> {
    args.given().map(|given| argument(&given)).collect()
}

fn argument(given: &Given<'_>) -> Argument {
    let key = given.key.span().byte_range();
    let end = given.tokens.clone().into_iter().last().map_or(key.end, |last| last.span().byte_range().end);
    Argument {
        name: given.argument.name,
        is_policy_setting: given.argument.has(Role::PolicySetting),
        value: value(given.tokens),
        place: key.start..end.max(key.end),
    }
}

fn value(tokens: &TokenStream) -> Value {
    if tokens.is_empty() {
        return Value::Flag(true);
    }
    match syn::parse2::<Expr>(tokens.clone()) {
        Ok(Expr::Lit(ExprLit { lit, .. })) => literal(&lit),
        Ok(Expr::Path(path)) => match path.path.get_ident().map(ToString::to_string) {
            Some(word) if !word.contains(char::is_uppercase) => Value::Word(word),
            _ => Value::Code,
        },
        _ => Value::Code,
    }
}

fn literal(lit: &Lit) -> Value {
    match lit {
        Lit::Bool(flag) => Value::Flag(flag.value),
        Lit::Str(text) => Value::Text(text.value()),
        Lit::Int(number) => number.base10_parse().map_or(Value::Code, Value::Whole),
        Lit::Float(number) => number.base10_parse().map_or(Value::Code, Value::Number),
        other => Value::Text(other.to_token_stream().to_string()),
    }
}

/// Describes a text that is not a sequence of Rust tokens.
fn unreadable(error: &LexError, text: &str) -> Mistake {
    let message = "this is not Rust: a quote or a bracket has no partner, or a character has no meaning".to_owned();
    Mistake::at(error.span(), message, text)
}

impl Mistake {
    fn at(span: Span, message: String, text: &str) -> Self {
        let Range { start, end } = span.byte_range();
        // A mistake about the attribute as a whole has no place in it.
        let place = if end <= text.len() && start <= end { start..end } else { 0..text.len() };
        Self { message, place }
    }
}
