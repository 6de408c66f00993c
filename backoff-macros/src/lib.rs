//! The attribute `#[retry]` and `#[derive(Classify)]` of `backoff-core`, which re-exports both; depend on that crate.
//!
//! The crate is a pipeline, and `attribute` runs its stages: `function` parses the signature of the annotated item and
//! keeps its body as tokens, `args` reads the arguments, `validate` applies the rules across arguments, `docs` writes
//! the section of the documentation, and `expand` writes the output. The stages before `docs` collect their errors in
//! `errors`. After an error, `expand::fallback` writes the errors and the user's item.
#![forbid(unsafe_code)]

mod args;
mod attribute;
mod classify;
mod docs;
mod errors;
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
