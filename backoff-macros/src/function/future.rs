//! Synchronous functions that return a future: where in their body the attempt stands.
//!
//! Retrying such a function from outside would repeat the making of a future and poll none, so the loop goes inside the
//! async block. Bodies are matched by tokens only. `#[async_trait]` expands before attributes on its methods do, so that
//! its output is one of these shapes: `Box::pin(async move { .. let __ret: R = { BODY }; __ret })`, where the
//! arguments are moved in before `let __ret`. There the attempt is the initializer, and the moves happen once.

use proc_macro2::extra::DelimSpan;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{GenericArgument, Ident, Path, PathArguments, ReturnType, Signature, Token, Type, TypeParamBound};

use super::tokens::{mentions, peel};
use super::{Shape, front};
use crate::groups::{self, Depth};

/// A body that makes a future, with a place for the loop.
pub(crate) struct FutureShape {
    /// What surrounds the place, outermost first.
    holes: Vec<Hole>,
    /// The statements of one attempt.
    pub(crate) body: TokenStream,
    /// The braces of those statements, as the user wrote them.
    pub(crate) brace: DelimSpan,
    /// The `async` keyword of the block.
    pub(crate) asyncness: Span,
    /// What the loop replaces.
    pub(crate) place: Place,
    /// What an attempt gives, where the signature or `#[async_trait]` says it.
    pub(crate) output: Option<Type>,
}

/// What the loop replaces in a [`FutureShape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The statements inside the async block; its braces stay.
    Block,
    /// The initializer `{ BODY }` of `let __ret: R`, braces included.
    Initializer,
}

/// A group that is kept, with what stands before and after it.
struct Hole {
    before: TokenStream,
    delimiter: Delimiter,
    span: DelimSpan,
    after: TokenStream,
}

impl Hole {
    /// A hole at the group `trees[at]`.
    fn new(trees: &[TokenTree], at: usize, group: &Group) -> Self {
        Self {
            before: groups::visible(trees.iter().take(at).cloned().collect(), Depth::Top),
            delimiter: group.delimiter(),
            span: group.delim_span(),
            after: groups::visible(trees.iter().skip(at + 1).cloned().collect(), Depth::Top),
        }
    }
}

impl FutureShape {
    /// Returns the whole function body (without its braces) with the loop at its place.
    ///
    /// The loop is a run of statements for [`Place::Block`], and an expression for [`Place::Initializer`].
    ///
    /// Where arguments are moved in by `let name = name;`, `wanted` says of a name whether it is `mut` there.
    pub(crate) fn rebuild(&self, retry_loop: TokenStream, wanted: &dyn Fn(&Ident) -> Option<bool>) -> TokenStream {
        self.holes.iter().rev().fold(retry_loop, |inner, hole| {
            let mut tokens = match self.place {
                Place::Initializer => front::with_mutability(&hole.before, wanted),
                Place::Block => hole.before.clone(),
            };
            if hole.delimiter == Delimiter::None {
                tokens.extend(inner);
            } else {
                let mut group = Group::new(hole.delimiter, inner);
                group.set_span(hole.span.join());
                tokens.extend([TokenTree::Group(group)]);
            }
            tokens.extend(hole.after.clone());
            tokens
        })
    }

    /// Returns whether an argument still is what the signature says when the attempts start.
    pub(super) fn keeps(&self, argument: &Ident) -> bool {
        self.place == Place::Initializer || !self.is_named_before(argument)
    }

    /// Returns whether what stands before the attempts names an argument.
    pub(super) fn is_named_before(&self, argument: &Ident) -> bool {
        self.holes.iter().any(|hole| mentions(&hole.before, argument))
    }

    /// Returns the name that `self` has for the attempts, where it is moved in by `let name = self;`.
    pub(super) fn name_of_self(&self) -> Option<Ident> {
        match self.place {
            Place::Initializer => self.holes.iter().find_map(|hole| front::name_of_self(&hole.before)),
            Place::Block => None,
        }
    }

