//! The attribute `#[retry]` and `#[derive(Classify)]` of `backoff-core`, which re-exports both; depend on that crate.
//!
//! The way of one attribute through the files, as `attribute` leads it: `function` reads the annotated item and leaves its body alone, `args`
//! reads the arguments, `validate` applies the rules that span several of them, `docs` writes the section of the
//! documentation, `expand` writes the tokens. Whatever goes wrong on that way is collected by `diagnostic`, and the user's
//! item is emitted all the same.
#![forbid(unsafe_code)]

mod args;
mod attribute;
mod classify;
mod diagnostic;
mod docs;
mod expand;
mod function;
mod groups;
mod literals;
mod suggest;
mod validate;

use proc_macro::TokenStream;

use crate::attribute::retry_tokens;

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

#[cfg(test)]
mod tests;
