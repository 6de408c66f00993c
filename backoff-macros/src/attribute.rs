//! The pipeline of one attribute: read, check, expand. After an error, the output is the errors and the user's item.

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::errors::Errors;
use crate::expand::{self, fallback};
use crate::function::{DeclaredNames, Function};
use crate::groups::{self, Depth};
use crate::{docs, validate};

/// Expands `#[retry]`. It takes tokens of `proc_macro2`, so that tests and the fuzzer can call it.
pub(crate) fn retry_tokens(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut function = errors.take(syn::parse2::<Function>(groups::make_visible(item.clone(), Depth::Signature)));
    let scope = function.as_ref().map(DeclaredNames::of).unwrap_or_default();
    let args = match &function {
        Some(function) => function.rename_self(args),
        None => args,
    };
    let args = Args::parse(args, &scope, &mut errors);
    if let (Some(function), Some(krate)) = (&mut function, &args.krate) {
        function.find_repeated(&krate.value);
    }
    validate::arguments(&args, &mut errors);
    if let Some(function) = &function {
        validate::function(&args, function, &mut errors);
    }
    match (function, errors.finish()) {
        (Some(mut function), Ok(())) => {
            docs::append(&args, &mut function);
            function.exclude_borrowed(&args.borrowed_for_call());
            expand::retry(&args, &function)
        }
        (Some(function), Err(error)) => fallback::with_function(&error, &function, &args),
        (None, Err(error)) => fallback::with_item(&error, &item),
        (None, Ok(())) => item,
    }
}
