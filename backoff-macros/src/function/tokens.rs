//! Searches in tokens that are not parsed, and in types.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::{Ident, Type};

/// Returns a type without invisible groups (from `macro_rules`) and parentheses.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        _ => ty,
    }
}

/// Returns whether a name looks like a type parameter: `T`, `T2`, `IO`.
pub(super) fn looks_like_parameter(name: &Ident) -> bool {
    let name = name.to_string();
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|rest| rest.is_ascii_uppercase() || rest.is_ascii_digit())
}

/// Returns whether tokens name an identifier, also inside a format string (`"{name}"`).
pub(crate) fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    // A format string names `r#type` as `type`.
    let opening = format!("{{{}", name.unraw());
    any_tree(tokens.clone(), &|tree| match tree {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Literal(literal) => literal.to_string().contains(&opening),
        TokenTree::Group(_) | TokenTree::Punct(_) => false,
    })
}

/// Returns whether `found` accepts a token, also inside groups.
pub(super) fn any_tree(tokens: TokenStream, found: &impl Fn(&TokenTree) -> bool) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => any_tree(group.stream(), found),
        tree => found(&tree),
    })
}

/// Returns the first identifier that `wanted` accepts, with its span.
pub(super) fn find(tokens: &TokenStream, wanted: impl Fn(&Ident) -> bool + Copy) -> Option<Ident> {
    tokens.clone().into_iter().find_map(|tree| match tree {
        TokenTree::Ident(ident) => Some(ident).filter(wanted),
        TokenTree::Group(group) => find(&group.stream(), wanted),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

/// Adds the text of all identifiers to `names`.
pub(super) fn identifiers(tokens: TokenStream, names: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => names.push(ident.to_string()),
            TokenTree::Group(group) => identifiers(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
