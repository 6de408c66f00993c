//! The annotated item: its signature is parsed, and its body remains a stream of tokens.
//!
//! A body that is never parsed cannot be changed by accident and keeps its spans. An editor finds the function even
//! while its body is incomplete.

mod future;
mod lending;
mod moves;
mod signature;
mod tokens;

use std::mem;

use proc_macro2::extra::DelimSpan;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Path, ReturnType, Signature, Token, Visibility};

pub(crate) use self::future::{FutureShape, Place};
use crate::groups::{self, Depth};

pub(crate) use self::signature::{Binding, DeclaredNames, Receiver, arguments_named, plain_argument};
pub(crate) use self::tokens::{mentions, peel};

/// A function or method, in the parts that the expansion needs.
pub(crate) struct Function {
    /// The outer attributes, without any `#[retry]`.
    pub(crate) attrs: Vec<Attribute>,
    /// Further `#[retry]` attributes below the one being expanded; each is a mistake.
    pub(crate) repeated: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    /// The attributes at the head of the body (`#![allow(..)]`), which remain at the head of the new body.
    pub(crate) inner_attrs: Vec<Attribute>,
    /// The body after its inner attributes, without its braces.
    pub(crate) body: TokenStream,
    /// The spans of the body's braces.
    pub(crate) brace: DelimSpan,
    /// The place of the attempts.
    pub(crate) shape: Shape,
    /// The error for a function that returns a future without a visible async block; `validate` reports it.
    pub(crate) unseen_future: Option<syn::Error>,
    /// The plain `name: &mut T` arguments that the body names. Each attempt starts with `let name = &mut *name;`.
    pub(crate) reborrows: Vec<Binding>,
    /// The owned arguments of generic, `impl` or `dyn` type that an async body names. They must be captured by unique
    /// reference, so that the future is `Send` if the argument is `Send` but not `Sync`.
    pub(crate) unique: Vec<Binding>,
    /// The receiver that an async body names, if it is captured by unique reference for the same reason.
    pub(crate) receiver: Option<Receiver>,
}

/// The place of the attempts of a function.
pub(crate) enum Shape {
    /// A synchronous function: the whole body is an attempt.
    Sync,
    /// An `async fn`: the whole body is an attempt.
    Async,
    /// A function that returns a future: the attempt is inside its async block.
    Future(Box<FutureShape>),
}

impl Shape {
    /// Returns whether attempts are awaited.
    pub(crate) fn is_async(&self) -> bool {
        !matches!(self, Self::Sync)
    }
}

impl Function {
    /// Finds further `#[retry]` attributes that are written with the path of the runtime crate.
    pub(crate) fn find_repeated(&mut self, krate: &Path) {
        let (repeated, attrs) = mem::take(&mut self.attrs).into_iter().partition(|attr| is_retry_of(attr, krate));
        self.attrs = attrs;
        self.repeated.extend::<Vec<_>>(repeated);
    }

    /// Returns the tokens of the attribute with the name that `self` has in the attempts. `#[async_trait]` moves `self`
    /// into its block under another name, and renames it only in the body.
    pub(crate) fn rename_self(&self, args: TokenStream) -> TokenStream {
        let name = match &self.shape {
            Shape::Future(future) => future.name_of_self(),
            Shape::Sync | Shape::Async => None,
        };
        match name {
            Some(name) => replace_self(args, &name),
            None => args,
        }
    }

    /// Excludes arguments that these tokens name from reborrows and unique captures, because the call may keep a part
    /// of them borrowed.
    pub(crate) fn exclude_borrowed(&mut self, kept: &TokenStream) {
        self.reborrows.retain(|argument| !mentions(kept, &argument.ident));
        self.unique.retain(|argument| !mentions(kept, &argument.ident));
        let is_kept = |receiver: &Receiver| mentions(kept, &receiver.name) || mentions(kept, &receiver.written);
        self.receiver = self.receiver.take().filter(|receiver| !is_kept(receiver));
    }

