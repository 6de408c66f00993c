//! Results that may borrow from an argument. Such an argument cannot be reborrowed for each attempt, because the result
//! would outlive the reborrow.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Lifetime, ReturnType, Signature, TypeReference, WherePredicate};

use super::tokens::any_tree;
use super::{Function, Shape};

/// Returns the type of the result of an attempt, as tokens.
fn output(function: &Function) -> TokenStream {
    match (&function.shape, &function.sig.output) {
        (Shape::Future(future), _) => future.output.to_token_stream(),
        (_, ReturnType::Type(_, ty)) => ty.to_token_stream(),
        (_, ReturnType::Default) => TokenStream::new(),
    }
}

/// Returns whether the result may borrow from the receiver, according to the type. A `dyn` without a lifetime in a
/// `Box` does not borrow.
pub(super) fn may_lend_receiver(function: &Function) -> bool {
    let output = output(function);
    let mut written = Vec::new();
    lifetimes(output.clone(), &mut written);
    written.iter().any(|lifetime| lifetime != "static") || has_word(output, "impl")
}

/// Returns whether tokens contain this word.
fn has_word(tokens: TokenStream, wanted: &str) -> bool {
    any_tree(tokens, &|tree| matches!(tree, TokenTree::Ident(ident) if ident == wanted))
}

/// Returns whether the result may borrow from a `&mut` argument, according to the lifetimes.
pub(super) fn may_lend(function: &Function, argument: &TypeReference) -> bool {
    let output = output(function);
    let mut written = Vec::new();
    lifetimes(output.clone(), &mut written);
    let own = argument.lifetime.as_ref().map(|own| own.ident.to_string()).filter(|own| own != "_");
    // The captures of an `impl Trait` are not written, except in `use<..>`; the lifetimes in `Self` are not written
    // either.
    let is_hidden = has_word(output.clone(), "impl") && !has_word(output.clone(), "use");
    let is_of_the_impl = |name: &String| !function.sig.generics.lifetimes().any(|param| param.lifetime.ident == name);
    let is_in_self = own.as_ref().is_some_and(is_of_the_impl) && has_word(output, "Self");
    is_hidden
        || is_in_self
        || written.iter().any(|lifetime| match (lifetime.as_str(), &own) {
            // An omitted lifetime is that of a borrowed receiver, or else the only one of the arguments.
            ("_", _) => !borrows_self(&function.sig),
            ("static", _) | (_, None) => false,
            (lifetime, Some(own)) => own == lifetime || own == "static" || has_bounds(&function.sig, own),
        })
}

/// Lists the lifetimes in a type by name, and omitted ones as `_`.
fn lifetimes(tokens: TokenStream, found: &mut Vec<String>) {
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => lifetimes(group.stream(), found),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                found.extend(trees.next().map(|name| name.to_string()));
            }
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                let is_named = matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                if !is_named {
                    found.push("_".to_owned());
                }
            }
            TokenTree::Punct(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn borrows_self(sig: &Signature) -> bool {
    let is_borrow = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '&');
    sig.receiver().is_some_and(|receiver| any_tree(receiver.to_token_stream(), &is_borrow))
}

/// Returns whether a lifetime is declared to outlive others.
fn has_bounds(sig: &Signature, name: &str) -> bool {
    let is_named = |lifetime: &Lifetime| lifetime.ident == name;
    let predicates = sig.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    sig.generics.lifetimes().any(|param| is_named(&param.lifetime) && !param.bounds.is_empty())
        || predicates.into_iter().any(|predicate| match predicate {
            WherePredicate::Lifetime(predicate) => is_named(&predicate.lifetime),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::super::Function;

    /// Returns the names of the arguments that are reborrowed for each attempt.
    fn reborrowed(item: &str) -> Vec<String> {
        let function: Function = syn::parse_str(item).unwrap();
        function.reborrows.iter().map(|argument| argument.ident.to_string()).collect()
    }

    #[test]
    fn an_argument_that_the_result_may_borrow_from_is_not_reborrowed() {
        for signature in [
            "fn f(a: &mut [u8]) -> Option<&u8>",
            "async fn f(a: &'_ mut [u8]) -> Option<Part<'_>>",
            "fn f(self, a: &mut [u8]) -> Option<&u8>",
            "fn f<'a>(a: &'a mut [u8]) -> Result<&'a u8, E>",
            "fn f<'a, 'b: 'a>(a: &'b mut [u8]) -> Result<Box<dyn X + 'a>, E>",
            "fn f<'a, 'b>(a: &'b mut [u8]) -> (&'static str, &'a u8) where 'b: 'a",
            "fn f<'a>(a: &'static mut [u8]) -> Option<&'a u8>",
            "fn f(a: &mut [u8]) -> impl Future<Output = Option<&u8>>",
            "fn f(a: &mut [u8]) -> Result<impl Iterator, E>",
            "fn f(a: &'a mut [u8]) -> Option<Self>",
        ] {
            let body = if signature.contains("Future") { "async move { a }" } else { "a" };
            assert_eq!(reborrowed(&format!("{signature} {{ {body} }}")), Vec::<String>::new(), "{signature}");
        }
    }

    #[test]
    fn an_argument_that_the_result_cannot_borrow_from_is_reborrowed() {
        for signature in [
            "fn f(a: &mut [u8])",
            "fn f(a: &mut [u8]) -> Result<&'static str, Box<dyn Error>>",
            "fn f(a: &mut [u8]) -> Result<impl Iterator + use<>, E>",
            "fn f<'a>(a: &'a mut [u8]) -> Option<Self>",
            "fn f(&self, a: &mut [u8]) -> Option<&u8>",
            "async fn f(self: Pin<&mut Self>, a: &mut [u8]) -> Option<&u8>",
            "fn f<'a>(a: &mut [u8], b: &'a [u8]) -> Option<&'a u8>",
            "fn f<'a, 'b>(a: &'b mut [u8], b: &'a [u8]) -> Option<&'a u8>",
            "fn f<'a>(a: &'a mut [u8]) -> Result<(), Box<dyn Error + Send>>",
        ] {
            assert_eq!(reborrowed(&format!("{signature} {{ a }}")), ["a"], "{signature}");
        }
    }
}
