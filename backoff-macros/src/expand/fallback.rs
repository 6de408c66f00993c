//! The output after an error: the errors, and the item of the user.
//!
//! Without the item, one bad argument would give a second error at every call of the function.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Token};

use crate::args::{Arg, Args, Once};
use crate::function::Function;

/// Returns the item as it is written, and the errors. An expression is left out, because tokens after it would not
/// parse.
pub(crate) fn with_item(error: &syn::Error, item: &TokenStream) -> TokenStream {
    let error = error.to_compile_error();
    if is_expression(item) { error } else { quote!(#item #error) }
}

/// Returns whether tokens are an expression, with or without a semicolon. The first token decides about closures and
/// blocks; other expressions, such as calls, are parsed.
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
            // A macro may expand to an item, a single word may be the start of one, and `let` is a statement.
            let may_be_more =
                |expr: &Expr| matches!(expr, Expr::Macro(_) | Expr::Path(_) | Expr::Let(_) | Expr::Verbatim(_));
            statement.parse2(item.clone()).is_ok_and(|expr| !may_be_more(&expr))
        }
    }
}

/// Returns the function without `#[retry]` attributes, and the errors.
///
/// A body that uses names from the expansion (`once(..)`, `attempt = ctx`) would not compile by itself, so the body is
/// replaced by one that compiles. If the signature has an `impl` type, only the body defines that type, so the body is
/// kept, and the names are bound before it.
pub(crate) fn with_function(error: &syn::Error, function: &Function, args: &Args) -> TokenStream {
    let item = if !args.binds_names() {
        function.to_token_stream()
    } else if function.has_impl_type() {
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
    // Items that only the attribute uses would cause lints about unused code.
    with_item(error, &quote!(#[allow(unused, reason = "the errors come first")] #item))
}
