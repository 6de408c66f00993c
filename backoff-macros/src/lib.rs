//! The attribute `#[retry]` and `#[derive(Classify)]` of `backoff-core`, which re-exports both; depend on that crate.
//!
//! The way of one attribute through the files: `function` reads the annotated item and leaves its body alone, `args`
//! reads the arguments, `validate` applies the rules that span several of them, `docs` writes the section of the
//! documentation, `expand` writes the tokens. Whatever goes wrong on that way is collected by `diagnostic`, and the user's
//! item is emitted all the same.
#![forbid(unsafe_code)]

mod args;
mod classify;
mod diagnostic;
mod docs;
mod expand;
mod function;
mod groups;
mod suggest;
mod validate;

use proc_macro::TokenStream;

use crate::args::Args;
use crate::diagnostic::Errors;
use crate::function::{Function, Scope};
use crate::groups::Depth;

#[expect(missing_docs, reason = "documented where backoff-core re-exports it; both texts would be joined")]
#[proc_macro_attribute]
pub fn retry(args: TokenStream, item: TokenStream) -> TokenStream {
    retry_tokens(args.into(), item.into()).into()
}

#[expect(missing_docs, reason = "documented where backoff-core re-exports it; both texts would be joined")]
#[proc_macro_derive(Classify, attributes(transient, permanent, ambiguous, push_back, classify))]
pub fn derive_classify(item: TokenStream) -> TokenStream {
    classify::derive(item.into()).into()
}

/// `#[retry]` on tokens that also exist outside a compiler, so that tests can call it.
fn retry_tokens(args: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let function = errors.take(syn::parse2::<Function>(groups::visible(item.clone(), Depth::Signature)));
    let scope = function.as_ref().map(Scope::of).unwrap_or_default();
    let args = Args::parse(args, &scope, &mut errors);
    validate::arguments(&args, &mut errors);
    if let Some(function) = &function {
        validate::function(&args, function, &mut errors);
    }
    match (function, errors.finish()) {
        (Some(mut function), Ok(())) => {
            docs::append(&args, &mut function);
            function.share(&args.kept_for_the_call());
            expand::retry(&args, &function)
        }
        (Some(function), Err(error)) => diagnostic::with_function(&error, &function, &args),
        (None, Err(error)) => diagnostic::with_item(&error, &item),
        (None, Ok(())) => item,
    }
}

#[cfg(test)]
mod tests;
