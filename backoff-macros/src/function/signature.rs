//! What the arguments of a function mean for repeated attempts.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, FnArg, GenericParam, Ident, Pat, PatIdent, PatType, ReceiverKind, ReturnType, Signature, Token, Type,
};

use super::{Function, Shape};

/// An argument that is bound anew inside the function.
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// The argument's own `mut`: where the name is bound anew, it belongs there, or the compiler calls it unused.
    pub(crate) mutability: Option<Token![mut]>,
    /// The `cfg` attributes of the argument, for everything that names it.
    pub(crate) cfgs: Vec<Attribute>,
}

/// The receiver, where the attempts capture it by unique reference.
pub(crate) struct Receiver {
    /// What the body calls it: `self`, or the name that `#[async_trait]` gives it.
    pub(crate) name: Ident,
    /// The receiver's own `self`.
    pub(crate) written: Ident,
    /// It is a unique reference already.
    pub(crate) is_reference: bool,
}

/// The names that decide how a value in the attribute is read.
#[derive(Default)]
pub(crate) struct Scope {
    generics: Vec<String>,
    arguments: Vec<String>,
}

impl Scope {
    /// Returns the names that a function brings.
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

    /// Returns whether a name is `Self` or a generic parameter of the function: an item cannot use either.
    pub(crate) fn is_generic(&self, name: &Ident) -> bool {
        name == "Self" || self.generics.iter().any(|generic| name == generic)
    }

    /// Returns whether tokens name anything that an item cannot use.
    pub(crate) fn has_generic(&self, tokens: TokenStream) -> bool {
        any_identifier(tokens, &|ident| self.is_generic(ident))
    }

    /// Returns whether an argument, or a part of one, has this name.
    pub(crate) fn is_argument(&self, name: &Ident) -> bool {
        self.arguments.iter().any(|argument| name == argument)
    }
}

/// Returns a type without invisible groups (from `macro_rules`) and parentheses.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        _ => ty,
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

/// Lists the `&mut` arguments to reborrow.
pub(super) fn reborrows(function: &Function) -> Vec<Binding> {
    bindings(function, |ty| matches!(ty, Type::Reference(reference) if reference.mutability.is_some()))
}

/// Lists the owned arguments to capture by unique reference.
pub(super) fn unique(function: &Function) -> Vec<Binding> {
    if !function.shape.is_async() {
        return Vec::new();
    }
    let types: Vec<String> = function.sig.generics.type_params().map(|param| param.ident.to_string()).collect();
    let open = |ident: &Ident| ident == "impl" || ident == "dyn" || types.iter().any(|name| ident == name);
    bindings(function, |ty| {
        !matches!(ty, Type::Reference(_) | Type::Ptr(_)) && any_identifier(ty.to_token_stream(), &open)
    })
}

/// Returns the receiver to capture by unique reference: unlike an argument, its type says nothing about `Sync`.
pub(super) fn receiver(function: &Function) -> Option<Receiver> {
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
    // A loop could not lend all of it anew to every attempt and give a part of it away.
    if is_reference && may_borrow(function) {
        return None;
    }
    let written = Ident::new("self", receiver.self_token.span);
    let body = function.attempt_tokens();
    let name = find(body, |ident| ident == "__self" || *ident == written)
        .or_else(|| mentions(body, &written).then(|| written.clone()))?;
    match &function.shape {
        Shape::Future(future) if !future.keeps(&written) => None,
        _ => Some(Receiver { name, written, is_reference }),
    }
}

/// Returns whether what a function returns may borrow from its arguments, as far as the type shows.
fn may_borrow(function: &Function) -> bool {
    let output = match (&function.shape, &function.sig.output) {
        (Shape::Future(future), _) => future.output.to_token_stream(),
        (_, ReturnType::Type(_, ty)) => ty.to_token_stream(),
        (_, ReturnType::Default) => return false,
    };
    any_tree(output, &|tree| match tree {
        TokenTree::Ident(ident) => ident == "impl" || ident == "dyn",
        TokenTree::Punct(punct) => matches!(punct.as_char(), '&' | '\''),
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    })
}

/// Lists the plain arguments of certain types that the attempts name.
fn bindings(function: &Function, wanted: impl Fn(&Type) -> bool) -> Vec<Binding> {
    let named = |ident: &Ident| {
        let used = mentions(function.attempt_tokens(), ident);
        // What stands before a written async block may have moved or shadowed the argument.
        let untouched = match &function.shape {
            Shape::Future(future) => future.keeps(ident),
            Shape::Sync | Shape::Async => true,
        };
        used && untouched
    };
    let plain = function.sig.inputs.iter().filter_map(plain_argument);
    let wanted = plain.filter(|(pat, typed)| wanted(peel(&typed.ty)) && named(&pat.ident));
    wanted
        .map(|(pat, typed)| Binding {
            ident: pat.ident.clone(),
            mutability: pat.mutability,
            cfgs: conditions(&typed.attrs),
        })
        .collect()
}

/// Lists the attributes that decide whether an argument is there; a `cfg_attr` may hold a `cfg`.
fn conditions(attrs: &[Attribute]) -> Vec<Attribute> {
    let decides = |attr: &&Attribute| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr");
    attrs.iter().filter(decides).cloned().collect()
}

/// Lists the plain arguments of one name: under different `cfg`s there may be several.
pub(crate) fn arguments_named<'a>(sig: &'a Signature, name: &'a Ident) -> impl Iterator<Item = Binding> + 'a {
    sig.inputs.iter().filter_map(plain_argument).filter(move |(pat, _)| pat.ident == *name).map(|(pat, typed)| {
        Binding { ident: pat.ident.clone(), mutability: pat.mutability, cfgs: conditions(&typed.attrs) }
    })
}

/// Returns whether tokens name an identifier, also inside a format string (`"{name}"`).
pub(crate) fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    let opening = format!("{{{name}");
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&opening),
        TokenTree::Punct(_) => false,
    })
}

fn any_identifier(tokens: TokenStream, found: &impl Fn(&Ident) -> bool) -> bool {
    any_tree(tokens, &|tree| matches!(tree, TokenTree::Ident(ident) if found(ident)))
}

fn any_tree(tokens: TokenStream, found: &impl Fn(&TokenTree) -> bool) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => any_tree(group.stream(), found),
        tree => found(&tree),
    })
}

/// Returns the first identifier of a kind, with its place and hygiene.
fn find(tokens: &TokenStream, wanted: impl Fn(&Ident) -> bool + Copy) -> Option<Ident> {
    tokens.clone().into_iter().find_map(|tree| match tree {
        TokenTree::Ident(ident) => Some(ident).filter(wanted),
        TokenTree::Group(group) => find(&group.stream(), wanted),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

fn identifiers(tokens: TokenStream, names: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => names.push(ident.to_string()),
            TokenTree::Group(group) => identifiers(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
