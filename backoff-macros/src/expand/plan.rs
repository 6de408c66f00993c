//! What one expansion needs, decided once from the arguments and the function.

use backoff_rules::{Jitter, Since};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Pat, Path, PathArguments, ReturnType, Signature, Type, TypeParamBound};

use super::policy::{self, PolicyTokens};
use crate::args::{Arg, Args, InnerRetries, Value};
use crate::function::{Binding, Function, Shape, arguments_named};

/// The driver of the loop; see `backoff_core::__private`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    /// Counts attempts, and remembers what `Memory` says.
    Counted(Memory),
    /// Serves any policy.
    Full,
}

/// What a counting driver remembers beside the number of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// Nothing.
    Untimed,
    /// The start of the call.
    Timed,
    /// The start of the call and its delays.
    Recorded,
}

pub(super) struct Plan<'a> {
    pub(super) args: &'a Args,
    pub(super) function: &'a Function,
    /// The path of the runtime crate.
    pub(super) core: TokenStream,
    /// The module of the runtime crate that expanded code may name.
    pub(super) private: TokenStream,
    pub(super) policy: PolicyTokens,
    pub(super) driver: Driver,
    pub(super) is_async: bool,
    /// The loop ends with a pair of result and reason, and something is done with them afterwards.
    pub(super) has_ending: bool,
    /// The result lives through the delay, because a cancelled delay returns it.
    pub(super) keeps_result: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(args: &'a Args, function: &'a Function) -> Self {
        // A path that leads nowhere is reported once, at its import.
        let core = quote_spanned!(Span::mixed_site()=> __retry_core);
        let private = quote_spanned!(Span::mixed_site()=> #core::__private);
        let policy = policy::tokens(args, &core, &private);
        let keeps_result = args.cancel.is_some();
        let has_ending = keeps_result
            || args.timeout.is_some()
            || args.on_give_up.is_some()
            || args.on_recovered.is_some()
            || args.or_else.is_some()
            || args.unmet.is_some();
        let driver = if needs_full_driver(args, &policy) { Driver::Full } else { Driver::Counted(memory(args)) };
        Self {
            args,
            function,
            core,
            private,
            policy,
            driver,
            is_async: function.shape.is_async(),
            has_ending,
            keeps_result,
        }
    }

    /// Where errors about the result type belong: the return type, or the function's name.
    pub(super) fn result_span(&self) -> Span {
        let written = match &self.function.sig.output {
            ReturnType::Default => self.function.sig.ident.span(),
            ReturnType::Type(_, ty) => ty.span(),
        };
        Span::mixed_site().located_at(written)
    }

    /// The type that an attempt gives, where it is known, with `impl Trait` left to inference.
    pub(super) fn result_type(&self) -> Option<Type> {
        let declared = match &self.function.shape {
            Shape::Future(future) => future.output.clone(),
            Shape::Sync | Shape::Async => match &self.function.sig.output {
                ReturnType::Default => Some(Type::Verbatim(quote_spanned!(Span::mixed_site()=> ()))),
                ReturnType::Type(_, ty) => Some((**ty).clone()),
            },
        };
        declared.map(erase_impl_trait)
    }

    /// The path of the private module, for a call whose mistakes are reported at a place in the user's source.
    pub(super) fn private_at(&self, place: Span) -> TokenStream {
        located(&self.private, place)
    }

    /// The mode of `inner_retries`, where it opens a scope.
    pub(super) fn inner_retries(&self) -> Option<TokenStream> {
        let site = Span::mixed_site();
        let core = &self.core;
        let mode = match self.args.inner_retries.as_ref()?.value {
            InnerRetries::Allow => return None,
            InnerRetries::Suppress => quote_spanned!(site=> Suppress),
            InnerRetries::Stop => quote_spanned!(site=> Stop),
        };
        Some(quote_spanned!(Span::mixed_site()=> #core::InnerRetries::#mode))
    }

    /// The name of the limit of an attempt.
    pub(super) fn attempt_timeout(&self) -> Ident {
        limit_name(self.args.attempt_timeout.as_ref(), "__RETRY_ATTEMPT_TIMEOUT", "__attempt_timeout")
    }

    /// The name of the limit of the call.
    pub(super) fn timeout(&self) -> Ident {
        limit_name(self.args.timeout.as_ref(), "__RETRY_TIMEOUT", "__timeout")
    }

    /// The limit of the call, as an `Option`.
    fn optional_timeout(&self) -> TokenStream {
        optional(self.args.timeout.as_ref().map(|_| self.timeout().into_token_stream()))
    }

    /// Whether the driver does something with a delay that was waited out.
    pub(super) fn notes_delays(&self) -> bool {
        matches!(self.driver, Driver::Full | Driver::Counted(Memory::Recorded))
    }

    /// Whether the decision needs more than the fault and the budget.
    pub(super) fn has_circumstances(&self) -> bool {
        self.driver == Driver::Full
            || self.args.attempt_timeout.is_some()
            || self.args.timeout.is_some()
            || self.args.cancel.is_some()
            || self.inner_retries().is_some()
    }

    /// The arguments of the driver's methods that say which call it is.
    pub(super) fn identity(&self) -> TokenStream {
        let reference = &self.policy.reference;
        match self.driver {
            Driver::Counted(_) => quote_spanned!(Span::mixed_site()=> &__RETRY_SITE),
            Driver::Full => quote_spanned!(Span::mixed_site()=> &__RETRY_SITE, #reference),
        }
    }

    /// The sleeper, by reference.
    pub(super) fn sleeper(&self) -> TokenStream {
        let site = Span::mixed_site();
        let private = &self.private;
        match &self.args.sleep {
            Some(Arg { value, .. }) => quote_spanned!(site.located_at(value.span())=> &#value),
            None if self.is_async => quote_spanned!(site=> &#private::AsyncSleeper),
            None => quote_spanned!(site=> &#private::DefaultSleeper),
        }
    }

    /// Where a sleeper that cannot wait is reported, and the private module named there.
    pub(super) fn sleeper_place(&self) -> (Span, TokenStream) {
        let site = Span::mixed_site();
        let at = self.args.sleep.as_ref().map_or(site, |sleep| site.located_at(sleep.value.span()));
        (at, self.private_at(at))
    }

    /// Makes the driver.
    pub(super) fn driver_start(&self) -> TokenStream {
        let site = Span::mixed_site();
        let Self { private, policy, args, .. } = self;
        let mode = if self.is_async {
            quote_spanned!(Span::mixed_site()=> AsyncMode)
        } else {
            quote_spanned!(Span::mixed_site()=> BlockingMode)
        };
        let reference = &policy.reference;
        let start = match self.driver {
            Driver::Counted(memory) => {
                let memory = match memory {
                    Memory::Untimed => quote_spanned!(site=> Untimed),
                    Memory::Timed => quote_spanned!(site=> Timed),
                    Memory::Recorded => quote_spanned!(site=> Recorded),
                };
                quote_spanned!(site=> #private::Counted::<#private::#mode, #private::#memory>::start())
            }
            Driver::Full => {
                let is_timed = self.is_timed();
                let at = policy.place;
                let private = self.private_at(at);
                let seeded = args.seed.as_ref().map(|_| quote_spanned!(site=> .seed(__seed)));
                quote_spanned!(at=> #private::Full::<_, #private::#mode>::start(#reference, #is_timed) #seeded)
            }
        };
        let scope = self.inner_retries().map(|mode| {
            let timeout = self.optional_timeout();
            quote_spanned!(site=> let __scope = #private::open_scope(#mode, #timeout);)
        });
        quote_spanned!(site=> let mut __driver = #start; #scope)
    }

    /// Whether something beside the policy wants to know the time.
    fn is_timed(&self) -> bool {
        let args = self.args;
        args.on_retry.is_some()
            || args.on_give_up.is_some()
            || args.on_recovered.is_some()
            || args.or_else.is_some()
            || args.attempt.is_some()
            || args.attempt_timeout.is_some()
    }

    /// What starts every attempt, and is there for its hooks, too.
    pub(super) fn start_of_attempt(&self) -> TokenStream {
        let site = Span::mixed_site();
        let Self { args, policy, .. } = self;
        let mut tokens = TokenStream::new();
        if self.driver == Driver::Full && (args.reset_after.is_some() || !policy.is_plain) {
            let reference = &policy.reference;
            tokens.extend(quote_spanned!(site=> __driver.attempt_starts(#reference);));
        }
        if self.inner_retries().is_some() {
            let identity = self.identity();
            tokens.extend(quote_spanned!(site=> __driver.attempt_starts_in(#identity, &__scope);));
        }
        if args.before_retry.is_some() {
            tokens.extend(quote_spanned!(site=> let __is_retry = __driver.is_retry();));
        }
        if let Some(attempt) = &args.attempt {
            let (name, identity) = (&attempt.value, self.identity());
            let timeout = self.optional_timeout();
            tokens.extend(quote_spanned!(site=> let #name = __driver.attempt(#identity, #timeout);));
        }
        tokens
    }

    /// The arguments that every attempt binds anew: for itself, so that hooks see the argument and not what the attempt left of it.
    pub(super) fn arguments_of_attempt(&self) -> TokenStream {
        let site = Span::mixed_site();
        let Self { args, function, .. } = self;
        let mut tokens = TokenStream::new();
        for Binding { ident, mutability, cfgs } in &function.reborrows {
            tokens.extend(quote_spanned!(site=> #(#cfgs)* let #mutability #ident = &mut *#ident;));
        }
        for name in args.clone.iter().flat_map(|clone| &clone.value) {
            // One that is captured by unique reference is bound with `mut`.
            let is_unique = function.unique.iter().any(|unique| unique.ident == *name);
            for Binding { ident, mutability, cfgs } in arguments_named(function, name) {
                let mutability = mutability.or_else(|| is_unique.then(|| syn::Token![mut](ident.span())));
                // A type that is not `Clone` is reported in the attribute, a missing `mut` at the argument.
                let mut source = ident.clone();
                source.set_span(ident.span().located_at(name.span()));
                let cloned = quote_spanned!(site.located_at(name.span())=> ::core::clone::Clone::clone(&#source));
                tokens.extend(quote_spanned!(site=> #(#cfgs)* let #mutability #ident = #cloned;));
            }
        }
        tokens
    }

    pub(super) fn is_cloned(&self, name: &Ident) -> bool {
        self.args.clone.iter().flat_map(|clone| &clone.value).any(|cloned| cloned == name)
    }

    /// Whether the expansion wants `mut` where an argument is bound, if it cares. Where attempts capture an argument by unique
    /// reference it is needed; where they bind it anew, the `mut` belongs there, and here it would be called unused.
    pub(super) fn mutability(&self, name: &Ident) -> Option<bool> {
        let Function { unique, reborrows, receiver, .. } = self.function;
        if self.is_cloned(name) || reborrows.iter().any(|arg| arg.ident == *name) {
            return Some(false);
        }
        let is_receiver = receiver.as_ref().is_some_and(|own| !own.is_reference && own.name == *name);
        (is_receiver || unique.iter().any(|arg| arg.ident == *name)).then_some(true)
    }

    /// The signature, with and without `mut` as [`mutability`](Self::mutability) says: an argument that is bound anew in the
    /// body instead would be dropped before others.
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
                        // A pattern that starts in the expansion would leave the name out of the compiler's messages.
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

/// Returns the name of a limit: that of a constant, unless it is known only when the function is called.
fn limit_name(limit: Option<&Arg<Value<std::time::Duration>>>, constant: &str, variable: &str) -> Ident {
    let is_constant = limit.is_some_and(|limit| !matches!(limit.value, Value::Runtime(_)));
    Ident::new(if is_constant { constant } else { variable }, Span::mixed_site())
}

impl<T: ToTokens> Value<T> {
    /// The value as an expression.
    pub(super) fn expression(&self) -> TokenStream {
        match self {
            Self::Literal(value) => value.to_token_stream(),
            Self::Constant(expr) | Self::Runtime(expr) => expr.to_token_stream(),
        }
    }
}

/// An expression of type `Option`.
pub(super) fn optional(value: Option<TokenStream>) -> TokenStream {
    let site = Span::mixed_site();
    value.map_or_else(
        || quote_spanned!(site=> ::core::option::Option::None),
        |value| quote_spanned!(site=> ::core::option::Option::Some(#value)),
    )
}

/// Moves generated tokens without groups to a place in the user's source: an expression that starts elsewhere would be
/// reported as all that stands between.
pub(super) fn located(tokens: &TokenStream, place: Span) -> TokenStream {
    let moved = tokens.clone().into_iter().map(|mut tree| {
        tree.set_span(tree.span().located_at(place));
        tree
    });
    moved.collect()
}

/// A duration as an expression.
pub(super) fn duration(value: &Value<std::time::Duration>) -> TokenStream {
    match value {
        Value::Literal(time) => {
            let (secs, nanos) = (time.as_secs(), time.subsec_nanos());
            quote_spanned!(Span::mixed_site()=> ::core::time::Duration::new(#secs, #nanos))
        }
        Value::Constant(expr) | Value::Runtime(expr) => expr.to_token_stream(),
    }
}

/// Returns whether the number of failures is not all the progress of a call.
fn needs_full_driver(args: &Args, policy: &PolicyTokens) -> bool {
    let is_decorrelated_at_most_by_literal = args
        .jitter
        .as_ref()
        .is_none_or(|jitter| matches!(jitter.value, Value::Literal(kind) if kind != Jitter::Decorrelated));
    !policy.is_plain
        || args.seed.is_some()
        || args.reset_after.is_some()
        || args.since.as_ref().is_some_and(|since| since.value == Since::FirstFailure)
        || !is_decorrelated_at_most_by_literal
}

/// Returns what a counting driver has to remember.
fn memory(args: &Args) -> Memory {
    let has_hook = args.on_retry.is_some() || args.on_give_up.is_some() || args.on_recovered.is_some();
    if args.or_else.is_some() || args.attempt.is_some() {
        Memory::Recorded
    } else if args.max_elapsed.is_some() || args.timeout.is_some() || has_hook {
        Memory::Timed
    } else {
        Memory::Untimed
    }
}

/// Replaces every `impl Trait` by `_`: a closure or a local variable cannot name it.
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