    /// Returns whether an argument is moved in by `let name = name;`, and with which `mut`.
    #[expect(clippy::option_option, reason = "outside: is it moved in; inside: is it `mut` there")]
    pub(crate) fn moved_in(&self, argument: &Ident) -> Option<Option<Token![mut]>> {
        match self.place {
            Place::Initializer => self.holes.iter().find_map(|hole| front::mutability(&hole.before, argument)),
            Place::Block => None,
        }
    }
}

/// Finds where the attempts of a function belong.
pub(super) fn shape(sig: &Signature, body: &TokenStream) -> syn::Result<Shape> {
    if sig.asyncness.is_some() {
        return Ok(Shape::Async);
    }
    let ReturnType::Type(_, ty) = &sig.output else {
        return Ok(Shape::Sync);
    };
    let Some(output) = future_output(ty) else {
        return Ok(Shape::Sync);
    };
    let Some(found) = find_block(&trees(body.clone())) else {
        let message = "`#[retry]` cannot see the async block that makes this future; make this an `async fn`, or end the \
                       body with `async move { .. }` or `Box::pin(async move { .. })`";
        return Err(syn::Error::new_spanned(ty, message));
    };
    let (mut holes, block, asyncness) = found;
    if let Some(early) = holes.iter().find_map(|hole| find_return(&hole.before)) {
        let message = "a future returned here is never retried; move this `return` into the async block";
        return Err(syn::Error::new(early, message));
    }
    if let Some((inner, initializer, ty)) = find_initializer(&trees(block.stream())) {
        holes.extend(inner);
        return Ok(Shape::Future(Box::new(FutureShape {
            holes,
            body: initializer.stream(),
            brace: initializer.delim_span(),
            asyncness,
            place: Place::Initializer,
            output: syn::parse2(ty).ok().or(output),
        })));
    }
    let (body, brace) = (block.stream(), block.delim_span());
    Ok(Shape::Future(Box::new(FutureShape { holes, body, brace, asyncness, place: Place::Block, output })))
}

fn trees(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

fn group_at(trees: &[TokenTree], at: usize, delimiter: Delimiter) -> Option<&Group> {
    match trees.get(at) {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

fn is_word(tree: Option<&TokenTree>, word: &str) -> bool {
    matches!(tree, Some(TokenTree::Ident(ident)) if ident == word)
}

fn is_punct(tree: Option<&TokenTree>, punct: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

/// Returns whether an expression can start at a place: at the head, after `;` or after a block.
fn starts_expression(trees: &[TokenTree], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return true;
    };
    is_punct(trees.get(before), ';') || group_at(trees, before, Delimiter::Brace).is_some()
}

/// Finds the async block at the tail of a body, by itself or inside `Box::pin(..)`.
fn find_block(trees: &[TokenTree]) -> Option<(Vec<Hole>, Group, Span)> {
    if let [TokenTree::Group(group)] = trees {
        if group.delimiter() == Delimiter::None {
            return find_block(&self::trees(group.stream()));
        }
    }
    for (at, tree) in trees.iter().enumerate().rev() {
        if let TokenTree::Ident(word) = tree {
            if word != "async" || !starts_expression(trees, at) {
                continue;
            }
            let block = at + 1 + usize::from(is_word(trees.get(at + 1), "move"));
            let Some(group) = group_at(trees, block, Delimiter::Brace) else {
                continue;
            };
            let rest = trees.get(block + 1..).unwrap_or_default();
            if keeps_output(rest) {
                return Some((vec![Hole::new(trees, block, group)], group.clone(), word.span()));
            }
        } else if let Some(group) = group_at(trees, at, Delimiter::Parenthesis) {
            let pinned = at.checked_sub(1).is_some_and(|before| is_word(trees.get(before), "pin"));
            let rest = trees.get(at + 1..).unwrap_or_default();
            if !pinned || !starts_expression(trees, path_start(trees, at)) || !keeps_output(rest) {
                continue;
            }
            if let Some((inner, block, asyncness)) = find_block(&self::trees(group.stream())) {
                let mut holes = vec![Hole::new(trees, at, group)];
                holes.extend(inner);
                return Some((holes, block, asyncness));
            }
        }
    }
    None
}

/// Returns where the path that ends before `end` starts.
fn path_start(trees: &[TokenTree], end: usize) -> usize {
    let path = trees.iter().take(end).rev().take_while(|tree| match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    });
    end - path.count()
}

/// Returns whether what follows the async block leaves its output as it is.
fn keeps_output(rest: &[TokenTree]) -> bool {
    const ADAPTERS: [&str; 4] = ["boxed", "boxed_local", "instrument", "in_current_span"];
    match rest {
        [] => true,
        [only] => is_punct(Some(only), ','),
        [TokenTree::Ident(word), ..] => word == "as",
        [dot, TokenTree::Ident(method), TokenTree::Group(_), rest @ ..] => {
            is_punct(Some(dot), '.') && ADAPTERS.iter().any(|adapter| method == adapter) && keeps_output(rest)
        }
        _ => false,
    }
}

/// Finds a `return` that leaves the function before its async block is made.
fn find_return(tokens: &TokenStream) -> Option<Span> {
    tokens.clone().into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) if word == "return" => Some(word.span()),
        TokenTree::Group(group) => find_return(&group.stream()),
        _ => None,
    })
}

