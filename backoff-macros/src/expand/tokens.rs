//! Small pieces of output that several stages write.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, Pat};

use crate::args::{Value, is_async_closure, peel};

/// The paths of the runtime crate in the output.
pub(super) struct Paths {
    pub(super) core: TokenStream,
    /// The module of the runtime crate that expanded code may name.
    pub(super) private: TokenStream,
}

impl Paths {
    pub(super) fn new() -> Self {
        // The prologue imports the crate by this name, so that a wrong path is reported once.
        let core = quote_spanned!(Span::mixed_site()=> __retry_core);
        let private = quote_spanned!(Span::mixed_site()=> #core::__private);
        Self { core, private }
    }
}

impl<T: ToTokens> Value<T> {
    /// Returns the value as an expression.
    pub(super) fn expression(&self) -> TokenStream {
        match self {
            Self::Literal(value) => value.to_token_stream(),
            Self::Constant(expr) | Self::Runtime(expr) => expr.to_token_stream(),
        }
    }
}

/// Writes an expression of type `Option`.
pub(super) fn optional(value: Option<TokenStream>) -> TokenStream {
    let site = Span::mixed_site();
    value.map_or_else(
        || quote_spanned!(site=> ::core::option::Option::None),
        |value| quote_spanned!(site=> ::core::option::Option::Some(#value)),
    )
}

/// Moves generated tokens without groups to a place in the user's source: the compiler reports an expression as all
/// source between its first and its last token.
pub(super) fn located(tokens: &TokenStream, place: Span) -> TokenStream {
    let moved = tokens.clone().into_iter().map(|mut tree| {
        tree.set_span(tree.span().located_at(place));
        tree
    });
    moved.collect()
}

/// Writes a duration as an expression.
pub(super) fn duration(value: &Value<Duration>) -> TokenStream {
    match value {
        Value::Literal(time) => {
            let (secs, nanos) = (time.as_secs(), time.subsec_nanos());
            quote_spanned!(Span::mixed_site()=> ::core::time::Duration::new(#secs, #nanos))
        }
        Value::Constant(expr) | Value::Runtime(expr) => expr.to_token_stream(),
    }
}

/// Calls a function of the private module with a closure of the user, so that errors in the closure are reported there.
pub(super) fn called(private: &TokenStream, function: &str, argument: &TokenStream, closure: &Expr) -> TokenStream {
    let at = Span::mixed_site().located_at(closure.span());
    let (private, function) = (located(private, at), Ident::new(function, at));
    quote_spanned!(at=> #private::#function(#argument, #closure))
}

/// Calls a hook with an event; an `async` closure is awaited in place.
pub(super) fn notify(private: &TokenStream, hook: &Expr, event: &TokenStream) -> TokenStream {
    let site = Span::mixed_site();
    if let Some((pattern, body)) = async_closure(hook, &TokenStream::new()) {
        quote_spanned! {site=>
            {
                let __event = #event;
                // Not a `let`, because a lint reports one whose pattern is a name such as `_event`.
                match &__event {
                    #pattern => #body.await,
                }
            }
        }
    } else {
        let called = called(private, "notify", &quote_spanned!(site=> &#event), hook);
        quote_spanned!(site=> #called;)
    }
}

/// Takes an `async` closure of one argument apart: the pattern, and the body as an async block that begins with `head`.
pub(super) fn async_closure<'a>(expr: &'a Expr, head: &TokenStream) -> Option<(&'a Pat, TokenStream)> {
    let Expr::Closure(closure) = peel(expr) else {
        return None;
    };
    if !is_async_closure(expr) {
        return None;
    }
    // The grammar refuses a closure with another number of arguments.
    let (Some(pattern), 1) = (closure.inputs.first(), closure.inputs.len()) else {
        return None;
    };
    let capture = &closure.capture;
    // The statements of a block are spliced, because a lint reports braces around a single expression.
    let body = match &*closure.body {
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            let statements = &block.block.stmts;
            quote_spanned!(Span::mixed_site()=> #head #(#statements)*)
        }
        body => quote_spanned!(Span::mixed_site()=> #head #body),
    };
    let at = Span::mixed_site().located_at(closure.body.span());
    Some((pattern, quote_spanned!(at=> async #capture { #body })))
}
