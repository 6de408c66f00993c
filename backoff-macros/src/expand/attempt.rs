//! One attempt: the body of the user, in which `?` and `return` end the attempt and not the function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::context::Context;
use crate::function::{Binding, Function, Receiver, Shape, braces};

/// Writes one attempt, which binds `__result`, and `__cut_short` if a timeout or cancellation can drop the attempt.
pub(super) fn write(context: &Context<'_>) -> TokenStream {
    let (start, run) = (write_start(context), write_run(context));
    quote_spanned!(Span::mixed_site()=> #start #run)
}

/// Writes the start of every attempt: notifications of the driver, and names that hooks may use, too.
fn write_start(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, policy, .. } = context;
    let args = plan.args;
    let mut tokens = TokenStream::new();
    if plan.notifies_attempt_start() {
        let reference = &policy.reference;
        tokens.extend(quote_spanned!(site=> (&mut __driver).attempt_starts(#reference);));
    }
    if plan.inner_retries.is_some() {
        let identity = context.identity();
        tokens.extend(quote_spanned!(site=> (&mut __driver).attempt_starts_in(#identity, &__scope);));
    }
    if args.before_retry.is_some() {
        tokens.extend(quote_spanned!(site=> let __is_retry = (&__driver).is_retry();));
    }
    if let Some(attempt) = &args.attempt {
        let (name, identity) = (&attempt.value, context.identity());
        let timeout = context.optional_timeout();
        tokens.extend(quote_spanned!(site=> let #name = (&mut __driver).attempt(#identity, #timeout);));
    }
    tokens
}

/// Runs the body.
fn write_run(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let allowed = allow_items_after_statements(context);
    if !context.plan.is_async {
        let attempt = wrap_in_bindings(context, &write_blocking(context));
        return quote_spanned!(site=> #allowed let __result = #attempt;);
    }
    let attempt = write_async(context);
    let args = context.plan.args;
    if !context.plan.drops_attempts() {
        let ended = wrap_in_bindings(context, &quote_spanned!(site=> #attempt.await));
        return quote_spanned!(site=> #allowed let __result = #ended;);
    }
    let private = context.private;
    let limit = args.attempt_timeout.as_ref().map(|_| {
        let (identity, sleeper, (at, private)) = (context.identity(), context.sleeper(), context.sleeper_place());
        let timer = quote_spanned!(at=> #private::timer(#sleeper, __limit.time()));
        let timeout = context.attempt_timeout();
        quote_spanned! {site=>
            let __limit = (&mut __driver).attempt_limit(#identity, #timeout);
            let __timer = #timer;
        }
    });
    let signal = |is_given: bool, signal: TokenStream| {
        if is_given { signal } else { quote_spanned!(site=> #private::Never) }
    };
    let deadline = signal(args.timeout.is_some(), quote_spanned!(site=> ::core::pin::Pin::as_mut(&mut __deadline)));
    let timer = signal(args.attempt_timeout.is_some(), quote_spanned!(site=> __timer));
    let cancel = signal(args.cancel_attempts.is_some(), quote_spanned!(site=> ::core::pin::Pin::as_mut(&mut __cancel)));
    let limited = quote_spanned!(site=> #private::with_limits(#attempt, #deadline, #timer, #cancel));
    let dropped = write_dropped(context);
    let none = quote_spanned!(site=> ::core::option::Option::None);
    let ends = quote_spanned!(site=> ::core::result::Result::Ok(__result) => (__result, #none), #dropped);
    let ended = wrap_in_bindings(context, &quote_spanned!(site=> #limited.await));
    quote_spanned! {site=>
        #limit
        #allowed
        let (__result, __cut_short) = match #ended { #ends };
    }
}

/// Writes the arms for an attempt that was dropped: its result, and the stop reason if the call ends.
fn write_dropped(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let (private, args) = (context.private, context.plan.args);
    let stop = |made: TokenStream, reason: &str| {
        let reason = Ident::new(reason, site);
        quote_spanned!(site=> (#made, ::core::option::Option::Some(#private::StopReason::#reason)))
    };
    let by_attempt_timeout = args.attempt_timeout.as_ref().map(|_| {
        let (made, timeout) =
            (context.write_timed_out(&quote_spanned!(site=> __limit.time())), context.attempt_timeout());
        ("AttemptTimeout", quote_spanned!(site=> (#made, __limit.reason(#timeout))))
    });
    let by_call_timeout = args.timeout.as_ref().map(|_| {
        let made = context.write_timed_out(&context.timeout().into_token_stream());
        ("CallTimeout", stop(made, "Timeout"))
    });
    let by_cancel = args.cancel_attempts.as_ref().map(|_| ("Cancel", stop(context.write_cancelled(), "Cancelled")));
    let arms: Vec<_> = [by_attempt_timeout, by_call_timeout, by_cancel].into_iter().flatten().collect();
    let last = arms.len().saturating_sub(1);
    let arms = arms.into_iter().enumerate().map(|(at, (by, dropped))| {
        let by = Ident::new(by, site);
        // The other limits are not set.
        let pattern =
            if at == last { quote_spanned!(site=> _) } else { quote_spanned!(site=> #private::DroppedBy::#by) };
        quote_spanned!(site=> ::core::result::Result::Err(#pattern) => #dropped,)
    });
    arms.collect()
}

/// Runs an attempt in a block with its own bindings of arguments.
fn wrap_in_bindings(context: &Context<'_>, attempt: &TokenStream) -> TokenStream {
    let arguments = context.plan.bind_arguments();
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

/// Allows a lint if the body starts with items, because statements are put before them.
fn allow_items_after_statements(context: &Context<'_>) -> TokenStream {
    let has_head = context.plan.is_async || context.plan.args.before_retry.is_some();
    if !has_head || !context.plan.function.starts_with_item() {
        return TokenStream::new();
    }
    quote_spanned!(Span::mixed_site()=> #[allow(clippy::items_after_statements)])
}

fn write_blocking(context: &Context<'_>) -> TokenStream {
    let private = context.private;
    let function = context.plan.function;
    let head = write_before_retry(context);
    let body = &function.body;
    let block = braces(function.brace, quote!(#head #body));
    let at = Span::mixed_site().located_at(function.brace.open());
    let output = match context.result_type() {
        Some(ty) if has_output(context) => quote_spanned!(at=> -> #ty),
        _ => TokenStream::new(),
    };
    let closure = quote_spanned!(at=> || #output #block);
    if context.plan.inner_retries.is_some() {
        return quote_spanned!(Span::mixed_site()=> #private::call_in(&__scope, #closure));
    }
    quote_spanned!(Span::mixed_site()=> #private::call(#closure))
}

fn has_output(context: &Context<'_>) -> bool {
    matches!(context.plan.function.sig.output, syn::ReturnType::Type(..))
}

fn write_async(context: &Context<'_>) -> TokenStream {
    let function = context.plan.function;
    let (body, brace, keyword) = match &function.shape {
        Shape::Future(future) => (&future.body, future.brace, future.asyncness),
        Shape::Sync | Shape::Async => {
            let keyword = function.sig.asyncness.map_or_else(Span::call_site, |asyncness| asyncness.span);
            (&function.body, function.brace, keyword)
        }
    };
    let (fake_return, unique, head) =
        (context.write_fake_return(), capture_uniquely(context), write_before_retry(context));
    let block = braces(brace, quote!(#fake_return #unique #head #body));
    let at = Span::mixed_site().located_at(keyword);
    if context.plan.inner_retries.is_some() {
        let private = context.private;
        return quote_spanned!(at=> #private::in_scope(&__scope, async #block));
    }
    quote_spanned!(at=> async #block)
}

/// Makes the block capture arguments by unique reference, so that it is `Send` if they are.
fn capture_uniquely(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Function { unique, reborrows, receiver, .. } = context.plan.function;
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

/// Writes the code of `before_retry`, which runs at the start of every attempt except the first.
fn write_before_retry(context: &Context<'_>) -> TokenStream {
    let Some(before) = &context.plan.args.before_retry else {
        return TokenStream::new();
    };
    let before = before.value.to_token_stream();
    quote_spanned!(Span::mixed_site()=> if __is_retry { #before; })
}