/// Finds `let __ret: R = { BODY };`, also inside the block that `#[instrument]` puts around it.
fn find_initializer(trees: &[TokenTree]) -> Option<(Vec<Hole>, Group, TokenStream)> {
    for (at, tree) in trees.iter().enumerate() {
        if is_word(Some(tree), "let") && is_word(trees.get(at + 1), "__ret") && is_punct(trees.get(at + 2), ':') {
            return initializer(trees, at + 3);
        }
        let TokenTree::Group(group) = tree else {
            continue;
        };
        if let Some((inner, initializer, ty)) = find_initializer(&self::trees(group.stream())) {
            let mut holes = vec![Hole::new(trees, at, group)];
            holes.extend(inner);
            return Some((holes, initializer, ty));
        }
    }
    None
}

/// Reads `R = { BODY };`; the initializer itself is a hole without delimiters.
fn initializer(trees: &[TokenTree], start: usize) -> Option<(Vec<Hole>, Group, TokenStream)> {
    let equals = (start..trees.len()).find(|&at| {
        is_punct(trees.get(at), '=')
            && group_at(trees, at + 1, Delimiter::Brace).is_some()
            && is_punct(trees.get(at + 2), ';')
    })?;
    let group = group_at(trees, equals + 1, Delimiter::Brace)?;
    let ty = trees.get(start..equals).unwrap_or_default().iter().cloned().collect();
    let mut hole = Hole::new(trees, equals + 1, group);
    hole.delimiter = Delimiter::None;
    Some((vec![hole], group.clone(), ty))
}

/// Returns `Some` for a type that is a future, with its output where the type names it.
#[expect(clippy::option_option, reason = "outside: is it a future; inside: does the type name its output")]
fn future_output(ty: &Type) -> Option<Option<Type>> {
    match peel(ty) {
        Type::ImplTrait(future) => output_of_bounds(&future.bounds),
        Type::TraitObject(future) => output_of_bounds(&future.bounds),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            if last.ident == "Pin" || last.ident == "Box" {
                future_output(last_type_argument(&path.path)?)
            } else if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
                Some(last_type_argument(&path.path).cloned())
            } else {
                None
            }
        }
        _ => None,
    }
}

#[expect(clippy::option_option, reason = "outside: is it a future; inside: does the bound name its output")]
fn output_of_bounds<P>(bounds: &syn::punctuated::Punctuated<TypeParamBound, P>) -> Option<Option<Type>> {
    let future = bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().filter(|last| last.ident == "Future"),
        _ => None,
    })?;
    let PathArguments::AngleBracketed(arguments) = &future.arguments else {
        return Some(None);
    };
    Some(arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
        _ => None,
    }))
}

fn last_type_argument(path: &Path) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
