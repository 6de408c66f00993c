//! The arguments of the function: `mut` in its signature, and the bindings that each attempt makes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{FnArg, Pat, Signature};

use super::plan::Plan;
use crate::function::{Binding, Function, Shape, arguments_named};

impl Plan<'_> {
    /// Writes the bindings of arguments at the start of an attempt. They shadow the arguments, so that hooks see the
    /// arguments as they were before the attempt.
    pub(super) fn bind_arguments(&self) -> TokenStream {
        let site = Span::mixed_site();
        let Self { args, function, .. } = self;
        let mut tokens = TokenStream::new();
        for Binding { ident, mutability, cfgs } in &function.reborrows {
            tokens.extend(quote_spanned!(site=> #(#cfgs)* let #mutability #ident = &mut *#ident;));
        }
        for name in args.clone.iter().flat_map(|clone| &clone.value) {
            // An argument that is captured by unique reference is bound with `mut`.
            let is_unique = function.unique.iter().any(|unique| unique.ident == *name);
            for Binding { ident, mutability, cfgs } in arguments_named(function, name) {
                let mutability = mutability.or_else(|| is_unique.then(|| syn::Token![mut](ident.span())));
                // A type that is not `Clone` is reported in the attribute, and a missing `mut` at the argument.
                let mut source = ident.clone();
                source.set_span(ident.span().located_at(name.span()));
                let cloned = quote_spanned!(site.located_at(name.span())=> ::core::clone::Clone::clone(&#source));
                tokens.extend(quote_spanned!(site=> #(#cfgs)* let #mutability #ident = #cloned;));
            }
        }
        tokens
    }

    fn is_cloned(&self, name: &Ident) -> bool {
        self.args.clone.iter().flat_map(|clone| &clone.value).any(|cloned| cloned == name)
    }

    /// Returns whether the binding of an argument needs `mut`; `None` leaves it as it is written. A `mut` is needed if
    /// attempts capture the argument by unique reference. If attempts rebind it, the `mut` belongs to their binding,
    /// and a lint would report it in the signature.
    pub(super) fn mutability(&self, name: &Ident) -> Option<bool> {
        let Function { unique, reborrows, receiver, .. } = self.function;
        if self.is_cloned(name) || reborrows.iter().any(|arg| arg.ident == *name) {
            return Some(false);
        }
        let is_receiver = receiver.as_ref().is_some_and(|own| !own.is_reference && own.name == *name);
        (is_receiver || unique.iter().any(|arg| arg.ident == *name)).then_some(true)
    }

    /// Returns the signature with `mut` according to [`mutability`](Self::mutability). A binding in the body instead
    /// would change the order in which arguments are dropped.
    pub(super) fn signature(&self) -> Signature {
        let mut sig = self.function.sig.clone();
        for input in &mut sig.inputs {
            match input {
                FnArg::Typed(typed) => self.set_mutability(&mut typed.pat),
                FnArg::Receiver(receiver) => {
                    if self.mutability(&Ident::new("self", receiver.self_token.span)) == Some(true) {
                        receiver.mutability.get_or_insert(syn::Token![mut](receiver.self_token.span));
                    }
                }
            }
        }
        sig
    }

    fn set_mutability(&self, pat: &mut Pat) {
        match pat {
            Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(|part| self.set_mutability(part)),
            Pat::Ident(pat) => {
                let moved_in = match &self.function.shape {
                    Shape::Future(future) => future.moved_in(&pat.ident).is_some(),
                    Shape::Sync | Shape::Async => false,
                };
                match self.mutability(&pat.ident) {
                    Some(true) if !moved_in => {
                        // The span is that of the name, because the compiler omits names of generated patterns from its
                        // messages.
                        pat.mutability.get_or_insert(syn::Token![mut](pat.ident.span()));
                    }
                    Some(false) => pat.mutability = None,
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
