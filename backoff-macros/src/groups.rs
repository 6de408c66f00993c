//! Invisible groups: an expression or type that `macro_rules` captured as one remains one.
//!
//! An attribute receives `$sum * 2` as a group without delimiters and two further tokens. The compiler keeps the group
//! in tokens that a macro passes on unchanged, and loses it in tokens that a macro has rebuilt: `1 + 1 * 2` would be
//! evaluated to 3. So bodies are passed on unchanged if possible, and in other tokens groups become parentheses if they
//! need delimiters.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use syn::{Expr, Type, TypeParamBound};

/// The groups that are rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// None, for the tokens of a body, whose groups are passed on unchanged.
    Top,
    /// All except braces, for a function, whose body is passed on unchanged.
    Signature,
    /// All, for the arguments of an attribute.
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

/// Returns tokens that can be rebuilt without a change of meaning.
pub(crate) fn make_visible(tokens: TokenStream, depth: Depth) -> TokenStream {
    if !has_invisible(&tokens, depth) {
        return tokens;
    }
    let mut after_sign = false;
    let shown = |tree| {
        // The content of `#[..]` is not an expression, although `doc = ".."` parses as one.
        let is_after_sign = after_sign;
        after_sign =
            matches!(&tree, TokenTree::Punct(sign) if sign.as_char() == '#' || after_sign && sign.as_char() == '!');
        match tree {
            TokenTree::Group(group) if is_after_sign && group.delimiter() == Delimiter::Bracket => {
                let mut brackets = Group::new(Delimiter::Bracket, open_groups(group.stream(), |_| true));
                brackets.set_span(group.span());
                TokenTree::Group(brackets)
            }
            tree => show(tree, depth),
        }
    };
    tokens.into_iter().map(shown).collect()
}

/// Returns the arguments of an attribute, in which `macro_rules` may have captured `name = value` as one group.
pub(crate) fn arguments(tokens: TokenStream) -> TokenStream {
    make_visible(open_groups(tokens, is_setting), Depth::All)
}

/// Returns tokens in which invisible groups are replaced by their content if `is_wanted` accepts it.
fn open_groups(tokens: TokenStream, is_wanted: fn(&TokenStream) -> bool) -> TokenStream {
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

fn show(tree: TokenTree, depth: Depth) -> TokenTree {
    let TokenTree::Group(group) = tree else {
        return tree;
    };
    if group.delimiter() != Delimiter::None && !depth.enters(&group) {
        return TokenTree::Group(group);
    }
    let content = make_visible(group.stream(), depth);
    let mut delimiter = group.delimiter();
    // With the span of the user, a lint would report delimiters that the user did not write.
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

/// Returns whether tokens lose their unity without delimiters.
fn needs_delimiters(content: &TokenStream) -> bool {
    // A single token or group needs none.
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

/// Returns the block in a group that contains only a block, with a generated span.
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
