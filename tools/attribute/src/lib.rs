//! The code of `backoff-macros` as a library: fuzz targets and the explorer call it outside of a compiler.
//!
//! A procedural macro cannot be linked by another crate, so this crate compiles the same files.
#![forbid(unsafe_code)]
#![allow(clippy::large_enum_variant, reason = "a place in a text is larger than a span of the compiler")]
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "these are the modules of another crate, not all of it is called here, and tools are the only users"
)]

#[path = "../../../backoff-macros/src"]
mod macros {
    pub(crate) mod args;
    pub(crate) mod attribute;
    pub(crate) mod classify;
    pub(crate) mod docs;
    pub(crate) mod errors;
    pub(crate) mod expand;
    pub(crate) mod function;
    pub(crate) mod groups;
    pub(crate) mod literals;
    pub(crate) mod suggest;
    pub(crate) mod validate;
}
mod read;

// In `backoff-macros` they are at the root.
use self::macros::{args, attribute, classify, docs, errors, expand, function, groups, literals, suggest, validate};

use proc_macro2::TokenStream;

pub use self::read::{Argument, Attribute, Mistake, Value, read, readable};

/// Expands `#[retry(args)]` on an item.
#[must_use]
pub fn retry(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::retry_tokens(args, item)
}

/// Expands `#[derive(Classify)]` on an item.
#[must_use]
pub fn derive_classify(item: TokenStream) -> TokenStream {
    classify::derive(item)
}
