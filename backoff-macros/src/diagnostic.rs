//! How errors are collected, and how they are returned together with the user's item.
//!
//! The item is always emitted: without it, one bad argument would give a second error at every call of the function.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Token};

use crate::args::{Arg, Args, Once};
use crate::function::Function;

/// All mistakes found so far; independent ones are reported in one compilation.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds one error.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Adds an error at one place.
    pub(crate) fn at(&mut self, span: Span, message: impl core::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Keeps the value of a result, and adds its error.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Returns all errors as one.
    pub(crate) fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// Returns the item as it was written, and the errors. An expression is left out: tokens after it would not parse.
pub(crate) fn with_item(error: &syn::Error, item: &TokenStream) -> TokenStream {
    let error = error.to_compile_error();
    if is_expression(item) { error } else { quote!(#item #error) }
}

/// Returns whether tokens are an expression, perhaps with a semicolon: a closure or a block as far as their first word
/// tells, or a call and the like.
pub(crate) fn is_expression(item: &TokenStream) -> bool {
    match item.clone().into_iter().next() {
        Some(TokenTree::Punct(punct)) if punct.as_char() == '|' => true,
        Some(TokenTree::Ident(word)) if word == "move" => true,
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => true,
        _ => {
            let statement = |input: ParseStream| {
                let expr: Expr = input.parse()?;
                input.parse::<Option<Token![;]>>()?;
                Ok(expr)
            };
            // A macro may stand for an item, and a lonely word for the start of one; `let` binds what comes next.
            let may_be_more =
                |expr: &Expr| matches!(expr, Expr::Macro(_) | Expr::Path(_) | Expr::Let(_) | Expr::Verbatim(_));
            statement.parse2(item.clone()).is_ok_and(|expr| !may_be_more(&expr))
        }
    }
}

/// Returns the function without attributes of ours, and the errors.
///
/// A body that uses names which only the expansion binds (`once(..)`, `attempt = ctx`) would not compile by itself; such
/// a function is emitted with a body that compiles. Where the signature hides a type, the type can only come from the
/// body, and the names are bound for it.
pub(crate) fn with_function(error: &syn::Error, function: &Function, args: &Args) -> TokenStream {
    let item = if !args.binds_names() {
        function.to_token_stream()
    } else if function.hides_its_type() {
        let core = args.core_path();
        let once = args.once.iter().flat_map(|arg| &arg.value).map(|Once { name, value }| quote!(let #name = &#value;));
        let attempt = args
            .attempt
            .as_ref()
            .map(|Arg { value: name, .. }| quote!(let #name: #core::Attempt = ::core::unreachable!();));
        let (attributes, body) = (&function.inner_attrs, &function.body);
        function.with_body(&quote!({ #(#attributes)* #(#once)* #attempt #body }))
    } else {
        function.with_body(&quote!({ ::core::unreachable!() }))
    };
    // What only the attribute uses would be called unused.
    with_item(error, &quote!(#[allow(unused, reason = "the errors come first")] #item))
}
