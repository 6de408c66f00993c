//! The step after an attempt: the view of the result, the decision, and the hook `on_retry`.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::context::Context;
use super::tokens::{called, notify};

/// Looks at `__result`: leaves the loop, or binds `__delay`.
pub(super) fn tokens(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, core, private, .. } = context;
    let args = plan.args;
    let looked_at = context.as_result();
    let succeeded = succeeded(context);
    let fault = fault(context);
    // Only `on_retry` is told the error itself; elsewhere its text is made where its type is at hand.
    let (noun, no_error, error) = if args.on_retry.is_some() {
        let none = quote_spanned!(site=> ::core::option::Option::None);
        (quote_spanned!(site=> __error), none, quote_spanned!(site=> ::core::option::Option::Some(__error)))
    } else {
        let none = quote_spanned!(site=> #core::observe::ErrorText::NONE);
        (quote_spanned!(site=> __text), none, quote_spanned!(site=> #private::Telling::new(__error).text()))
    };
    let on_value = match &args.until {
        None => quote_spanned! {site=>
            ::core::result::Result::Ok(_) => {
                #succeeded
                (#core::Fault::Transient, #no_error)
            }
        },
        Some(_) if plan.evaluates_until_first() => quote_spanned! {site=>
            ::core::result::Result::Ok(_) => {
                if __is_met {
                    #succeeded
                }
                (#core::Fault::Transient, #no_error)
            }
        },
        Some(until) => {
            let is_met = called(context.private, "is_met", &quote_spanned!(site=> __value), &until.value);
            quote_spanned! {site=>
                ::core::result::Result::Ok(__value) => {
                    if #is_met {
                        #succeeded
                    }
                    (#core::Fault::Transient, #no_error)
                }
            }
        }
    };
    let (cancelled, failed) = (asked_whether_cancelled(context), failed(context));
    let on_retry = on_retry(context);
    let stopped = if plan.has_reason() {
        quote_spanned!(site=> #private::Verdict::Stop(__reason) => break (__result, ::core::option::Option::Some(__reason)),)
    } else {
        quote_spanned!(site=> #private::Verdict::Stop(_) => break __result,)
    };
    // The verdict is bound first: what it was made from must not live on while a hook is awaited.
    quote_spanned! {site=>
        #cancelled
        let (__fault, #noun) = match #looked_at {
            #on_value
            ::core::result::Result::Err(__error) => (#fault, #error),
        };
        let __verdict = #failed;
        let __delay = match __verdict {
            #private::Verdict::Retry(__delay) => {
                #on_retry
                __delay
            }
            #stopped
        };
    }
}

/// Notes a success and leaves the loop, unless a test loses the result: then it counts as one that did not meet `until`.
fn succeeded(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let identity = context.identity();
    let deposit = context.plan.args.budget.as_ref().map(|_| quote_spanned!(site=> __budget.deposit();));
    let leave = if context.plan.has_reason() {
        quote_spanned!(site=> break (__result, ::core::option::Option::None);)
    } else {
        quote_spanned!(site=> break __result;)
    };
    quote_spanned!(site=> if __driver.succeeded(#identity) { #deposit #leave })
}

/// What the error means: `when`, or what the error says of itself.
fn fault(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let private = context.private;
    if let Some(when) = &context.plan.args.when {
        called(context.private, "ask", &quote_spanned!(site=> __error), &when.value)
    } else {
        quote_spanned!(site=> #private::Probe::new(__error).fault())
    }
}

/// Binds `__is_cancelled`, before anything is borrowed that could not be held while that is awaited.
fn asked_whether_cancelled(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, private, .. } = context;
    let args = plan.args;
    if args.cancel.is_none() {
        return TokenStream::new();
    }
    if !plan.is_async {
        return quote_spanned!(site=> let __is_cancelled = #private::is_cancelled(__cancel););
    }
    let looked_at = context.as_result();
    let (asked_until, goes_on) = match &args.until {
        None => (TokenStream::new(), quote_spanned!(site=> #looked_at.is_err())),
        Some(until) => {
            let is_met = called(context.private, "is_met", &quote_spanned!(site=> __value), &until.value);
            let asked = quote_spanned! {site=>
                let __is_met = match #looked_at {
                    ::core::result::Result::Ok(__value) => #is_met,
                    ::core::result::Result::Err(_) => false,
                };
            };
            (asked, quote_spanned!(site=> !__is_met))
        }
    };
    quote_spanned! {site=>
        #asked_until
        let __is_cancelled = #goes_on && #private::is_given_now(__cancel.as_mut()).await;
    }
}

/// Asks the core.
fn failed(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let args = context.plan.args;
    let identity = context.identity();
    let text = if args.on_retry.is_some() {
        context.error_text(&quote_spanned!(site=> __error))
    } else {
        quote_spanned!(site=> __text)
    };
    if context.plan.needs_circumstances() {
        let circumstances = circumstances(context);
        return quote_spanned!(site=> __driver.failed_with(#identity, __fault, #text, #circumstances));
    }
    let budget = context.optional_budget();
    quote_spanned!(site=> __driver.failed(#identity, __fault, #text, #budget))
}

/// The facts beside the failure itself that the decision needs.
fn circumstances(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, private, .. } = context;
    let args = plan.args;
    let budget = context.optional_budget();
    let no = quote_spanned!(site=> false);
    let is_cancelled = if args.cancel.is_some() { quote_spanned!(site=> __is_cancelled) } else { no.clone() };
    let cut_short = if args.attempt_timeout.is_some() || args.timeout.is_some() {
        quote_spanned!(site=> __cut_short)
    } else {
        quote_spanned!(site=> ::core::option::Option::None)
    };
    let inner_gave_up =
        if plan.inner_retries.is_some() { quote_spanned!(site=> #private::inner_gave_up(&__scope)) } else { no };
    let attempts_are_limited = args.attempt_timeout.is_some();
    quote_spanned! {site=>
        #private::Circumstances {
            is_cancelled: #is_cancelled,
            cut_short: #cut_short,
            inner_gave_up: #inner_gave_up,
            attempts_are_limited: #attempts_are_limited,
            budget: #budget,
        }
    }
}

/// Runs `on_retry`; a retry that no longer starts in time after it is not made.
fn on_retry(context: &Context<'_>) -> TokenStream {
    let Some(hook) = &context.plan.args.on_retry else {
        return TokenStream::new();
    };
    let site = Span::mixed_site();
    let (identity, private) = (context.identity(), context.private);
    let text_of = context.event_text(&quote_spanned!(site=> __error));
    let event = quote_spanned!(site=> __driver.retry_event(#identity, __error, __delay).texted(#text_of));
    let hook = notify(context.private, &hook.value, &event);
    let circumstances = circumstances(context);
    let text = context.error_text(&quote_spanned!(site=> __error));
    let stop = if context.plan.has_reason() {
        quote_spanned!(site=> break (__result, ::core::option::Option::Some(#private::StopReason::MaxElapsed));)
    } else {
        quote_spanned!(site=> break __result;)
    };
    quote_spanned! {site=>
        #hook
        if !__driver.is_still_in_time(#identity, __delay, #circumstances) {
            __driver.interrupted(#identity, #private::StopReason::MaxElapsed, #text);
            #stop
        }
    }
}
