//! The grammar of the attribute: tokens in, typed [`Args`] out, each value with the place where it is written.
//!
//! Every `key = value` is read by itself. After a mistake the reader goes on at the next argument, so that one
//! compilation reports all of them.

mod duration;
mod keys;
mod reader;
mod value;
mod words;

use std::time::Duration;

use backoff_rules::{Jitter, Since};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Ident, Path};

pub(crate) use self::keys::{KEYS, LIMITS, form};
pub(crate) use self::value::{Value, is_async_closure, peel};
use crate::diagnostic::Errors;
use crate::function::Scope;
use crate::groups;

/// One argument: its key, its value as it is written, and what the value means.
pub(crate) struct Arg<T> {
    pub(crate) key: Ident,
    /// The value's own tokens; empty for a bare word.
    pub(crate) tokens: TokenStream,
    pub(crate) value: T,
}

impl<T> Arg<T> {
    /// Returns an error at the value.
    pub(crate) fn error(&self, message: impl core::fmt::Display) -> syn::Error {
        if self.tokens.is_empty() {
            return syn::Error::new(self.key.span(), message);
        }
        syn::Error::new_spanned(&self.tokens, message)
    }

    /// Returns the value as the user wrote it, without quotes.
    pub(crate) fn text(&self) -> String {
        self.tokens.to_string().trim_matches('"').replace("- ", "-")
    }
}

impl<T> Arg<Value<T>> {
    /// Returns the value that the macro itself can check.
    pub(crate) fn literal(&self) -> Option<&T> {
        match &self.value {
            Value::Literal(value) => Some(value),
            Value::Constant(_) | Value::Runtime(_) => None,
        }
    }
}

/// `backoff = ..`
pub(crate) enum Backoff {
    Exponential,
    Linear,
    Fibonacci,
    /// An expression that implements `Backoff`; never [`Value::Literal`].
    Custom(Value<core::convert::Infallible>),
}

/// `unmet = ..`
pub(crate) enum Unmet {
    /// Return the last value.
    Last,
    /// Make the result from the last value.
    With(Expr),
}

/// `inner_retries = ..`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InnerRetries {
    Allow,
    Suppress,
    Stop,
}

/// `log = ".."`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// One `name = expression` of `once(..)`.
pub(crate) struct Once {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

/// Everything that `#[retry(...)]` says.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) max_attempts: Option<Arg<Value<u32>>>,
    pub(crate) max_retries: Option<Arg<Value<u32>>>,
    pub(crate) max_elapsed: Option<Arg<Value<Duration>>>,
    pub(crate) forever: Option<Arg<()>>,
    pub(crate) initial_delay: Option<Arg<Value<Duration>>>,
    pub(crate) max_delay: Option<Arg<Value<Duration>>>,
    pub(crate) multiplier: Option<Arg<Value<f64>>>,
    pub(crate) delay: Option<Arg<Value<Duration>>>,
    pub(crate) backoff: Option<Arg<Backoff>>,
    pub(crate) increment: Option<Arg<Value<Duration>>>,
    pub(crate) jitter: Option<Arg<Value<Jitter>>>,
    /// An expression of type `Policy<B>`; never [`Value::Literal`].
    pub(crate) policy: Option<Arg<Value<core::convert::Infallible>>>,
    pub(crate) when: Option<Arg<Expr>>,
    pub(crate) idempotent: Option<Arg<()>>,
    pub(crate) until: Option<Arg<Expr>>,
    pub(crate) unmet: Option<Arg<Unmet>>,
    pub(crate) once: Option<Arg<Vec<Once>>>,
    pub(crate) clone: Option<Arg<Vec<Ident>>>,
    pub(crate) attempt: Option<Arg<Ident>>,
    pub(crate) attempt_timeout: Option<Arg<Value<Duration>>>,
    pub(crate) timeout: Option<Arg<Value<Duration>>>,
    pub(crate) on_timeout: Option<Arg<Expr>>,
    pub(crate) on_retry: Option<Arg<Expr>>,
    pub(crate) on_give_up: Option<Arg<Expr>>,
    pub(crate) on_recovered: Option<Arg<Expr>>,
    pub(crate) before_retry: Option<Arg<Expr>>,
    pub(crate) or_else: Option<Arg<Expr>>,
    /// `None` inside: the bare word `budget`.
    pub(crate) budget: Option<Arg<Option<Expr>>>,
    pub(crate) inner_retries: Option<Arg<InnerRetries>>,
    pub(crate) since: Option<Arg<Since>>,
    pub(crate) reset_after: Option<Arg<Value<Duration>>>,
    pub(crate) max_push_back: Option<Arg<Value<Duration>>>,
    pub(crate) cancel: Option<Arg<Expr>>,
    pub(crate) sleep: Option<Arg<Expr>>,
    /// A literal or a constant; never [`Value::Runtime`].
    pub(crate) name: Option<Arg<Value<String>>>,
    pub(crate) seed: Option<Arg<Value<u64>>>,
    pub(crate) log: Option<Arg<Level>>,
    /// `crate = path`.
    pub(crate) krate: Option<Arg<Path>>,
    pub(crate) docs: Option<Arg<bool>>,
    /// Every known key that is written, also where its value is wrong.
    given: Vec<Ident>,
    /// The keys that unknown ones seem to mean.
    meant: Vec<&'static str>,
}

impl Args {
    /// Reads the arguments; what cannot be read is left out and reported.
    pub(crate) fn parse(tokens: TokenStream, scope: &Scope, errors: &mut Errors) -> Self {
        reader::read(groups::arguments(tokens), scope, errors)
    }

    /// Returns whether a key is written, also where its value is wrong: one mistake must not cause a second report.
    pub(crate) fn key(&self, name: &str) -> Option<&Ident> {
        self.given.iter().find(|key| *key == name)
    }

    /// Returns whether a key is written, perhaps with a slip or by another library's name for it.
    pub(crate) fn seems_given(&self, name: &str) -> bool {
        self.key(name).is_some() || self.meant.contains(&name)
    }

    /// Returns whether a limit on attempts or time is written, or `forever`, perhaps with a slip.
    pub(crate) fn names_limit(&self) -> bool {
        LIMITS.into_iter().chain(["forever"]).any(|name| self.seems_given(name))
    }

    /// Returns the path of the runtime crate.
    pub(crate) fn core_path(&self) -> TokenStream {
        self.krate.as_ref().map_or_else(
            || quote::quote_spanned!(proc_macro2::Span::mixed_site()=> ::backoff_core),
            |path| path.value.to_token_stream(),
        )
    }

    /// Returns the values that may borrow from arguments of the function for the whole call.
    pub(crate) fn kept_for_the_call(&self) -> TokenStream {
        let Self { policy, backoff, once, budget, cancel, sleep, .. } = self;
        let mut kept = TokenStream::new();
        kept.extend(policy.as_ref().map(|arg| arg.tokens.clone()));
        kept.extend(backoff.as_ref().map(|arg| arg.tokens.clone()));
        kept.extend(once.as_ref().map(|arg| arg.tokens.clone()));
        kept.extend(budget.as_ref().map(|arg| arg.tokens.clone()));
        kept.extend(cancel.as_ref().map(|arg| arg.tokens.clone()));
        kept.extend(sleep.as_ref().map(|arg| arg.tokens.clone()));
        kept
    }

    /// Returns whether the expansion binds names that the body may use.
    pub(crate) fn binds_names(&self) -> bool {
        self.key("once").or_else(|| self.key("attempt")).is_some()
    }
}
