//! `#[retry]` and `#[derive(Classify)]` on any text: no panic; valid tokens, or a message and the user's item.
//!
//! An input is the arguments of the attribute, for a function that is valid; or, after a line `--`, an item of its own.
#![no_main]

use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use proc_macro2::TokenStream;

const ITEMS: [&str; 2] = [
    "fn f(url: &str, seen: &mut u32) -> Result<u32, E> { get(url) }",
    "async fn f(url: &str, seen: &mut u32) -> Result<u32, E> { get(url).await }",
];

fuzz_target!(|text: &str| {
    let (args, item) = text.split_once("\n--\n").map_or((text, None), |(args, item)| (args, Some(item)));
    let Ok(args) = TokenStream::from_str(args) else { return };
    match item {
        None => ITEMS.iter().for_each(|item| with_arguments(args.clone(), item)),
        Some(item) => {
            let Ok(item) = TokenStream::from_str(item) else { return };
            on_item(args, item);
        }
    }
});

/// A valid function survives whatever the arguments are, and what comes out is Rust.
fn with_arguments(args: TokenStream, item: &str) {
    let item = TokenStream::from_str(item).expect("the item is Rust");
    let output = attribute::retry(args, item);
    let file = syn::parse2::<syn::File>(output).expect("the expansion is Rust");
    assert!(file.items.iter().any(|item| matches!(item, syn::Item::Fn(function) if function.sig.ident == "f")));
}

/// An item that is not a function, or cannot be retried, is reported.
fn on_item(args: TokenStream, item: TokenStream) {
    let is_function = syn::parse2::<syn::ItemFn>(item.clone()).is_ok();
    let output = attribute::retry(args, item.clone());
    let is_reported = output.to_string().contains("compile_error");
    assert!(is_function || is_reported || syn::parse2::<syn::ImplItemFn>(item.clone()).is_ok() || is_raw(&item));
    let derived = attribute::derive_classify(item.clone()).to_string();
    let is_type = syn::parse2::<syn::DeriveInput>(item).is_ok();
    assert!(is_type || derived.contains("compile_error"), "{derived}");
}

/// The body of a function is never parsed: whatever stands between its braces is left to the compiler.
fn is_raw(item: &TokenStream) -> bool {
    item.clone().into_iter().last().is_some_and(|last| matches!(last, proc_macro2::TokenTree::Group(_)))
}
