//! The step after an attempt: the view of the result, the decision, and the hook `on_retry`.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::context::Context;
use super::tokens::{called, notify};

/// Writes the code that leaves the loop with `__result`, or binds `__delay`.
pub(super) fn write(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, core, private, .. } = context;
    let args = plan.args;
    let as_result = context.as_result();
    let succeeded = write_success(context);
    let fault = write_fault(context);
    // If no closure receives the error, its text is made here, because its type is known here.
    let (noun, no_error, error) = if plan.binds_error() {
        let none = quote_spanned!(site=> ::core::option::Option::None);
        (quote_spanned!(site=> __error), none, quote_spanned!(site=> ::core::option::Option::Some(__error)))
    } else {
        let none = quote_spanned!(site=> #core::observe::ErrorText::NONE);
        (
            quote_spanned!(site=> __text),
            none,
            quote_spanned!(site=> #private::ErrorTextProbe::new(__error).__retry_text()),
        )
    };
    let on_value = match &args.until {
        None => quote_spanned! {site=>
            ::core::result::Result::Ok(_) => {
                #succeeded
                (#core::Fault::Transient, #no_error)
            }
        },
        Some(until) => {
            let (value, unmet) = if plan.evaluates_until_first() {
                (quote_spanned!(site=> _), quote_spanned!(site=> __unmet))
            } else {
                (quote_spanned!(site=> __value), write_unmet(context, &until.value))
            };
            quote_spanned! {site=>
                ::core::result::Result::Ok(#value) => match #unmet {
                    ::core::option::Option::Some(__fault) => (__fault, #no_error),
                    ::core::option::Option::None => {
                        #succeeded
                        (#core::Fault::Transient, #no_error)
                    }
                }
            }
        }
    };
    let (cancelled, failed) = (write_cancel_check(context), write_decision(context));
    let on_retry = write_on_retry(context);
    let end = context.stopped(&quote_spanned!(site=> __reason), Some(&quote_spanned!(site=> __fault)));
    let stopped = if plan.has_reason() {
        quote_spanned!(site=> #private::Verdict::Stop(__reason) => #end,)
    } else {
        quote_spanned!(site=> #private::Verdict::Stop(_) => #end,)
    };
    // The verdict is bound first, so that its temporaries are dropped before a hook is awaited.
    quote_spanned! {site=>
        #cancelled
        let (__fault, #noun) = match #as_result {
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

/// Evaluates `until` with `__value`. The expression is the fault of a value that does not meet it, as an `Option`.
fn write_unmet(context: &Context<'_>, until: &Expr) -> TokenStream {
    called(context.private, "unmet_fault", &quote_spanned!(Span::mixed_site()=> __value), until)
}

/// Records a success and leaves the loop. If a test loses the result, it counts as a value that does not meet `until`.
fn write_success(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let (core, identity) = (context.core, context.identity());
    let deposit = context.plan.args.budget.as_ref().map(|_| quote_spanned!(site=> #core::Budget::deposit(__budget);));
    let leave = if context.plan.has_reason() {
        quote_spanned!(site=> break (__result, ::core::option::Option::None);)
    } else {
        quote_spanned!(site=> break __result;)
    };
    quote_spanned!(site=> if (&mut __driver).succeeded(#identity) { #deposit #leave })
}

/// Classifies the error by `when`, or by its own type.
fn write_fault(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let private = context.private;
    if let Some(when) = &context.plan.args.when {
        called(context.private, "ask", &quote_spanned!(site=> __error), &when.value)
    } else {
        quote_spanned!(site=> #private::Probe::new(__error).__retry_fault())
    }
}

/// Binds `__is_cancelled`. It is bound before the match on the result, because nothing of the result may be borrowed
/// during an await.
fn write_cancel_check(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, private, .. } = context;
    let args = plan.args;
    if args.cancel.is_none() {
        return TokenStream::new();
    }
    if !plan.is_async {
        return quote_spanned!(site=> let __is_cancelled = #private::is_cancelled(__cancel););
    }
    let as_result = context.as_result();
    let (evaluate_until, continues) = match &args.until {
        None => (TokenStream::new(), quote_spanned!(site=> ::core::result::Result::is_err(&#as_result))),
        Some(until) => {
            let (core, unmet) = (context.core, write_unmet(context, &until.value));
            let evaluate = quote_spanned! {site=>
                let __unmet = match #as_result {
                    ::core::result::Result::Ok(__value) => #unmet,
                    ::core::result::Result::Err(_) => ::core::option::Option::Some(#core::Fault::Transient),
                };
            };
            (evaluate, quote_spanned!(site=> ::core::option::Option::is_some(&__unmet)))
        }
    };
    // A signal that dropped the attempt must not be polled again, and the reason of a dropped attempt is known.
    let undropped =
        plan.drops_attempts().then(|| quote_spanned!(site=> && ::core::option::Option::is_none(&__cut_short)));
    quote_spanned! {site=>
        #evaluate_until
        let __is_cancelled = #continues #undropped && #private::is_given_now(::core::pin::Pin::as_mut(&mut __cancel)).await;
    }
}

/// Calls the decision of the driver.
fn write_decision(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let plan = context.plan;
    let identity = context.identity();
    let text = if plan.binds_error() {
        context.error_text(&quote_spanned!(site=> __error))
    } else {
        quote_spanned!(site=> __text)
    };
    if plan.is_steered() {
        let (failure_context, steering) = (write_failure_context(context), write_steering(context));
        return quote_spanned!(site=> (&mut __driver).failed_steered(#identity, __fault, #text, #failure_context, #steering));
    }
    if plan.needs_failure_context() {
        let failure_context = write_failure_context(context);
        return quote_spanned!(site=> (&mut __driver).failed_with(#identity, __fault, #text, #failure_context));
    }
    let budget = context.optional_budget();
    quote_spanned!(site=> (&mut __driver).failed(#identity, __fault, #text, #budget))
}

/// Writes the results of the closures that change what follows a failure.
fn write_steering(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, core, private, .. } = context;
    let is_progress = plan.args.reset_when.as_ref().map(|reset_when| {
        let is_progress = called(private, "is_progress", &quote_spanned!(site=> __error), &reset_when.value);
        quote_spanned! {site=>
            match __error {
                ::core::option::Option::Some(__error) => #is_progress,
                ::core::option::Option::None => false,
            }
        }
    });
    let is_progress = is_progress.unwrap_or_else(|| quote_spanned!(site=> false));
    let adjust = plan.args.adjust.as_ref().map(|adjust| {
        let event_text = context.event_text(&quote_spanned!(site=> __error));
        let event = quote_spanned!(site=> &#core::observe::RetryEvent::about(__planned, __error).texted(#event_text));
        let adjusted = called(private, "adjust", &event, &adjust.value);
        quote_spanned!(site=> #private::Adjusting::new(&mut |__planned| #adjusted))
    });
    let adjust = adjust.unwrap_or_else(|| quote_spanned!(site=> ()));
    quote_spanned!(site=> #private::Steering { is_progress: #is_progress, adjust: #adjust })
}

/// Writes the facts about the call that the decision needs beside the fault.
fn write_failure_context(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, private, .. } = context;
    let args = plan.args;
    let budget = context.optional_budget();
    let no = quote_spanned!(site=> false);
    let is_cancelled = if args.cancel.is_some() { quote_spanned!(site=> __is_cancelled) } else { no.clone() };
    let dropped_by = if plan.drops_attempts() {
        quote_spanned!(site=> __cut_short)
    } else {
        quote_spanned!(site=> ::core::option::Option::None)
    };
    let inner_gave_up =
        if plan.inner_retries.is_some() { quote_spanned!(site=> #private::inner_gave_up(&__scope)) } else { no };
    let attempts_are_limited = args.attempt_timeout.is_some();
    quote_spanned! {site=>
        #private::FailureContext {
            is_cancelled: #is_cancelled,
            dropped_by: #dropped_by,
            inner_gave_up: #inner_gave_up,
            attempts_are_limited: #attempts_are_limited,
            budget: #budget,
        }
    }
}

/// Runs `on_retry`, and stops if the retry would start too late after it.
fn write_on_retry(context: &Context<'_>) -> TokenStream {
    let Some(hook) = &context.plan.args.on_retry else {
        return TokenStream::new();
    };
    let site = Span::mixed_site();
    let (identity, private) = (context.identity(), context.private);
    let event_text = context.event_text(&quote_spanned!(site=> __error));
    let event =
        quote_spanned!(site=> (&mut __driver).retry_event(#identity, __error, __fault, __delay).texted(#event_text));
    let hook = notify(context.private, &hook.value, &event);
    let failure_context = write_failure_context(context);
    let text = context.error_text(&quote_spanned!(site=> __error));
    let stop = context.stopped(&quote_spanned!(site=> #private::StopReason::MaxElapsed), None);
    quote_spanned! {site=>
        #hook
        if !(&mut __driver).is_still_in_time(#identity, __delay, #failure_context) {
            (&mut __driver).interrupted(#identity, #private::StopReason::MaxElapsed, #text);
            #stop;
        }
    }
}
