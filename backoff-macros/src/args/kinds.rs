//! The kinds of arguments: the type of a value, how it is read, and which literals it has.

use core::convert::Infallible;
use std::marker::PhantomData;
use std::time::Duration;

use backoff_rules::Jitter;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Lit, LitStr, Path};

use super::argument::{Key, Literal};
use super::code;
use super::syntax::{self, Once};
use super::value::{self, Value};
use super::words::{self, Backoff, Level, Unmet, Word};
use crate::function::DeclaredNames;

/// A kind of argument.
pub(crate) trait Kind {
    type Value;

    /// The kind of literal that a value of another library is rewritten to.
    const LITERAL: Option<Literal> = None;

    /// Reads all that follows the key, and returns the tokens of the value beside it.
    fn read(key: &Key, input: ParseStream, scope: &DeclaredNames) -> syn::Result<(TokenStream, Self::Value)>;

    /// Returns the facts about a value that rules and the expansion use without its type.
    fn content(_: &Self::Value) -> Content<'_> {
        Content::Plain
    }
}

/// The facts about a value that rules and the expansion use without its type.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    Plain,
    /// An expression that is evaluated once per call.
    Runtime,
    /// A closure or a function whose result is needed without an await.
    Immediate(&'a Expr),
    /// A closure or a function that may be async in an async function.
    Awaited(&'a Expr),
}

impl<T> Value<T> {
    fn content(&self) -> Content<'_> {
        match self {
            Self::Literal(_) | Self::Constant(_) => Content::Plain,
            Self::Runtime(_) => Content::Runtime,
        }
    }
}

impl Backoff {
    fn content(&self) -> Content<'_> {
        match self {
            Self::Exponential | Self::Linear | Self::Fibonacci => Content::Plain,
            Self::Custom(value) => value.content(),
        }
    }
}

/// Declares the kinds that are written as `key = expression`.
macro_rules! expressions {
    ($(
        $(#[$attribute:meta])*
        $kind:ident -> $value:ty, $literal:expr, $content:expr, |$key:pat_param, $expr:pat_param, $scope:pat_param| $read:expr;
    )*) => {$(
        $(#[$attribute])*
        pub(crate) enum $kind {}

        impl Kind for $kind {
            type Value = $value;
            const LITERAL: Option<Literal> = $literal;

            fn read(key: &Key, input: ParseStream, scope: &DeclaredNames) -> syn::Result<(TokenStream, Self::Value)> {
                let expr = syntax::expression(key, input)?;
                let tokens = expr.to_token_stream();
                let read = |$key: &Key, $expr: Expr, $scope: &DeclaredNames| -> syn::Result<$value> { $read };
                Ok((tokens, read(key, expr, scope)?))
            }

            fn content(value: &Self::Value) -> Content<'_> {
                $content(value)
            }
        }
    )*};
}

const DURATION: Option<Literal> = Some(Literal::Duration);
const NUMBER: Option<Literal> = Some(Literal::Number);
const TEXT: Option<Literal> = Some(Literal::Text);

fn plain<T>(_: &T) -> Content<'_> {
    Content::Plain
}

expressions! {
    /// A number of attempts or retries.
    Count -> Value<u32>, NUMBER, Value::content, |key, expr, scope| value::whole(key, expr, scope, &u32::MAX);
    Seed -> Value<u64>, NUMBER, Value::content, |key, expr, scope| value::whole(key, expr, scope, &u64::MAX);
    /// A number with or without a point.
    NumberValue -> Value<f64>, NUMBER, Value::content, |key, expr, scope| value::ratio(key, expr, scope);
    DurationValue -> Value<Duration>, DURATION, Value::content, |key, expr, scope| value::duration(key, expr, scope);
    JitterValue -> Value<Jitter>, NUMBER, Value::content, |key, expr, scope| words::jitter(key, expr, scope);
    BackoffValue -> Backoff, None, Backoff::content, |key, expr, scope| words::backoff(key, expr, scope);
    /// An expression of type `Policy<B>`; never [`Value::Literal`].
    PolicyValue -> Value<Infallible>, None, Value::content,
        |key, expr, scope| Ok(Value::computed(code::object(key, expr, "a `Policy`")?, scope));
    /// A closure or a function that decides or makes something.
    Condition -> Expr, None, Content::Immediate, |key, expr, _| code::condition(key, expr);
    /// A closure or a function that may be async.
    Hook -> Expr, None, Content::Awaited, |key, expr, _| code::callable(key, expr);
    Sleeper -> Expr, None, plain, |key, expr, _| code::callable(key, expr);
    UnmetValue -> Unmet, None, plain, |key, expr, _| words::unmet(key, expr);
    /// An expression that is evaluated and not called.
    Evaluated -> Expr, None, plain, |key, expr, _| code::evaluated(key, expr);
    CancelSignal -> Expr, None, plain,
        |key, expr, _| code::object(key, expr, "a `CancelToken`, or a future in an async function");
    /// A string or a constant; never [`Value::Runtime`].
    SiteName -> Value<String>, TEXT, Value::content, |_, expr, scope| site_name(expr, scope);
    LogLevel -> Level, TEXT, plain, |_, expr, _| words::level(&expr);
    Switch -> bool, None, plain, |_, expr, _| switch(&expr);
}

