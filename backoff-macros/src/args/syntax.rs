//! The forms of an argument: `key = expression`, a bare word, and a list in parentheses.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Lit, Token, parenthesized, token};

use super::argument::Key;
use super::value;

/// One `name = expression` of `once(..)`.
pub(crate) struct Once {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

/// Returns whether an argument, or an item of a list, ends here.
pub(super) fn ends(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Writes the next token for a message.
pub(super) fn next_token(input: ParseStream) -> String {
    input.cursor().token_tree().map_or_else(
        || "the end".to_owned(),
        |(tree, _)| match tree {
            proc_macro2::TokenTree::Group(_) => "this".to_owned(),
            tree => format!("`{tree}`"),
        },
    )
}

/// Reads a name that is not a keyword and ends its argument.
pub(super) fn name(input: ParseStream, message: &str) -> syn::Result<Ident> {
    let name = input.call(Ident::parse_any).map_err(|error| syn::Error::new(error.span(), message))?;
    let is_whole = input.is_empty() || input.peek(Token![,]) || input.peek(Ident::peek_any);
    let is_keyword = name != "self" && name != "_" && syn::parse2::<Ident>(name.to_token_stream()).is_err();
    if is_whole && !is_keyword {
        return Ok(name);
    }
    Err(syn::Error::new(name.span(), message))
}

/// Reads `=`, and makes sure that a value follows.
pub(super) fn equals(key: &Key, input: ParseStream) -> syn::Result<()> {
    let usual = key.form();
    if !ends(input) && (!input.peek(Token![=]) || input.peek(Token![==]) || input.peek(Token![=>])) {
        let is_text = usual.contains('"');
        let written = value_written(input).filter(|value| value.starts_with('"') == is_text);
        let usual = written.map_or_else(|| usual.to_owned(), |value| format!("{key} = {value}"));
        return Err(input.error(format_args!("expected `=` after `{key}`; use `{usual}`")));
    }
    input.parse::<Option<Token![=]>>()?;
    if ends(input) {
        return Err(syn::Error::new(key.span(), format!("`{key}` needs a value; use `{usual}`")));
    }
    Ok(())
}

/// Returns the literal in a wrong form such as `key: 5`, `key(5)` or `key 5`.
fn value_written(input: ParseStream) -> Option<String> {
    let ahead = input.fork();
    while !ahead.is_empty() && !ahead.peek(Token![,]) {
        match ahead.parse::<proc_macro2::TokenTree>().ok()? {
            proc_macro2::TokenTree::Literal(literal) => return Some(literal.to_string()),
            proc_macro2::TokenTree::Group(group) => {
                return syn::parse2::<Lit>(group.stream()).ok().map(|lit| lit.to_token_stream().to_string());
            }
            _ => {}
        }
    }
    None
}

/// Reads `= expression`.
pub(super) fn expression(key: &Key, input: ParseStream) -> syn::Result<Expr> {
    equals(key, input)?;
    input.parse::<Expr>().map_err(|error| {
        if input.is_empty() {
            let usual = key.form();
            return syn::Error::new(key.span(), format!("the value of `{key}` is not complete; use `{usual}`"));
        }
        syn::Error::new(error.span(), format!("the value of `{key}` is not an expression; {error}"))
    })
}

/// Reads a bare word: makes sure that no value follows.
pub(super) fn bare_word(key: &Key, input: ParseStream) -> syn::Result<()> {
    if ends(input) {
        return Ok(());
    }
    if input.peek(Token![=]) && expression(key, input).is_ok_and(|expr| is_false(&expr)) {
        return Err(syn::Error::new(key.span(), format!("`{key}` stands alone; remove it where it is not wanted")));
    }
    Err(syn::Error::new(key.span(), format!("`{key}` stands alone; remove what follows it")))
}

fn is_false(expr: &Expr) -> bool {
    matches!(value::peel(expr), Expr::Lit(lit) if matches!(&lit.lit, Lit::Bool(on) if !on.value))
}

/// Reads `(a, b)`, and returns its tokens and its items.
pub(super) fn list<T>(
    key: &Key,
    input: ParseStream,
    item: fn(ParseStream) -> syn::Result<T>,
) -> syn::Result<(TokenStream, Vec<T>)> {
    if !input.peek(token::Paren) {
        let message = format!("`{key}` takes a list in parentheses; use `{}`", key.form());
        return Err(syn::Error::new(key.span(), message));
    }
    let content;
    parenthesized!(content in input);
    let tokens = content.fork().parse()?;
    let mut items = Vec::new();
    let read = (|| {
        while !content.is_empty() {
            items.push(item(&content)?);
            if !content.is_empty() && !content.peek(Token![,]) {
                return Err(content.error(format_args!("expected `,` before {}", next_token(&content))));
            }
            content.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    })();
    // Tokens left after a mistake would be reported as a second mistake.
    content.parse::<TokenStream>()?;
    read?;
    if items.is_empty() {
        let message = format!("`{key}` names nothing; use `{}`, or remove it", key.form());
        return Err(syn::Error::new(key.span(), message));
    }
    Ok((tokens, items))
}

/// Reads `name = expression` in `once(..)`.
pub(super) fn once(input: ParseStream) -> syn::Result<Once> {
    let name: Ident = input.parse().map_err(|error: syn::Error| {
        syn::Error::new(error.span(), "`once` takes names with values; use `once(key = make_key())`")
    })?;
    if !input.peek(Token![=]) {
        let is_lonely = ends(input);
        let message = if is_lonely { "needs a value" } else { "stands before its `=` alone" };
        return Err(syn::Error::new(name.span(), format!("`{name}` {message}; use `once({name} = ..)`")));
    }
    input.parse::<Token![=]>()?;
    let value = input.parse::<Expr>().map_err(|error| {
        if input.is_empty() {
            return syn::Error::new(name.span(), format!("`{name}` needs a value; use `once({name} = ..)`"));
        }
        error
    })?;
    Ok(Once { name, value })
}
