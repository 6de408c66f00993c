//! Invisible groups: what `macro_rules` captured as one expression or type stays one.
//!
//! `$sum * 2` reaches an attribute as a group without delimiters and two further tokens. The compiler keeps such a group in
//! tokens that a macro hands on untouched, and forgets it in tokens that a macro has taken apart: `1 + 1 * 2` is then 3.
//! So bodies are handed on whole where that is possible, and everywhere else groups that need it become parentheses.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use syn::{Expr, Type, TypeParamBound};

/// Which groups are taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// None: the tokens of a body, whose groups are handed on whole.
    Top,
    /// All but braces: a function, whose body is handed on whole.
    Signature,
    /// All: the arguments of an attribute.
    All,
}

impl Depth {
    fn enters(self, group: &Group) -> bool {
        match self {
            Self::Top => false,
            Self::Signature => group.delimiter() != Delimiter::Brace,
            Self::All => true,
        }
    }
}

/// Returns tokens that can be taken apart without a change of meaning.
pub(crate) fn visible(tokens: TokenStream, depth: Depth) -> TokenStream {
    if !has_invisible(&tokens, depth) {
        return tokens;
    }
    let mut after_sign = false;
    let show = |tree| {
        // What stands in `#[..]` is no expression, though `doc = ".."` reads like one.
        let is_after_sign = after_sign;
        after_sign =
            matches!(&tree, TokenTree::Punct(sign) if sign.as_char() == '#' || after_sign && sign.as_char() == '!');
        match tree {
            TokenTree::Group(group) if is_after_sign && group.delimiter() == Delimiter::Bracket => {
                let mut brackets = Group::new(Delimiter::Bracket, opened(group.stream(), |_| true));
                brackets.set_span(group.span());
                TokenTree::Group(brackets)
            }
            tree => shown(tree, depth),
        }
    };
    tokens.into_iter().map(show).collect()
}

/// Returns the arguments of an attribute, for which `macro_rules` may have captured `name = value` as one.
pub(crate) fn arguments(tokens: TokenStream) -> TokenStream {
    visible(opened(tokens, is_setting), Depth::All)
}

/// Returns tokens without the invisible groups around what is wanted; what stands in other groups stays.
fn opened(tokens: TokenStream, is_wanted: fn(&TokenStream) -> bool) -> TokenStream {
    let flat = tokens.into_iter().flat_map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None && is_wanted(&group.stream()) => group.stream(),
        tree => tree.into(),
    });
    flat.collect()
}

/// Returns whether tokens are `name = ..`.
fn is_setting(tokens: &TokenStream) -> bool {
    let mut trees = tokens.clone().into_iter();
    let is_name = matches!(trees.next(), Some(TokenTree::Ident(_)));
    let is_equals = matches!(trees.next(), Some(TokenTree::Punct(sign)) if sign.as_char() == '=' && sign.spacing() == Spacing::Alone);
    is_name && is_equals
}

fn has_invisible(tokens: &TokenStream, depth: Depth) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => {
            group.delimiter() == Delimiter::None || depth.enters(&group) && has_invisible(&group.stream(), depth)
        }
        _ => false,
    })
}

fn shown(tree: TokenTree, depth: Depth) -> TokenTree {
    let TokenTree::Group(group) = tree else {
        return tree;
    };
    if group.delimiter() != Delimiter::None && !depth.enters(&group) {
        return TokenTree::Group(group);
    }
    let content = visible(group.stream(), depth);
    let mut delimiter = group.delimiter();
    // A lint on braces or parentheses would complain of what the user did not write.
    let mut span = group.span();
    if delimiter == Delimiter::None {
        span = Span::mixed_site().located_at(span);
        if needs_delimiters(&content) {
            delimiter = Delimiter::Parenthesis;
        } else if let Some(block) = only_block(&content, span) {
            return TokenTree::Group(block);
        }
    }
    let mut new = Group::new(delimiter, content);
    new.set_span(span);
    TokenTree::Group(new)
}

/// Returns whether tokens around these could take them apart.
fn needs_delimiters(content: &TokenStream) -> bool {
    // One token, or one group.
    if content.clone().into_iter().nth(1).is_none() {
        return false;
    }
    if let Ok(expr) = syn::parse2::<Expr>(content.clone()) {
        return !matches!(
            expr,
            Expr::Path(_)
                | Expr::Lit(_)
                | Expr::Paren(_)
                | Expr::Group(_)
                | Expr::Macro(_)
                | Expr::Tuple(_)
                | Expr::Array(_)
                | Expr::Repeat(_)
                | Expr::Call(_)
                | Expr::MethodCall(_)
                | Expr::Field(_)
                | Expr::Index(_)
                | Expr::Struct(_)
                | Expr::Verbatim(_)
                | Expr::Infer(_)
        );
    }
    let bounds = match syn::parse2::<Type>(content.clone()) {
        Ok(Type::TraitObject(object)) => object.bounds.len(),
        Ok(Type::ImplTrait(object)) => object.bounds.iter().filter(|bound| !is_lifetime(bound)).count(),
        _ => 0,
    };
    bounds > 1
}

fn is_lifetime(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Lifetime(_))
}

/// Returns the block that a group holds, as one that comes from a macro.
fn only_block(content: &TokenStream, span: Span) -> Option<Group> {
    let mut trees = content.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => {
            let mut block = Group::new(Delimiter::Brace, group.stream());
            block.set_span(span);
            Some(block)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
