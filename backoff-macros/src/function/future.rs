//! Synchronous functions that return a future, and the place of the attempt in their body.
//!
//! A loop around the body would only make futures and poll none, so the loop is put inside the async block. Bodies are
//! matched by tokens only. `#[async_trait]` expands before the attributes on its methods, so its output is one of these
//! shapes: `Box::pin(async move { .. let __ret: R = { BODY }; __ret })`, with arguments moved in before `let __ret`. In
//! this shape the attempt is the initializer, and the moves are executed once.

use proc_macro2::extra::DelimSpan;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{GenericArgument, Ident, Path, PathArguments, ReturnType, Signature, Token, Type, TypeParamBound};

use super::tokens::{mentions, peel};
use super::{Shape, moves};
use crate::groups::{self, Depth};

/// A body that makes a future, with a place for the loop.
pub(crate) struct FutureShape {
    /// The groups around the place, outermost first.
    wrappers: Vec<Wrapper>,
    /// The statements of one attempt.
    pub(crate) body: TokenStream,
    /// The braces of those statements in the source.
    pub(crate) brace: DelimSpan,
    /// The `async` keyword of the block.
    pub(crate) asyncness: Span,
    /// The part that the loop replaces.
    pub(crate) place: Place,
    /// The type of the result of an attempt, if the signature or `#[async_trait]` names it.
    pub(crate) output: Option<Type>,
}

/// The part of a [`FutureShape`] that the loop replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The statements inside the async block, without its braces.
    Block,
    /// The initializer `{ BODY }` of `let __ret: R`, braces included.
    Initializer,
}

/// A group around the attempts, with the tokens before and after it.
struct Wrapper {
    before: TokenStream,
    delimiter: Delimiter,
    span: DelimSpan,
    after: TokenStream,
}

impl Wrapper {
    /// Returns the group `trees[at]` with the tokens around it.
    fn new(trees: &[TokenTree], at: usize, group: &Group) -> Self {
        Self {
            before: groups::make_visible(trees.iter().take(at).cloned().collect(), Depth::Top),
            delimiter: group.delimiter(),
            span: group.delim_span(),
            after: groups::make_visible(trees.iter().skip(at + 1).cloned().collect(), Depth::Top),
        }
    }
}

impl FutureShape {
    /// Returns the whole function body (without its braces) with the loop at its place.
    ///
    /// The loop is a run of statements for [`Place::Block`], and an expression for [`Place::Initializer`].
    ///
    /// `wanted` returns whether a name that is moved in by `let name = name;` needs `mut` there.
    pub(crate) fn rebuild(&self, retry_loop: TokenStream, wanted: &dyn Fn(&Ident) -> Option<bool>) -> TokenStream {
        self.wrappers.iter().rev().fold(retry_loop, |inner, wrapper| {
            let mut tokens = match self.place {
                Place::Initializer => moves::with_mutability(&wrapper.before, wanted),
                Place::Block => wrapper.before.clone(),
            };
            if wrapper.delimiter == Delimiter::None {
                tokens.extend(inner);
            } else {
                let mut group = Group::new(wrapper.delimiter, inner);
                group.set_span(wrapper.span.join());
                tokens.extend([TokenTree::Group(group)]);
            }
            tokens.extend(wrapper.after.clone());
            tokens
        })
    }

    /// Returns whether an argument is unchanged when the attempts start.
    pub(super) fn keeps(&self, argument: &Ident) -> bool {
        self.place == Place::Initializer || !self.is_named_before(argument)
    }

    /// Returns whether the tokens before the attempts name an argument.
    pub(super) fn is_named_before(&self, argument: &Ident) -> bool {
        self.wrappers.iter().any(|wrapper| mentions(&wrapper.before, argument))
    }

    /// Returns the name of `self` in the attempts, if it is moved in by `let name = self;`.
    pub(super) fn name_of_self(&self) -> Option<Ident> {
        match self.place {
            Place::Initializer => self.wrappers.iter().find_map(|wrapper| moves::name_of_self(&wrapper.before)),
            Place::Block => None,
        }
    }

    /// Returns whether an argument is moved in by `let name = name;`, and its `mut` there.
    #[expect(clippy::option_option, reason = "outside: is it moved in; inside: is it `mut` there")]
    pub(crate) fn moved_in(&self, argument: &Ident) -> Option<Option<Token![mut]>> {
        match self.place {
            Place::Initializer => self.wrappers.iter().find_map(|wrapper| moves::mutability(&wrapper.before, argument)),
            Place::Block => None,
        }
    }
}