/// One of a few words, and nothing else.
pub(crate) struct OneWord<T>(PhantomData<T>);

impl<T: Word> Kind for OneWord<T> {
    type Value = T;

    fn read(key: &Key, input: ParseStream, _: &DeclaredNames) -> syn::Result<(TokenStream, T)> {
        let expr = syntax::expression(key, input)?;
        Ok((expr.to_token_stream(), words::one_word(key, &expr)?))
    }
}

/// A key without a value.
pub(crate) enum BareWord {}

impl Kind for BareWord {
    type Value = ();

    fn read(key: &Key, input: ParseStream, _: &DeclaredNames) -> syn::Result<(TokenStream, ())> {
        syntax::bare_word(key, input).map(|()| (TokenStream::new(), ()))
    }
}

/// A `bool`; the bare word is `true`.
pub(crate) enum Promise {}

impl Kind for Promise {
    type Value = Value<bool>;

    fn read(key: &Key, input: ParseStream, scope: &DeclaredNames) -> syn::Result<(TokenStream, Value<bool>)> {
        if syntax::ends(input) {
            return Ok((TokenStream::new(), Value::Literal(true)));
        }
        let expr = syntax::expression(key, input)?;
        Ok((expr.to_token_stream(), value::truth(key, expr, scope)?))
    }

    fn content(value: &Value<bool>) -> Content<'_> {
        value.content()
    }
}

/// A budget; `None` for the bare word.
pub(crate) enum BudgetValue {}

impl Kind for BudgetValue {
    type Value = Option<Expr>;

    fn read(key: &Key, input: ParseStream, _: &DeclaredNames) -> syn::Result<(TokenStream, Option<Expr>)> {
        if syntax::ends(input) {
            return Ok((TokenStream::new(), None));
        }
        let expr = syntax::expression(key, input)?;
        Ok((expr.to_token_stream(), Some(code::budget(key, expr)?)))
    }
}

/// The list of `once(name = expression)`.
pub(crate) enum OnceList {}

impl Kind for OnceList {
    type Value = Vec<Once>;

    fn read(key: &Key, input: ParseStream, _: &DeclaredNames) -> syn::Result<(TokenStream, Vec<Once>)> {
        syntax::list(key, input, syntax::once)
    }
}

/// A list of names of arguments of the function.
pub(crate) enum Names {}

impl Kind for Names {
    type Value = Vec<Ident>;

    fn read(key: &Key, input: ParseStream, _: &DeclaredNames) -> syn::Result<(TokenStream, Vec<Ident>)> {
        syntax::list(key, input, |input| {
            const MESSAGE: &str =
                "`clone` takes the names of arguments, with commas between them; use `clone(argument)`";
            syntax::name(input, MESSAGE)
        })
    }
}

/// A name that the expansion binds for the body.
pub(crate) enum NewName {}

impl Kind for NewName {
    type Value = Ident;

    fn read(key: &Key, input: ParseStream, _: &DeclaredNames) -> syn::Result<(TokenStream, Ident)> {
        syntax::equals(key, input)?;
        let name = syntax::name(input, "`attempt` takes a name for the body; use `attempt = ctx`")?;
        Ok((name.to_token_stream(), name))
    }
}

/// The path of the runtime crate, bare or as a string.
pub(crate) enum CratePath {}

impl Kind for CratePath {
    type Value = Path;

    fn read(key: &Key, input: ParseStream, _: &DeclaredNames) -> syn::Result<(TokenStream, Path)> {
        const MESSAGE: &str = "`crate` is the path of the renamed crate; use `crate = backoff`";
        syntax::equals(key, input)?;
        let path = if input.peek(LitStr) {
            let text: LitStr = input.parse()?;
            text.parse_with(Path::parse_mod_style).map_err(|_| syn::Error::new(text.span(), MESSAGE))?
        } else {
            input.call(Path::parse_mod_style).map_err(|error| syn::Error::new(error.span(), MESSAGE))?
        };
        Ok((path.to_token_stream(), path))
    }
}

fn site_name(expr: Expr, scope: &DeclaredNames) -> syn::Result<Value<String>> {
    let message = match (value::string(&expr), value::literal(&expr)) {
        (Some(text), _) if text.value().is_empty() => {
            "`name` is empty; use a name such as `name = \"orders\"`, or remove it"
        }
        (Some(text), _) => return Ok(Value::Literal(text.value())),
        (None, Some(_)) => "`name` is a string; use `name = \"orders\"`",
        (None, None) => match Value::computed(expr, scope) {
            Value::Runtime(expr) => {
                let message = "`name` is known before the call; use a string such as `name = \"orders\"`, a constant, or \
                               `const { concat!(..) }`";
                return Err(syn::Error::new_spanned(expr, message));
            }
            constant => return Ok(constant),
        },
    };
    Err(syn::Error::new_spanned(expr, message))
}

fn switch(expr: &Expr) -> syn::Result<bool> {
    if let Some(Lit::Bool(on)) = value::literal(expr) {
        return Ok(on.value);
    }
    Err(syn::Error::new_spanned(expr, "`docs` is `true` or `false`; use `docs = false`"))
}
