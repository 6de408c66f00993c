//! What follows an attempt: the question to the core, the delay, and the end of the call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Pat};

use super::attempt::{fake_return, timed_out};
use super::plan::{Plan, located, optional};
use crate::args::{Unmet, is_async_closure, peel};

/// Looks at `__result`: leaves the loop, or binds `__delay`.
pub(super) fn step(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Plan { args, core, private, .. } = plan;
    let looked_at = looked_at(plan);
    let succeeded = succeeded(plan);
    let fault = fault(plan);
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
        Some(_) if asks_until_first(plan) => quote_spanned! {site=>
            ::core::result::Result::Ok(_) => {
                if __is_met {
                    #succeeded
                }
                (#core::Fault::Transient, #no_error)
            }
        },
        Some(until) => {
            let is_met = called(plan, "is_met", &quote_spanned!(site=> __value), &until.value);
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
    let (cancelled, failed) = (asked_whether_cancelled(plan), failed(plan));
    let on_retry = on_retry(plan);
    let stopped = if plan.has_ending {
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

/// Looks at the result. Wherever that is done, a type that is no outcome is reported at the same place, and so only once.
fn looked_at(plan: &Plan<'_>) -> TokenStream {
    let at = plan.result_span();
    let core = located(&plan.core, at);
    quote_spanned!(at=> #core::Outcome::as_result(&__result))
}

/// Notes a success and leaves the loop, unless a test loses the result: then it counts as one that did not meet `until`.
fn succeeded(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let identity = plan.identity();
    let deposit = plan.args.budget.as_ref().map(|_| quote_spanned!(site=> __budget.deposit();));
    let leave = if plan.has_ending {
        quote_spanned!(site=> break (__result, ::core::option::Option::None);)
    } else {
        quote_spanned!(site=> break __result;)
    };
    quote_spanned!(site=> if __driver.succeeded(#identity) { #deposit #leave })
}

/// What the error means: `when`, or what the error says of itself.
fn fault(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let private = &plan.private;
    if let Some(when) = &plan.args.when {
        called(plan, "ask", &quote_spanned!(site=> __error), &when.value)
    } else {
        quote_spanned!(site=> #private::Probe::new(__error).fault())
    }
}

/// Returns whether `until` is asked before anything else: a future that cancels is asked only when the call does not end, and
/// cannot be while the value is looked at.
fn asks_until_first(plan: &Plan<'_>) -> bool {
    plan.is_async && plan.args.cancel.is_some() && plan.args.until.is_some()
}

/// Binds `__is_cancelled`, before anything is borrowed that could not be held while that is awaited.
fn asked_whether_cancelled(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Plan { args, private, .. } = plan;
    if args.cancel.is_none() {
        return TokenStream::new();
    }
    if !plan.is_async {
        return quote_spanned!(site=> let __is_cancelled = #private::is_cancelled(__cancel););
    }
    let looked_at = looked_at(plan);
    let (asked_until, goes_on) = match &args.until {
        None => (TokenStream::new(), quote_spanned!(site=> #looked_at.is_err())),
        Some(until) => {
            let is_met = called(plan, "is_met", &quote_spanned!(site=> __value), &until.value);
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
fn failed(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let args = plan.args;
    let identity = plan.identity();
    let text = if args.on_retry.is_some() {
        error_text(plan, &quote_spanned!(site=> __error))
    } else {
        quote_spanned!(site=> __text)
    };
    if plan.has_circumstances() {
        let circumstances = circumstances(plan);
        return quote_spanned!(site=> __driver.failed_with(#identity, __fault, #text, #circumstances));
    }
    let budget = budget(plan);
    quote_spanned!(site=> __driver.failed(#identity, __fault, #text, #budget))
}

/// The budget, as an `Option`.
fn budget(plan: &Plan<'_>) -> TokenStream {
    optional(plan.args.budget.as_ref().map(|_| quote_spanned!(Span::mixed_site()=> __budget)))
}

/// The facts beside the failure itself that the decision needs.
fn circumstances(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Plan { args, private, .. } = plan;
    let budget = budget(plan);
    let no = quote_spanned!(site=> false);
    let is_cancelled = if args.cancel.is_some() { quote_spanned!(site=> __is_cancelled) } else { no.clone() };
    let cut_short = if args.attempt_timeout.is_some() || args.timeout.is_some() {
        quote_spanned!(site=> __cut_short)
    } else {
        quote_spanned!(site=> ::core::option::Option::None)
    };
    let inner_gave_up =
        if plan.inner_retries().is_some() { quote_spanned!(site=> #private::inner_gave_up(&__scope)) } else { no };
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

/// The error as text for those who watch the process, from an `Option<&E>`.
fn error_text(plan: &Plan<'_>, error: &TokenStream) -> TokenStream {
    let site = Span::mixed_site();
    let Plan { core, private, .. } = plan;
    quote_spanned! {site=>
        match #error {
            ::core::option::Option::Some(__error) => #private::Telling::new(__error).text(),
            ::core::option::Option::None => #core::observe::ErrorText::NONE,
        }
    }
}

/// Runs `on_retry`; a retry that no longer starts in time after it is not made.
fn on_retry(plan: &Plan<'_>) -> TokenStream {
    let Some(hook) = &plan.args.on_retry else {
        return TokenStream::new();
    };
    let site = Span::mixed_site();
    let (identity, private) = (plan.identity(), &plan.private);
    let text_of = text_of(plan, &quote_spanned!(site=> __error));
    let event = quote_spanned!(site=> __driver.retry_event(#identity, __error, __delay).texted(#text_of));
    let hook = notify(plan, &hook.value, &event);
    let circumstances = circumstances(plan);
    let text = error_text(plan, &quote_spanned!(site=> __error));
    let stop = if plan.has_ending {
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

/// The function that shows the error of an event with its sources, from an `Option<&E>`.
fn text_of(plan: &Plan<'_>, error: &TokenStream) -> TokenStream {
    let private = &plan.private;
    quote_spanned! {Span::mixed_site()=>
        match #error {
            ::core::option::Option::Some(__error) => #private::Telling::new(__error).text_of(),
            ::core::option::Option::None => ::core::option::Option::None,
        }
    }
}

/// Calls a function of core with a closure of the user, in such a way that what is wrong with it is reported there.
pub(super) fn called(plan: &Plan<'_>, function: &str, argument: &TokenStream, closure: &Expr) -> TokenStream {
    let at = Span::mixed_site().located_at(closure.span());
    let (private, function) = (plan.private_at(at), Ident::new(function, at));
    quote_spanned!(at=> #private::#function(#argument, #closure))
}

/// Calls a hook with an event; an `async` closure is awaited in place.
fn notify(plan: &Plan<'_>, hook: &Expr, event: &TokenStream) -> TokenStream {
    let site = Span::mixed_site();
    if let Some((pattern, body)) = async_closure(hook, &TokenStream::new()) {
        quote_spanned! {site=>
            {
                let __event = #event;
                let #pattern = &__event;
                #body.await;
            }
        }
    } else {
        let called = called(plan, "notify", &quote_spanned!(site=> &#event), hook);
        quote_spanned!(site=> #called;)
    }
}

/// Takes an `async` closure of one argument apart: the pattern, and the body as an async block that begins with `head`.
fn async_closure<'a>(expr: &'a Expr, head: &TokenStream) -> Option<(&'a Pat, TokenStream)> {
    let Expr::Closure(closure) = peel(expr) else {
        return None;
    };
    if !is_async_closure(expr) {
        return None;
    }
    // With another number of arguments it is called, which the compiler refuses with the reason.
    let (Some(pattern), 1) = (closure.inputs.first(), closure.inputs.len()) else {
        return None;
    };
    let capture = &closure.capture;
    // A block is spliced: braces around its only expression would be called unnecessary.
    let body = match &*closure.body {
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            let statements = &block.block.stmts;
            quote_spanned!(Span::mixed_site()=> #head #(#statements)*)
        }
        body => quote_spanned!(Span::mixed_site()=> #head #body),
    };
    let at = Span::mixed_site().located_at(closure.body.span());
    Some((pattern, quote_spanned!(at=> async #capture { #body })))
}

/// Waits out `__delay`, and leaves the loop if something ends the wait early.
pub(super) fn wait(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Plan { args, private, .. } = plan;
    let sleeper = plan.sleeper();
    let (text, looked_at) = (error_text(plan, &quote_spanned!(site=> __error)), looked_at(plan));
    let waited = plan.notes_delays().then(|| quote_spanned!(site=> __driver.waited(__delay);));
    let identity = plan.identity();
    let stop = |reason: TokenStream, result: TokenStream| {
        quote_spanned! {site=>
            let __result = #result;
            if false {
                // The compiler learns the type here, before it looks for the way to show the error.
                break (__result, ::core::option::Option::None);
            }
            let __error = #looked_at.err();
            __driver.interrupted(#identity, #private::StopReason::#reason, #text);
            break (__result, ::core::option::Option::Some(#private::StopReason::#reason));
        }
    };
    if !plan.is_async {
        if args.cancel.is_none() {
            let (at, private) = plan.sleeper_place();
            let sleep = quote_spanned!(at=> #private::sleep_blocking(#sleeper, __delay));
            return quote_spanned!(site=> #sleep; #waited);
        }
        let cancelled = stop(quote_spanned!(Span::mixed_site()=> Cancelled), quote_spanned!(site=> __result));
        let (at, private) = plan.sleeper_place();
        let sleep = quote_spanned!(at=> #private::sleep_blocking_until_cancelled(#sleeper, __delay, __cancel));
        return quote_spanned! {site=>
            if #sleep {
                #cancelled
            }
            #waited
        };
    }
    let (at, located) = plan.sleeper_place();
    if args.cancel.is_none() && args.timeout.is_none() {
        let slept = quote_spanned!(at=> #located::sleep(#sleeper, __delay).await);
        return quote_spanned!(site=> #slept; #waited);
    }
    let never = quote_spanned!(site=> #private::Never);
    let cancel = if args.cancel.is_some() { quote_spanned!(site=> __cancel.as_mut()) } else { never.clone() };
    let deadline = if args.timeout.is_some() { quote_spanned!(site=> __deadline.as_mut()) } else { never };
    let ended = quote_spanned!(at=> #located::sleep_until(#sleeper, __delay, #cancel, #deadline).await);
    let cancelled = args.cancel.is_some().then(|| {
        let stop = stop(quote_spanned!(Span::mixed_site()=> Cancelled), quote_spanned!(site=> __result));
        quote_spanned!(site=> #private::DelayEnd::Cancelled => { #stop })
    });
    let (is_in_time, timed_out) = if args.timeout.is_some() {
        let timeout = plan.timeout();
        let made = timed_out(plan, &timeout.to_token_stream());
        let stop = stop(quote_spanned!(Span::mixed_site()=> Timeout), made);
        let elapsed = quote_spanned!(site=> #private::DelayEnd::Elapsed if !__driver.is_past(#timeout) => {});
        (elapsed, quote_spanned!(site=> _ => { #stop }))
    } else {
        (TokenStream::new(), quote_spanned!(site=> _ => {}))
    };
    quote_spanned! {site=>
        match #ended {
            #is_in_time
            #cancelled
            #timed_out
        }
        #waited
    }
}

/// What is done with `__result` and `__reason` when the loop has ended.
pub(super) fn after_loop(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Plan { args, .. } = plan;
    let recovered = args.on_recovered.as_ref().map(|hook| {
        let called = notify(plan, &hook.value, &quote_spanned!(site=> __driver.recovered_event()));
        quote_spanned!(site=> if __driver.has_recovered() { #called })
    });
    let gave_up = args.on_give_up.as_ref().map(|hook| {
        let looked_at = looked_at(plan);
        let error = quote_spanned!(site=> #looked_at.err());
        let text_of = text_of(plan, &error);
        notify(plan, &hook.value, &quote_spanned!(site=> __driver.give_up_event(#error, __reason).texted(#text_of)))
    });
    let resort =
        args.or_else.as_ref().map_or_else(|| quote_spanned!(site=> __result), |hook| or_else(plan, &hook.value));
    let end = match &args.unmet {
        None => resort,
        Some(unmet) => {
            let unmet = match &unmet.value {
                Unmet::Last => quote_spanned!(site=> __result),
                Unmet::With(make) => {
                    let failure = called(plan, "unmet", &quote_spanned!(site=> __result), make);
                    quote_spanned!(site=> if __driver.has_lost() { __result } else { #failure })
                }
            };
            let looked_at = looked_at(plan);
            quote_spanned!(site=> if #looked_at.is_ok() { #unmet } else { #resort })
        }
    };
    quote_spanned! {site=>
        match __reason {
            ::core::option::Option::None => {
                #recovered
                __result
            }
            ::core::option::Option::Some(__reason) => {
                #gave_up
                #end
            }
        }
    }
}

fn or_else(plan: &Plan<'_>, hook: &Expr) -> TokenStream {
    let site = Span::mixed_site();
    let core = located(&plan.core, plan.result_span());
    let explain = quote_spanned!(site=> |__last| __driver.retry_error(__last, __reason));
    if let Some((pattern, body)) = async_closure(hook, &fake_return(plan)) {
        quote_spanned! {site=>
            match #core::Outcome::into_result(__result) {
                ::core::result::Result::Ok(__value) => #core::Outcome::from_value(__value),
                ::core::result::Result::Err(__last) => {
                    let #pattern = __driver.retry_error(__last, __reason);
                    #body.await
                }
            }
        }
    } else {
        called(plan, "or_else", &quote_spanned!(site=> __result, #explain), hook)
    }
}
