//! One attempt: the user's body, where `?` and `return` end the attempt and not the function.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::plan::Plan;
use crate::function::{Binding, Function, Receiver, Shape, braces};

/// Runs the body and binds `__result`, and `__cut_short` where a time-out can end the attempt.
pub(super) fn tokens(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let allowed = items_after_the_head(plan);
    if !plan.is_async {
        let attempt = with_arguments(plan, &blocking(plan));
        return quote_spanned!(site=> #allowed let __result = #attempt;);
    }
    let attempt = asynchronous(plan);
    let (per_attempt, per_call) = (plan.args.attempt_timeout.is_some(), plan.args.timeout.is_some());
    if !per_attempt && !per_call {
        let ended = with_arguments(plan, &quote_spanned!(site=> #attempt.await));
        return quote_spanned!(site=> #allowed let __result = #ended;);
    }
    let private = &plan.private;
    let limit = per_attempt.then(|| {
        let (identity, sleeper, (at, private)) = (plan.identity(), plan.sleeper(), plan.sleeper_place());
        let timer = quote_spanned!(at=> #private::timer(#sleeper, __limit.time()));
        let timeout = plan.attempt_timeout();
        quote_spanned! {site=>
            let __limit = __driver.attempt_limit(#identity, #timeout);
            let __timer = #timer;
        }
    });
    let attempt_timed_out = per_attempt.then(|| {
        let (made, timeout) = (timed_out(plan, &quote_spanned!(site=> __limit.time())), plan.attempt_timeout());
        quote_spanned!(site=> (#made, __limit.reason(#timeout)))
    });
    let call_timed_out = per_call.then(|| {
        let made = timed_out(plan, &plan.timeout().into_token_stream());
        quote_spanned!(site=> (#made, ::core::option::Option::Some(#private::StopReason::Timeout)))
    });
    let none = quote_spanned!(site=> ::core::option::Option::None);
    let never = quote_spanned!(site=> #private::Never);
    let deadline = if per_call { quote_spanned!(site=> __deadline.as_mut()) } else { never.clone() };
    let timer = if per_attempt { quote_spanned!(site=> __timer) } else { never };
    let limited = quote_spanned!(site=> #private::limited(#attempt, #deadline, #timer));
    let struck = quote_spanned!(site=> ::core::result::Result::Err);
    let dropped = match (attempt_timed_out, call_timed_out) {
        (Some(of_attempt), Some(of_call)) => quote_spanned! {site=>
            #struck(#private::Struck::Attempt) => #of_attempt,
            #struck(#private::Struck::Call) => #of_call,
        },
        (of_attempt, of_call) => {
            let only = of_attempt.or(of_call);
            quote_spanned!(site=> #struck(_) => #only,)
        }
    };
    let ends = quote_spanned!(site=> ::core::result::Result::Ok(__result) => (__result, #none), #dropped);
    let ended = with_arguments(plan, &quote_spanned!(site=> #limited.await));
    quote_spanned! {site=>
        #limit
        #allowed
        let (__result, __cut_short) = match #ended { #ends };
    }
}

/// Runs an attempt with the arguments that it binds anew, which are gone with it.
fn with_arguments(plan: &Plan<'_>, attempt: &TokenStream) -> TokenStream {
    let arguments = plan.arguments_of_attempt();
    if arguments.is_empty() {
        return attempt.clone();
    }
    quote_spanned! {Span::mixed_site()=>
        {
            #arguments
            let __ended = #attempt;
            __ended
        }
    }
}

/// Where the body starts with items, the statements put before it would make clippy complain of the user's order.
fn items_after_the_head(plan: &Plan<'_>) -> TokenStream {
    let has_head = plan.is_async || plan.args.before_retry.is_some();
    if !has_head || !plan.function.starts_with_item() {
        return TokenStream::new();
    }
    quote_spanned!(Span::mixed_site()=> #[allow(clippy::items_after_statements)])
}

/// Makes the result of an attempt that was dropped.
pub(super) fn timed_out(plan: &Plan<'_>, limit: &TokenStream) -> TokenStream {
    let (site, args) = (Span::mixed_site(), plan.args);
    if let Some(make) = &args.on_timeout {
        // The type is named, so that a closure of another type is told what it should return.
        let at = site.located_at(make.value.span());
        let (private, make) = (plan.private_at(at), &make.value);
        let ty = plan.result_type().map(|ty| quote_spanned!(at=> ::<#ty>));
        return quote_spanned!(at=> #private::timed_out_with #ty(#limit, #make));
    }
    // All at one place: an error that cannot be made is reported once.
    let key = args.attempt_timeout.as_ref().or(args.timeout.as_ref()).map(|arg| arg.key.span());
    let at = site.located_at(key.unwrap_or_else(Span::call_site));
    let private = plan.private_at(at);
    quote_spanned!(at=> #private::timed_out(#limit))
}

fn blocking(plan: &Plan<'_>) -> TokenStream {
    let private = &plan.private;
    let function = plan.function;
    let head = before_retry(plan);
    let body = &function.body;
    let block = braces(function.brace, quote!(#head #body));
    let at = Span::mixed_site().located_at(function.brace.open());
    let output = match plan.result_type() {
        Some(ty) if has_output(plan) => quote_spanned!(at=> -> #ty),
        _ => TokenStream::new(),
    };
    let closure = quote_spanned!(at=> || #output #block);
    if plan.inner_retries().is_some() {
        return quote_spanned!(Span::mixed_site()=> #private::call_in(&__scope, #closure));
    }
    quote_spanned!(Span::mixed_site()=> #private::call(#closure))
}

fn has_output(plan: &Plan<'_>) -> bool {
    matches!(plan.function.sig.output, syn::ReturnType::Type(..))
}

fn asynchronous(plan: &Plan<'_>) -> TokenStream {
    let function = plan.function;
    let (body, brace, keyword) = match &function.shape {
        Shape::Future(future) => (&future.body, future.brace, future.asyncness),
        Shape::Sync | Shape::Async => {
            let keyword = function.sig.asyncness.map_or_else(Span::call_site, |asyncness| asyncness.span);
            (&function.body, function.brace, keyword)
        }
    };
    let (fake_return, unique, head) = (fake_return(plan), unique(plan), before_retry(plan));
    let block = braces(brace, quote!(#fake_return #unique #head #body));
    let at = Span::mixed_site().located_at(keyword);
    if plan.inner_retries().is_some() {
        let private = &plan.private;
        return quote_spanned!(at=> #private::in_scope(&__scope, async #block));
    }
    quote_spanned!(at=> async #block)
}

/// A `return` that is never reached tells the compiler what type the async block has. It causes no lint by itself, so that
/// nothing has to be allowed: a crate may forbid that.
pub(super) fn fake_return(plan: &Plan<'_>) -> TokenStream {
    // `!` cannot be named there; that it is no outcome is reported elsewhere.
    let Some(ty) = plan.result_type().filter(|ty| !matches!(ty, syn::Type::Never(_))) else {
        return TokenStream::new();
    };
    let at = plan.result_span();
    let private = plan.private_at(at);
    quote_spanned!(at=> if false { return #private::unreached::<#ty>(); })
}

/// Makes the block capture these by unique reference, so that it is `Send` where they are.
fn unique(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Function { unique, reborrows, receiver, .. } = plan.function;
    let mut uses = TokenStream::new();
    for Binding { ident, cfgs, .. } in unique {
        uses.extend(quote_spanned!(site=> #(#cfgs)* let _ = &mut #ident;));
    }
    for Binding { ident, cfgs, .. } in reborrows {
        uses.extend(quote_spanned!(site=> #(#cfgs)* let _ = &mut *#ident;));
    }
    if let Some(Receiver { name, is_reference, .. }) = receiver {
        let place = if *is_reference { quote_spanned!(site=> *#name) } else { name.to_token_stream() };
        uses.extend(quote_spanned!(site=> let _ = &mut #place;));
    }
    if uses.is_empty() { uses } else { quote_spanned!(site=> if false { #uses }) }
}

/// What runs at the head of every attempt but the first.
fn before_retry(plan: &Plan<'_>) -> TokenStream {
    let Some(before) = &plan.args.before_retry else {
        return TokenStream::new();
    };
    let before = before.value.to_token_stream();
    quote_spanned!(Span::mixed_site()=> if __is_retry { #before; })
}
