//! The arguments of a function that attempts bind or capture in a special way.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, FnArg, GenericParam, Generics, Ident, Pat, PatIdent, PatType, ReceiverKind, Token, Type, TypeReference,
};

use super::future::Place;
use super::tokens::{find, identifiers, looks_like_parameter, mentions, peel};
use super::{Function, Shape, lending};

/// An argument that attempts rebind or capture by unique reference.
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// The `mut` of the argument. If attempts rebind the name, the `mut` belongs to their binding, because a lint
    /// reports it in the signature.
    pub(crate) mutability: Option<Token![mut]>,
    /// The `cfg` attributes of the argument, for all output that names it.
    pub(crate) cfgs: Vec<Attribute>,
}

/// A receiver that attempts capture by unique reference.
pub(crate) struct Receiver {
    /// Its name in the body: `self`, or the name from `#[async_trait]`.
    pub(crate) name: Ident,
    /// The `self` in the signature.
    pub(crate) written: Ident,
    /// Set if it is a `&mut` already.
    pub(crate) is_reference: bool,
}

/// The names that decide how a value in the attribute is read.
#[derive(Default)]
pub(crate) struct DeclaredNames {
    generics: Vec<String>,
    arguments: Vec<String>,
}

impl DeclaredNames {
    /// Returns the names that a function declares.
    pub(crate) fn of(function: &Function) -> Self {
        let generics = function.sig.generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(param) => Some(param.ident.to_string()),
            GenericParam::Const(param) => Some(param.ident.to_string()),
            GenericParam::Lifetime(_) => None,
        });
        let mut arguments = Vec::new();
        for input in &function.sig.inputs {
            match input {
                FnArg::Receiver(_) => arguments.push("self".to_owned()),
                FnArg::Typed(typed) => identifiers(typed.pat.to_token_stream(), &mut arguments),
            }
        }
        Self { generics: generics.collect(), arguments }
    }

    /// Returns whether a name is `Self` or a generic parameter of the function, which a constant item cannot use.
    pub(crate) fn is_generic(&self, name: &Ident) -> bool {
        name == "Self" || self.generics.iter().any(|generic| name == generic)
    }

    /// Returns whether the first name of a longer path may be a generic parameter of the function or of its `impl`.
    pub(crate) fn may_be_generic(&self, name: &Ident) -> bool {
        self.is_generic(name) || looks_like_parameter(name)
    }

    /// Returns whether tokens may name a generic parameter, which a constant item cannot use.
    pub(crate) fn has_generic(&self, tokens: TokenStream) -> bool {
        let mut trees = tokens.into_iter().peekable();
        let mut after_angle = false;
        while let Some(tree) = trees.next() {
            let is_argument = after_angle;
            after_angle = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '<');
            let found = match tree {
                TokenTree::Group(group) => self.has_generic(group.stream()),
                TokenTree::Ident(name) => {
                    let starts_path = matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
                    self.is_generic(&name) || (is_argument || starts_path) && looks_like_parameter(&name)
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => false,
            };
            if found {
                return true;
            }
        }
        false
    }

    /// Returns whether an argument, or a part of one, has this name.
    pub(crate) fn is_argument(&self, name: &Ident) -> bool {
        self.arguments.iter().any(|argument| name == argument)
    }
}

/// Returns the parts of an argument that is `name: Type`, without a pattern.
pub(crate) fn plain_argument(input: &FnArg) -> Option<(&PatIdent, &PatType)> {
    let FnArg::Typed(typed) = input else {
        return None;
    };
    match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some((pat, typed)),
        _ => None,
    }
}

/// Lists the `&mut` arguments to reborrow, without those that the result may borrow from.
pub(super) fn find_reborrows(function: &Function) -> Vec<Binding> {
    let plain = function.sig.inputs.iter().filter_map(plain_argument);
    let wanted = plain.filter(|(_, typed)| match peel(&typed.ty) {
        Type::Reference(reference @ TypeReference { mutability: Some(_), .. }) => {
            !lending::may_lend(function, reference)
        }
        _ => false,
    });
    bindings_of(function, wanted.map(|(pat, typed)| (pat, typed.attrs.as_slice())))
}

/// Lists the owned arguments to capture by unique reference.
pub(super) fn find_unique(function: &Function) -> Vec<Binding> {
    if !function.shape.is_async() {
        return Vec::new();
    }
    let mut open = Vec::new();
    for input in &function.sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        let mut parts = Vec::new();
        parts_of(&typed.pat, &typed.ty, &mut parts);
        let is_borrowed = |ty: &Type| matches!(ty, Type::Reference(_) | Type::Ptr(_));
        parts.retain(|(_, ty)| !is_borrowed(ty) && may_be_generic(ty.to_token_stream(), &function.sig.generics));
        open.extend(parts.into_iter().map(|(pat, _)| (pat, typed.attrs.as_slice())));
    }
    bindings_of(function, open.into_iter())
        .into_iter()
        .filter(|binding| is_reachable(function, &binding.ident))
        .collect()
}