    /// Returns whether the return type has an `impl`, so that only the body defines it.
    pub(crate) fn has_impl_type(&self) -> bool {
        matches!(&self.sig.output, ReturnType::Type(_, ty) if mentions(&ty.to_token_stream(), &Ident::new("impl", Span::call_site())))
    }

    /// Returns the function with other tokens (a brace group) in place of its body.
    pub(crate) fn with_body(&self, body: &TokenStream) -> TokenStream {
        self.with_parts(&self.sig, body)
    }

    /// Returns the function with another signature and body.
    pub(crate) fn with_parts(&self, sig: &Signature, body: &TokenStream) -> TokenStream {
        let mut tokens = TokenStream::new();
        tokens.append_all(&self.attrs);
        self.vis.to_tokens(&mut tokens);
        self.defaultness.to_tokens(&mut tokens);
        sig.to_tokens(&mut tokens);
        tokens.append_all([body]);
        tokens
    }

    /// Returns whether the first word of an attempt is a keyword of an item.
    pub(crate) fn starts_with_item(&self) -> bool {
        const WORDS: [&str; 12] =
            ["fn", "use", "const", "static", "struct", "enum", "union", "trait", "impl", "type", "mod", "macro_rules"];
        let mut trees = self.attempt_tokens().clone().into_iter().peekable();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Punct(punct) if punct.as_char() == '#' => drop(trees.next()),
                TokenTree::Ident(word) if word == "async" || word == "unsafe" || word == "extern" || word == "pub" => {
                    trees.next_if(|next| !matches!(next, TokenTree::Ident(_)));
                }
                TokenTree::Ident(word) => return WORDS.iter().any(|item| word == item),
                _ => return false,
            }
        }
        false
    }

    /// Returns the tokens of one attempt: the body, or the inside of the async block.
    pub(crate) fn attempt_tokens(&self) -> &TokenStream {
        match &self.shape {
            Shape::Sync | Shape::Async => &self.body,
            Shape::Future(future) => &future.body,
        }
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut content = TokenStream::new();
        content.append_all(&self.inner_attrs);
        content.extend(self.body.clone());
        let body = braces(self.brace, content);
        tokens.extend(self.with_body(&body.into_token_stream()));
    }
}

/// Replaces each `self` by a name, at the same place in the source.
fn replace_self(tokens: TokenStream, name: &Ident) -> TokenStream {
    let renamed = tokens.into_iter().map(|tree| match tree {
        TokenTree::Ident(word) if word == "self" => {
            let mut name = name.clone();
            name.set_span(name.span().located_at(word.span()));
            TokenTree::Ident(name)
        }
        TokenTree::Group(group) => {
            let mut new = Group::new(group.delimiter(), replace_self(group.stream(), name));
            new.set_span(group.span());
            TokenTree::Group(new)
        }
        tree => tree,
    });
    renamed.collect()
}

/// Returns a brace group with the spans of the user, because the compiler reports a missing tail expression there.
pub(crate) fn braces(span: DelimSpan, content: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, content);
    group.set_span(span.join());
    group
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let outer = input.call(Attribute::parse_outer)?;
        let (repeated, attrs) = outer.into_iter().partition(is_retry);
        let vis = input.parse()?;
        refuse_other_items(input)?;
        let defaultness = input.parse()?;
        let sig: Signature = input.parse()?;
        if input.peek(Token![;]) {
            return Err(input.error("`#[retry]` needs a function body; put it on the implementations"));
        }
        let block = input.step(|cursor| match cursor.token_tree() {
            Some((TokenTree::Group(group), rest)) if group.delimiter() == Delimiter::Brace => Ok((group, rest)),
            _ => Err(cursor.error("expected the body of the function in curly braces")),
        })?;
        let brace = block.delim_span();
        let (inner_attrs, body) = inner_attributes(block.stream())?;
        if !input.is_empty() {
            return Err(input.error("`#[retry]` applies to one function; remove what follows its body"));
        }
        let (shape, unseen_future) = match future::find_shape(&sig, &body) {
            Ok(shape) => (shape, None),
            Err(error) => (Shape::Sync, Some(error)),
        };
        let mut function = Self {
            attrs,
            repeated,
            vis,
            defaultness,
            sig,
            inner_attrs,
            body,
            brace,
            shape,
            unseen_future,
            reborrows: Vec::new(),
            unique: Vec::new(),
            receiver: None,
        };
        function.reborrows = signature::find_reborrows(&function);
        function.unique = signature::find_unique(&function);
        function.receiver = signature::find_receiver(&function);
        Ok(function)
    }
}

