//! The result of an attempt: its type, its place in errors, and the result of an attempt that a timeout dropped.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned as _;
use syn::{GenericArgument, Path, PathArguments, ReturnType, Type, TypeParamBound};

use super::context::Context;
use super::tokens::located;
use crate::function::Shape;

impl Context<'_> {
    /// Returns the place for errors about the result type: the return type, or the name of the function.
    pub(super) fn result_span(&self) -> Span {
        let written = match &self.plan.function.sig.output {
            ReturnType::Default => self.plan.function.sig.ident.span(),
            ReturnType::Type(_, ty) => ty.span(),
        };
        Span::mixed_site().located_at(written)
    }

    /// Returns the type of the result of an attempt, if it is known, with `impl Trait` left to inference.
    pub(super) fn result_type(&self) -> Option<Type> {
        let declared = match &self.plan.function.shape {
            Shape::Future(future) => future.output.clone(),
            Shape::Sync | Shape::Async => match &self.plan.function.sig.output {
                ReturnType::Default => Some(Type::Verbatim(quote_spanned!(Span::mixed_site()=> ()))),
                ReturnType::Type(_, ty) => Some((**ty).clone()),
            },
        };
        declared.map(erase_impl_trait)
    }

    /// Writes the view of `__result` as a `Result`. It always has the same place, so that a type that does not
    /// implement `Outcome` is reported once.
    pub(super) fn as_result(&self) -> TokenStream {
        let at = self.result_span();
        let core = located(self.core, at);
        quote_spanned!(at=> #core::Outcome::as_result(&__result))
    }

    /// Writes a `return` that never runs, from which the compiler infers the type of an async block. It causes no lint,
    /// so it needs no `allow`, which a crate may forbid.
    pub(super) fn write_fake_return(&self) -> TokenStream {
        // `!` cannot be named here; the error that it is not an `Outcome` comes from `as_result`.
        let Some(ty) = self.result_type().filter(|ty| !matches!(ty, Type::Never(_))) else {
            return TokenStream::new();
        };
        let at = self.result_span();
        let private = self.private_at(at);
        quote_spanned!(at=> if false { return #private::unreached::<#ty>(); })
    }

    /// Writes the result of an attempt that was cancelled.
    pub(super) fn write_cancelled(&self) -> TokenStream {
        let (site, args) = (Span::mixed_site(), self.plan.args);
        if let Some(make) = &args.on_cancel {
            // The type is named, so that the error for a closure of another type names the expected one.
            let at = site.located_at(make.value.span());
            let (private, make) = (self.private_at(at), &make.value);
            let ty = self.result_type().map(|ty| quote_spanned!(at=> ::<#ty>));
            return quote_spanned!(at=> #private::cancelled_with #ty(#make));
        }
        // All tokens have one place, so that an error type without `From<Cancelled>` is reported once.
        let key = args.cancel_attempts.as_ref().map(|arg| arg.key.span());
        let at = site.located_at(key.unwrap_or_else(Span::call_site));
        let private = self.private_at(at);
        quote_spanned!(at=> #private::cancelled())
    }

    /// Writes the result of an attempt that a timeout dropped.
    pub(super) fn write_timed_out(&self, limit: &TokenStream) -> TokenStream {
        let (site, args) = (Span::mixed_site(), self.plan.args);
        if let Some(make) = &args.on_timeout {
            // The type is named, so that the error for a closure of another type names the expected one.
            let at = site.located_at(make.value.span());
            let (private, make) = (self.private_at(at), &make.value);
            let ty = self.result_type().map(|ty| quote_spanned!(at=> ::<#ty>));
            return quote_spanned!(at=> #private::timed_out_with #ty(#limit, #make));
        }
        // All tokens have one place, so that an error type without `From<AttemptTimeout>` is reported once.
        let key = args.attempt_timeout.as_ref().or(args.timeout.as_ref()).map(|arg| arg.key.span());
        let at = site.located_at(key.unwrap_or_else(Span::call_site));
        let private = self.private_at(at);
        quote_spanned!(at=> #private::timed_out(#limit))
    }
}

/// Replaces each `impl Trait` by `_`, because a closure or a local variable cannot name it.
fn erase_impl_trait(mut ty: Type) -> Type {
    erase(&mut ty);
    ty
}

fn erase(ty: &mut Type) {
    match ty {
        Type::ImplTrait(_) => *ty = Type::Verbatim(quote_spanned!(Span::mixed_site()=> _)),
        Type::Paren(inner) => erase(&mut inner.elem),
        Type::Group(inner) => erase(&mut inner.elem),
        Type::Reference(inner) => erase(&mut inner.elem),
        Type::Array(inner) => erase(&mut inner.elem),
        Type::Slice(inner) => erase(&mut inner.elem),
        Type::Ptr(inner) => erase(&mut inner.elem),
        Type::Tuple(inner) => inner.elems.iter_mut().for_each(erase),
        Type::Path(inner) => erase_in_path(&mut inner.path),
        Type::TraitObject(inner) => {
            for bound in &mut inner.bounds {
                if let TypeParamBound::Trait(bound) = bound {
                    erase_in_path(&mut bound.path);
                }
            }
        }
        _ => {}
    }
}

fn erase_in_path(path: &mut Path) {
    for segment in &mut path.segments {
        let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else { continue };
        for argument in &mut arguments.args {
            match argument {
                GenericArgument::Type(ty) => erase(ty),
                GenericArgument::AssocType(assoc) => erase(&mut assoc.ty),
                _ => {}
            }
        }
    }
}
