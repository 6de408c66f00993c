//! The code after the loop: the last hooks, and the result of the function.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::context::Context;
use super::tokens::{async_closure, called, located, notify};
use crate::args::Unmet;

/// Writes the code that makes the result of the function from `__result` and `__reason`.
pub(super) fn write(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let args = context.plan.args;
    let recovered = args.on_recovered.as_ref().map(|hook| {
        let called = notify(context.private, &hook.value, &quote_spanned!(site=> (&mut __driver).recovered_event()));
        quote_spanned!(site=> if (&__driver).has_recovered() { #called })
    });
    let gave_up = args.on_give_up.as_ref().map(|hook| {
        let as_result = context.as_result();
        let error = quote_spanned!(site=> #as_result.err());
        let event_text = context.event_text(&error);
        notify(
            context.private,
            &hook.value,
            &quote_spanned!(site=> (&mut __driver).give_up_event(#error, __fault, __reason).texted(#event_text)),
        )
    });
    let resort = args
        .or_else
        .as_ref()
        .map_or_else(|| quote_spanned!(site=> __result), |hook| write_or_else(context, &hook.value));
    let end = match &args.unmet {
        None => resort,
        Some(unmet) => {
            let unmet = match &unmet.value {
                Unmet::Last => quote_spanned!(site=> __result),
                Unmet::With(make) => {
                    let failure = called(context.private, "unmet", &quote_spanned!(site=> __result), make);
                    quote_spanned!(site=> if (&__driver).has_lost() { __result } else { #failure })
                }
            };
            let as_result = context.as_result();
            // The error that `unmet` makes is the last error of the call, so `or_else` receives it, too.
            quote_spanned! {site=>
                let __result = if ::core::result::Result::is_ok(&#as_result) { #unmet } else { __result };
                #resort
            }
        }
    };
    let reason = if args.on_give_up.is_some() {
        quote_spanned!(site=> (__reason, __fault))
    } else {
        quote_spanned!(site=> __reason)
    };
    quote_spanned! {site=>
        match __reason {
            ::core::option::Option::None => {
                #recovered
                __result
            }
            ::core::option::Option::Some(#reason) => {
                #gave_up
                #end
            }
        }
    }
}

fn write_or_else(context: &Context<'_>, hook: &Expr) -> TokenStream {
    let site = Span::mixed_site();
    let core = located(context.core, context.result_span());
    let explain = quote_spanned!(site=> |__last| (&mut __driver).retry_error(__last, __reason));
    if let Some((pattern, body)) = async_closure(hook, &context.write_fake_return()) {
        quote_spanned! {site=>
            match #core::Outcome::into_result(__result) {
                ::core::result::Result::Ok(__value) => #core::Outcome::from_value(__value),
                ::core::result::Result::Err(__last) => {
                    let #pattern = (&mut __driver).retry_error(__last, __reason);
                    #body.await
                }
            }
        }
    } else {
        called(context.private, "or_else", &quote_spanned!(site=> __result, #explain), hook)
    }
}