/// Splits the attributes from the head of a body. A body without attributes remains unchanged, with its groups from
/// `macro_rules`.
fn inner_attributes(body: TokenStream) -> syn::Result<(Vec<Attribute>, TokenStream)> {
    let mut head = body.clone().into_iter();
    let is_punct =
        |tree: Option<TokenTree>, punct| matches!(tree, Some(TokenTree::Punct(own)) if own.as_char() == punct);
    if !is_punct(head.next(), '#') || !is_punct(head.next(), '!') {
        return Ok((Vec::new(), body));
    }
    let split = |input: ParseStream| Ok((input.call(Attribute::parse_inner)?, input.parse::<TokenStream>()?));
    let (attributes, rest) = syn::parse::Parser::parse2(split, body)?;
    Ok((attributes, groups::make_visible(rest, Depth::Top)))
}

/// Returns whether an attribute is `#[retry]`, by its own name or through the name of the crate.
fn is_retry(attr: &Attribute) -> bool {
    let core = Ident::new("backoff_core", Span::call_site());
    attr.path().is_ident("retry") || is_retry_of(attr, &core.into())
}

/// Returns whether an attribute is `#[retry]` of a crate.
fn is_retry_of(attr: &Attribute, krate: &Path) -> bool {
    let names = |path: &Path| path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>();
    let mut expected = names(krate);
    expected.push("retry".to_owned());
    names(attr.path()) == expected
}

/// Refuses an item that is not a function, at its keyword.
fn refuse_other_items(input: ParseStream) -> syn::Result<()> {
    let ahead = input.fork();
    let mut first = None;
    while !ahead.is_empty() && !ahead.peek(Token![fn]) {
        if ahead.peek(syn::LitStr) {
            ahead.parse::<syn::LitStr>()?;
            continue;
        }
        let Ok(word) = ahead.call(<Ident as syn::ext::IdentExt>::parse_any) else {
            break;
        };
        let qualifier = word.to_string();
        match qualifier.as_str() {
            "const" | "async" | "unsafe" | "extern" | "default" => {
                first.get_or_insert(word);
            }
            "safe" if ahead.peek(Token![fn]) => {
                let message = "`#[retry]` needs a function body; put it on a function that calls this one";
                return Err(syn::Error::new(word.span(), message));
            }
            "gen" if ahead.peek(Token![fn]) => {
                let message = "`#[retry]` cannot wrap a `gen fn`, because a half-used iterator cannot start again; \
                               put it on a function that the body calls";
                return Err(syn::Error::new(word.span(), message));
            }
            "impl" | "trait" => {
                let message = format!(
                    "`#[retry]` applies to functions and methods, not to a whole `{qualifier}`; put it on the methods"
                );
                return Err(syn::Error::new(word.span(), message));
            }
            _ => {
                let at = first.unwrap_or(word);
                return Err(syn::Error::new(
                    at.span(),
                    "`#[retry]` applies to functions and methods; put it on a `fn`",
                ));
            }
        }
    }
    if ahead.peek(Token![fn]) {
        return Ok(());
    }
    let span = first.map_or_else(|| input.span(), |word| word.span());
    Err(syn::Error::new(span, "`#[retry]` applies to functions and methods; put it on a `fn`"))
}