/// Returns whether the expansion can add a `mut` to the binding that the attempts see.
fn is_reachable(function: &Function, name: &Ident) -> bool {
    match &function.shape {
        Shape::Future(future) => future.moved_in(name).is_some() || !future.is_named_before(name),
        Shape::Sync | Shape::Async => true,
    }
}

/// Lists the names that an argument binds by value, with their types: the argument, or the parts of a tuple.
fn parts_of<'a>(pat: &'a Pat, ty: &'a Type, parts: &mut Vec<(&'a PatIdent, &'a Type)>) {
    match (pat, peel(ty)) {
        (Pat::Ident(pat), ty) if pat.by_ref.is_none() && pat.subpat.is_none() => parts.push((pat, ty)),
        (Pat::Tuple(pat), Type::Tuple(ty)) if pat.elems.len() == ty.elems.len() => {
            for (pat, ty) in pat.elems.iter().zip(&ty.elems) {
                parts_of(pat, ty, parts);
            }
        }
        _ => {}
    }
}

/// Returns whether a type may be `Send` and not `Sync`, because it contains a trait object or a type parameter. The
/// type parameters of the `impl` of a method are not visible, so names that look like type parameters count.
fn may_be_generic(tokens: TokenStream, declared: &Generics) -> bool {
    let mut in_path = false;
    tokens.into_iter().any(|tree| {
        let is_first = !in_path;
        in_path = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ':');
        match tree {
            TokenTree::Group(group) => may_be_generic(group.stream(), declared),
            TokenTree::Ident(name) => {
                ["impl", "dyn", "Self"].iter().any(|open| name == open)
                    || declared.type_params().any(|param| param.ident == name)
                    || is_first
                        && looks_like_parameter(&name)
                        && !declared.const_params().any(|param| param.ident == name)
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        }
    })
}

/// Returns the receiver to capture by unique reference. Its type does not show whether it is `Sync`.
pub(super) fn find_receiver(function: &Function) -> Option<Receiver> {
    if !function.shape.is_async() {
        return None;
    }
    let receiver = function.sig.receiver()?;
    let is_reference = match &receiver.kind {
        ReceiverKind::Value => false,
        ReceiverKind::Reference(_, _, Some(_)) => true,
        ReceiverKind::Typed(_, ty) => match peel(ty) {
            Type::Reference(reference) if reference.mutability.is_none() => return None,
            ty => matches!(ty, Type::Reference(_)),
        },
        _ => return None,
    };
    // A loop cannot reborrow the receiver for every attempt and return a borrow of it.
    if is_reference && lending::may_lend_receiver(function) {
        return None;
    }
    let written = Ident::new("self", receiver.self_token.span);
    let body = function.attempt_tokens();
    let name = find(body, |ident| ident == "__self" || *ident == written)
        .or_else(|| mentions(body, &written).then(|| written.clone()))?;
    match &function.shape {
        Shape::Future(future) if !future.keeps(&written) => None,
        // The name is bound inside the attempt.
        Shape::Future(future) if future.place == Place::Block && name != "self" => None,
        Shape::Future(future) if !is_reference && name != "self" && future.moved_in(&name).is_none() => None,
        _ => Some(Receiver { name, written, is_reference }),
    }
}

/// Returns the bindings for those arguments that the attempts name.
fn bindings_of<'a>(function: &Function, wanted: impl Iterator<Item = (&'a PatIdent, &'a [Attribute])>) -> Vec<Binding> {
    let named = |ident: &Ident| {
        let used = mentions(function.attempt_tokens(), ident);
        // Tokens before an async block of the user may have moved or shadowed the argument.
        let untouched = match &function.shape {
            Shape::Future(future) => future.keeps(ident),
            Shape::Sync | Shape::Async => true,
        };
        used && untouched
    };
    wanted.filter(|(pat, _)| named(&pat.ident)).map(|(pat, attrs)| binding(function, pat, attrs)).collect()
}

fn binding(function: &Function, pat: &PatIdent, attrs: &[Attribute]) -> Binding {
    let moved_in = match &function.shape {
        Shape::Future(future) => future.moved_in(&pat.ident).flatten(),
        Shape::Sync | Shape::Async => None,
    };
    Binding { ident: pat.ident.clone(), mutability: pat.mutability.or(moved_in), cfgs: cfg_attributes(attrs) }
}

/// Lists the attributes that decide whether an argument exists; a `cfg_attr` may contain a `cfg`.
fn cfg_attributes(attrs: &[Attribute]) -> Vec<Attribute> {
    let decides = |attr: &&Attribute| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr");
    attrs.iter().filter(decides).cloned().collect()
}

/// Lists the plain arguments of one name; with different `cfg`s there may be several.
pub(crate) fn arguments_named<'a>(function: &'a Function, name: &'a Ident) -> impl Iterator<Item = Binding> + 'a {
    let plain = function.sig.inputs.iter().filter_map(plain_argument).filter(move |(pat, _)| pat.ident == *name);
    plain.map(|(pat, typed)| binding(function, pat, &typed.attrs))
}