/// Finds the place of the attempts of a function.
pub(super) fn find_shape(sig: &Signature, body: &TokenStream) -> syn::Result<Shape> {
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
    let (mut wrappers, block, asyncness) = found;
    if let Some(early) = wrappers.iter().find_map(|wrapper| find_return(&wrapper.before)) {
        let message = "a future returned here is never retried; move this `return` into the async block";
        return Err(syn::Error::new(early, message));
    }
    if let Some((inner, initializer, ty)) = find_initializer(&trees(block.stream())) {
        wrappers.extend(inner);
        return Ok(Shape::Future(Box::new(FutureShape {
            wrappers,
            body: initializer.stream(),
            brace: initializer.delim_span(),
            asyncness,
            place: Place::Initializer,
            output: syn::parse2(ty).ok().or(output),
        })));
    }
    let (body, brace) = (block.stream(), block.delim_span());
    Ok(Shape::Future(Box::new(FutureShape { wrappers, body, brace, asyncness, place: Place::Block, output })))
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

/// Returns whether an expression can start at a place: at the head, after `;`, or after a block.
fn starts_expression(trees: &[TokenTree], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return true;
    };
    is_punct(trees.get(before), ';') || group_at(trees, before, Delimiter::Brace).is_some()
}

/// Finds the async block at the tail of a body, by itself or inside `Box::pin(..)`.
fn find_block(trees: &[TokenTree]) -> Option<(Vec<Wrapper>, Group, Span)> {
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
                return Some((vec![Wrapper::new(trees, block, group)], group.clone(), word.span()));
            }
        } else if let Some(group) = group_at(trees, at, Delimiter::Parenthesis) {
            let pinned = at.checked_sub(1).is_some_and(|before| is_word(trees.get(before), "pin"));
            let rest = trees.get(at + 1..).unwrap_or_default();
            if !pinned || !starts_expression(trees, path_start(trees, at)) || !keeps_output(rest) {
                continue;
            }
            if let Some((inner, block, asyncness)) = find_block(&self::trees(group.stream())) {
                let mut wrappers = vec![Wrapper::new(trees, at, group)];
                wrappers.extend(inner);
                return Some((wrappers, block, asyncness));
            }
        }
    }
    None
}

/// Returns the start of the path that ends before `end`.
fn path_start(trees: &[TokenTree], end: usize) -> usize {
    let path = trees.iter().take(end).rev().take_while(|tree| match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    });
    end - path.count()
}

/// Returns whether the tokens after the async block leave its output unchanged.
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
fn find_initializer(trees: &[TokenTree]) -> Option<(Vec<Wrapper>, Group, TokenStream)> {
    for (at, tree) in trees.iter().enumerate() {
        if is_word(Some(tree), "let") && is_word(trees.get(at + 1), "__ret") && is_punct(trees.get(at + 2), ':') {
            return initializer(trees, at + 3);
        }
        let TokenTree::Group(group) = tree else {
            continue;
        };
        if let Some((inner, initializer, ty)) = find_initializer(&self::trees(group.stream())) {
            let mut wrappers = vec![Wrapper::new(trees, at, group)];
            wrappers.extend(inner);
            return Some((wrappers, initializer, ty));
        }
    }
    None
}

/// Reads `R = { BODY };`. The initializer is a wrapper without delimiters.
fn initializer(trees: &[TokenTree], start: usize) -> Option<(Vec<Wrapper>, Group, TokenStream)> {
    let equals = (start..trees.len()).find(|&at| {
        is_punct(trees.get(at), '=')
            && group_at(trees, at + 1, Delimiter::Brace).is_some()
            && is_punct(trees.get(at + 2), ';')
    })?;
    let group = group_at(trees, equals + 1, Delimiter::Brace)?;
    let ty = trees.get(start..equals).unwrap_or_default().iter().cloned().collect();
    let mut wrapper = Wrapper::new(trees, equals + 1, group);
    wrapper.delimiter = Delimiter::None;
    Some((vec![wrapper], group.clone(), ty))
}

/// Returns `Some` for a type that is a future, with its output if the type names it.
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
