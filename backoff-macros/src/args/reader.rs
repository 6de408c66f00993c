//! Reads the arguments one by one, and continues after a mistake.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Lit, LitStr, Token, token};

use super::argument::Key;
use super::keys::{self, ARGUMENTS, Args};
use super::{duration, syntax};
use crate::errors::Errors;
use crate::function::DeclaredNames;
use crate::suggest;

/// Reads all arguments.
pub(super) fn read(tokens: TokenStream, scope: &DeclaredNames, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let all = |input: ParseStream| {
        while !input.is_empty() {
            let read = read_argument(&mut args, input, scope);
            let failed = errors.take(read).is_none();
            if input.is_empty() || input.peek(Token![,]) {
                input.parse::<Option<Token![,]>>()?;
            } else if failed {
                skip_to_next(input);
            } else {
                errors.push(input.error(format_args!("expected `,` before {}", syntax::next_token(input))));
                // Only the comma is missing before another argument, so that argument is still read.
                if !starts_argument(input) {
                    skip_to_next(input);
                }
            }
        }
        Ok(())
    };
    let result = all.parse2(tokens);
    errors.take(result);
    args
}

/// Returns whether an argument starts here: a known key, or a name and `=`.
fn starts_argument(input: ParseStream) -> bool {
    let ahead = input.fork();
    let Ok(key) = ahead.call(Ident::parse_any) else {
        return false;
    };
    let known = keys::find(&key.to_string()).is_some();
    let ends = ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(token::Paren);
    (ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>])) || (known && ends)
}

/// Skips to the start of the next argument after a comma.
fn skip_to_next(input: ParseStream) {
    while !input.is_empty() {
        let comma = input.peek(Token![,]);
        if input.parse::<proc_macro2::TokenTree>().is_err() || (comma && starts_argument(input)) {
            return;
        }
    }
}

/// Reads one argument, without the comma after it.
fn read_argument(args: &mut Args, input: ParseStream, scope: &DeclaredNames) -> syn::Result<()> {
    let ident = read_key(input)?;
    let is_hyphenated = input.peek(Token![-]) && input.peek2(Ident::peek_any);
    let found = keys::find(&ident.to_string()).filter(|_| !is_hyphenated);
    let Some((argument, read)) = found else {
        let (error, meant) = suggest::unknown_argument(&ident, input, &ARGUMENTS);
        args.meant.extend(meant);
        return Err(error);
    };
    args.keys.push(ident.clone());
    read(args, Key { ident, argument }, input, scope)
}

/// Reads a key; the error for a value without a key contains the form to type.
fn read_key(input: ParseStream) -> syn::Result<Ident> {
    if let Ok(key) = input.call(Ident::parse_any) {
        return Ok(key);
    }
    let is_quoted_key = input.peek2(Token![=]);
    let message = match input.fork().parse::<Lit>() {
        Ok(Lit::Int(number)) if !is_quoted_key => {
            format!("expected an argument before its value; use `max_attempts = {}`", number.base10_digits())
        }
        Ok(Lit::Str(text)) if is_quoted_key => {
            format!("an argument is a word without quotes; use `{} = ..`", text.value())
        }
        Ok(Lit::Str(text)) => describe_string(&text),
        _ if input.peek(Token![,]) => {
            "expected an argument before `,`; remove it, or write one such as `max_attempts = 5`".to_owned()
        }
        _ => "expected an argument such as `max_attempts = 5`".to_owned(),
    };
    let error = input.error(message);
    // A literal without a key is consumed, so that the next argument is read.
    if input.peek(Lit) && !is_quoted_key {
        input.parse::<Lit>()?;
    }
    Err(error)
}

/// Returns the message for a string without a key.
fn describe_string(string: &LitStr) -> String {
    let text = string.value();
    if let Some((argument, _)) = keys::find(&text) {
        format!("an argument is a word without quotes; use `{}`", argument.form)
    } else if text.parse::<u32>().is_ok() {
        format!("expected an argument before its value; use `max_attempts = {text}`")
    } else if duration::parse(&text).is_ok() {
        let written = string.to_token_stream();
        format!("expected an argument before its value; use `max_elapsed = {written}`, `delay = {written}` or another")
    } else {
        "expected an argument such as `max_attempts = 5`".to_owned()
    }
}
