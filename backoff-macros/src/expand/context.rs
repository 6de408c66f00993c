//! The plan with the paths and expressions that all stages after the policy write.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned as _;

use super::plan::{Driver, Plan};
use super::policy::PolicyTokens;
use super::tokens::{located, optional};
use crate::args::{Arg, Value, Word as _, peel};

/// The input of each stage.
pub(super) struct Context<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) core: &'a TokenStream,
    pub(super) private: &'a TokenStream,
    pub(super) policy: &'a PolicyTokens,
}

impl Context<'_> {
    /// Returns the path of the private module, for a call whose mistakes are reported at a place in the user's source.
    pub(super) fn private_at(&self, place: Span) -> TokenStream {
        located(self.private, place)
    }

    /// Writes the arguments of the driver's methods that identify the call.
    pub(super) fn identity(&self) -> TokenStream {
        let reference = &self.policy.reference;
        match self.plan.driver {
            Driver::Counted(_) => quote_spanned!(Span::mixed_site()=> &__RETRY_SITE),
            Driver::Full => quote_spanned!(Span::mixed_site()=> &__RETRY_SITE, #reference),
        }
    }

    /// Leaves the loop after the call has stopped. `fault` is `None` if a limit of the call ended it during a delay.
    pub(super) fn stopped(&self, reason: &TokenStream, fault: Option<&TokenStream>) -> TokenStream {
        let site = Span::mixed_site();
        if !self.plan.has_reason() {
            return quote_spanned!(site=> break __result);
        }
        let reason = if self.plan.args.on_give_up.is_some() {
            let fault = optional(fault.cloned());
            quote_spanned!(site=> (#reason, #fault))
        } else {
            reason.clone()
        };
        quote_spanned!(site=> break (__result, ::core::option::Option::Some(#reason)))
    }

    /// Writes the mode of `inner_retries`, if attempts open a scope for it.
    pub(super) fn inner_retries(&self) -> Option<TokenStream> {
        let (site, core) = (Span::mixed_site(), self.core);
        let mode = Ident::new(self.plan.inner_retries?.variant(), site);
        Some(quote_spanned!(site=> #core::InnerRetries::#mode))
    }

    /// Returns the name of the timeout of an attempt.
    pub(super) fn attempt_timeout(&self) -> Ident {
        let timeout = self.plan.args.attempt_timeout.as_ref();
        timeout_name(timeout, "__RETRY_ATTEMPT_TIMEOUT", "__attempt_timeout")
    }

    /// Returns the name of the timeout of the call.
    pub(super) fn timeout(&self) -> Ident {
        timeout_name(self.plan.args.timeout.as_ref(), "__RETRY_TIMEOUT", "__timeout")
    }

    /// Writes the timeout of the call as an `Option`.
    pub(super) fn optional_timeout(&self) -> TokenStream {
        optional(self.plan.args.timeout.as_ref().map(|_| self.timeout().into_token_stream()))
    }

    /// Writes the budget as an `Option`.
    pub(super) fn optional_budget(&self) -> TokenStream {
        optional(self.plan.args.budget.as_ref().map(|_| quote_spanned!(Span::mixed_site()=> __budget)))
    }

    /// Writes the sleeper, by unique reference. A closure that is written in place may have a state; any other sleeper
    /// is shared.
    pub(super) fn sleeper(&self) -> TokenStream {
        let (site, private) = (Span::mixed_site(), self.private);
        let Some(Arg { value, .. }) = &self.plan.args.sleep else {
            let default = Ident::new(if self.plan.is_async { "AsyncSleeper" } else { "DefaultSleeper" }, site);
            return quote_spanned!(site=> &mut #private::#default);
        };
        let (at, private) = self.sleeper_place();
        if matches!(peel(value), Expr::Closure(_)) {
            // In braces, because a lint reports a closure such as `|delay| pause(delay)` as an argument of a function.
            return quote_spanned!(at=> &mut #private::sleep_fn({ #value }));
        }
        quote_spanned!(at=> &mut #private::shared_sleeper(&#value))
    }

    /// Returns the place where a sleeper of the wrong type is reported, and the private module at that place.
    pub(super) fn sleeper_place(&self) -> (Span, TokenStream) {
        let site = Span::mixed_site();
        let at = self.plan.args.sleep.as_ref().map_or(site, |sleep| site.located_at(sleep.value.span()));
        (at, self.private_at(at))
    }

    /// Writes the error as text for observers, from an `Option<&E>`.
    pub(super) fn error_text(&self, error: &TokenStream) -> TokenStream {
        let (core, private) = (self.core, self.private);
        quote_spanned! {Span::mixed_site()=>
            match #error {
                ::core::option::Option::Some(__error) => #private::ErrorTextProbe::new(__error).__retry_text(),
                ::core::option::Option::None => #core::observe::ErrorText::NONE,
            }
        }
    }

    /// Writes the function that shows the error of an event with its sources, from an `Option<&E>`.
    pub(super) fn event_text(&self, error: &TokenStream) -> TokenStream {
        let private = self.private;
        quote_spanned! {Span::mixed_site()=>
            match #error {
                ::core::option::Option::Some(__error) => #private::ErrorTextProbe::new(__error).__retry_text_of(),
                ::core::option::Option::None => ::core::option::Option::None,
            }
        }
    }
}

/// Returns the name of a timeout: of a constant, or of a variable if it is known only when the function is called.
fn timeout_name(timeout: Option<&Arg<Value<std::time::Duration>>>, constant: &str, variable: &str) -> Ident {
    let is_constant = timeout.is_some_and(|timeout| !matches!(timeout.value, Value::Runtime(_)));
    Ident::new(if is_constant { constant } else { variable }, Span::mixed_site())
}
