//! The code before the loop, evaluated once per call.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::context::Context;
use super::plan::{CallTimes, Driver, PolicyForm};
use super::tokens::{duration, located, optional};
use crate::args::{Arg, Level, Value, Word as _};
use crate::function::{Binding, arguments_named};

/// Binds a timeout that is known only when the function is called.
fn bind_timeout(limit: Option<&Arg<Value<Duration>>>, name: &Ident) -> TokenStream {
    match limit {
        Some(Arg { value: value @ Value::Runtime(_), .. }) => {
            let value = duration(value);
            quote_spanned!(Span::mixed_site()=> let #name: ::core::time::Duration = #value;)
        }
        _ => TokenStream::new(),
    }
}

/// Declares a timeout that is known at compile time, as a constant, so that the future does not store it.
fn declare_timeout(limit: Option<&Arg<Value<Duration>>>, name: &Ident) -> TokenStream {
    match limit {
        None | Some(Arg { value: Value::Runtime(_), .. }) => TokenStream::new(),
        Some(Arg { value, .. }) => {
            let value = duration(value);
            quote_spanned!(Span::mixed_site()=> const #name: ::core::time::Duration = #value;)
        }
    }
}

/// Writes imports, constants, bindings and the driver of the call, in the order in which they use each other.
pub(super) fn write(context: &Context<'_>) -> TokenStream {
    let (prologue, driver) = (context.write_bindings(), context.start_driver());
    quote_spanned!(Span::mixed_site()=> #prologue #driver)
}

impl Context<'_> {
    fn write_bindings(&self) -> TokenStream {
        let site = Span::mixed_site();
        let Self { plan, policy, .. } = self;
        let args = plan.args;
        let mut tokens = TokenStream::new();
        let path = args.core_path();
        let place = args.krate.as_ref().map_or(site, |path| site.located_at(path.value.span()));
        let renamed = quote_spanned!(place=> as __retry_core);
        tokens.extend(quote_spanned!(site=> use #path #renamed;));
        tokens.extend(declare_timeout(args.attempt_timeout.as_ref(), &self.attempt_timeout()));
        tokens.extend(declare_timeout(args.timeout.as_ref(), &self.timeout()));
        let is_policy_known = matches!(plan.policy, PolicyForm::Constant | PolicyForm::InlineConstant);
        if is_policy_known {
            tokens.extend(policy.declaration.clone()); // items, which come before statements
        }
        if plan.is_async {
            let needed = Ident::new(if args.sleep.is_none() { "runtime" } else { "driver" }, site);
            let core = self.core;
            tokens.extend(quote_spanned!(site=> #core::__retry_needs!(#needed);));
        }
        tokens.extend(self.declare_call_site());
        for name in args.clone.iter().flat_map(|clone| &clone.value) {
            // Attempts only clone the argument. This code never runs; it prevents lints about an argument that is not
            // consumed.
            for Binding { ident, cfgs, .. } in arguments_named(plan.function, name) {
                tokens.extend(quote_spanned!(site=> #(#cfgs)* if false { let __consumed = #ident; loop {} }));
            }
        }
        for once in args.once.iter().flat_map(|once| &once.value) {
            let (name, value) = (&once.name, &once.value);
            tokens.extend(quote_spanned!(site=> let __once = #value; let #name = &__once;));
        }
        if !is_policy_known {
            tokens.extend(policy.declaration.clone()); // it may use names of `once`, as everything below may
        }
        tokens.extend(self.bind_budget());
        if let Some(cancel) = &args.cancel {
            let by = &cancel.value;
            let at = site.located_at(by.span());
            tokens.extend(if plan.is_async {
                let private = self.private_at(at);
                let future = quote_spanned!(at=> #private::CancelFuture::new(#by).future());
                let signal = quote_spanned!(at=> #private::when(#future));
                quote_spanned!(site=> let mut __cancel = ::core::pin::pin!(#signal);)
            } else {
                let core = self.core;
                let token = quote_spanned!(at=> &#by);
                quote_spanned!(site=> let __cancel: &#core::CancelToken = #token;)
            });
        }
        if let Some(seed) = &args.seed {
            let value = seed.value.expression();
            tokens.extend(quote_spanned!(site=> let __seed: ::core::primitive::u64 = #value;));
        }
        tokens.extend(bind_timeout(args.attempt_timeout.as_ref(), &self.attempt_timeout()));
        if args.timeout.is_some() {
            let timeout = self.timeout();
            tokens.extend(bind_timeout(args.timeout.as_ref(), &timeout));
            tokens.extend(self.check_timeout(&timeout));
            let (sleeper, (at, private)) = (self.sleeper(), self.sleeper_place());
            let timer = quote_spanned!(at=> #private::timer(#sleeper, #timeout));
            tokens.extend(quote_spanned!(site=> let mut __deadline = ::core::pin::pin!(#timer);));
        }
        tokens
    }

    /// Makes the driver, and the scope of `inner_retries`.
    fn start_driver(&self) -> TokenStream {
        let site = Span::mixed_site();
        let Self { plan, private, policy, .. } = self;
        let mode = if plan.is_async {
            quote_spanned!(Span::mixed_site()=> AsyncMode)
        } else {
            quote_spanned!(Span::mixed_site()=> BlockingMode)
        };
        let reference = &policy.reference;
        let start = match plan.driver {
            Driver::Counted(memory) => {
                let memory = match memory {
                    CallTimes::Untimed => quote_spanned!(site=> Untimed),
                    CallTimes::Timed => quote_spanned!(site=> Timed),
                    CallTimes::Recorded => quote_spanned!(site=> Recorded),
                };
                let memory =
                    if plan.times_attempts() { quote_spanned!(site=> WithAttempts<#private::#memory>) } else { memory };
                quote_spanned!(site=> #private::Counted::<#private::#mode, #private::#memory>::start())
            }
            Driver::Full => {
                let is_timed = plan.needs_time();
                let at = policy.place;
                let private = self.private_at(at);
                let seeded = plan.args.seed.as_ref().map(|_| quote_spanned!(site=> .seed(__seed)));
                quote_spanned!(at=> #private::Full::<_, #private::#mode>::start(#reference, #is_timed) #seeded)
            }
        };
        let scope = self.inner_retries().map(|mode| {
            let timeout = self.optional_timeout();
            quote_spanned!(site=> let __scope = #private::open_scope(#mode, #timeout);)
        });
        quote_spanned!(site=> let mut __driver = #start; #scope)
    }

    /// Refuses a constant `timeout` of zero, and replaces one that is known at run time.
    fn check_timeout(&self, name: &Ident) -> TokenStream {
        let (site, private) = (Span::mixed_site(), self.private);
        match self.plan.args.timeout.as_ref().map(|limit| &limit.value) {
            None | Some(Value::Literal(_)) => TokenStream::new(),
            Some(Value::Constant(expr)) => {
                located(&quote_spanned!(site=> const _: () = #private::check_timeout(#expr);), expr.span())
            }
            Some(Value::Runtime(_)) => {
                quote_spanned!(site=> let #name = #private::allowed_timeout(&__RETRY_SITE, #name);)
            }
        }
    }

    /// Declares the static with the place of the retries and their counters.
    fn declare_call_site(&self) -> TokenStream {
        let site = Span::mixed_site();
        let Self { plan, core, policy, .. } = self;
        let args = plan.args;
        let name = optional(args.name.as_ref().map(|name| name.value.expression()));
        let constant = optional((plan.policy == PolicyForm::Constant).then(|| policy.reference.clone()));
        let level = args.log.as_ref().map_or(Level::Debug, |log| log.value);
        let level = Ident::new(level.variant(), site);
        quote_spanned! {site=>
            static __RETRY_SITE: #core::CallSite = {
                fn __retry_name() -> &'static ::core::primitive::str {
                    ::core::any::type_name_of_val(&__retry_name)
                }
                #core::CallSite::new(
                    #name, __retry_name, ::core::file!(), ::core::line!(), #constant, #core::observe::Level::#level,
                )
            };
        }
    }

    /// Binds `__budget`, a reference to the budget of the call.
    fn bind_budget(&self) -> TokenStream {
        let site = Span::mixed_site();
        let core = self.core;
        match self.plan.args.budget.as_ref().map(|budget| &budget.value) {
            None => TokenStream::new(),
            Some(None) => quote_spanned! {site=>
                static __RETRY_BUDGET: #core::Budget = #core::Budget::new();
                let __budget = &__RETRY_BUDGET;
            },
            Some(Some(expr)) => {
                let shared = quote_spanned!(site.located_at(expr.span())=> __shared_budget);
                quote_spanned! {site=>
                    let __shared_budget = &#expr;
                    let __budget: &#core::Budget = #shared;
                }
            }
        }
    }
}
