//! The delay before a retry, and its early end by a cancel signal or a timeout.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

use super::context::Context;

/// Waits for `__delay`, and leaves the loop if the wait ends early.
pub(super) fn write(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let Context { plan, private, .. } = context;
    let args = plan.args;
    let sleeper = context.sleeper();
    let (text, as_result) = (context.error_text(&quote_spanned!(site=> __error)), context.as_result());
    let recorded = plan.records_delays().then(|| quote_spanned!(site=> (&mut __driver).waited(__delay);));
    let starts = plan.times_attempts().then(|| quote_spanned!(site=> (&mut __driver).retry_starts();));
    let waited = quote_spanned!(site=> #recorded #starts);
    let identity = context.identity();
    let stop = |reason: TokenStream, result: TokenStream| {
        let end = context.stopped(&quote_spanned!(site=> #private::StopReason::#reason), None);
        quote_spanned! {site=>
            let __result = #result;
            if false {
                // The compiler infers the type here, before it selects the method that shows the error.
                break (__result, ::core::option::Option::None);
            }
            let __error = #as_result.err();
            (&mut __driver).interrupted(#identity, #private::StopReason::#reason, #text);
            #end;
        }
    };
    if !plan.is_async {
        if args.cancel.is_none() {
            let (at, private) = context.sleeper_place();
            let sleep = quote_spanned!(at=> #private::sleep_blocking(&__RETRY_SITE, #sleeper, __delay));
            return quote_spanned!(site=> #sleep; #waited);
        }
        let cancelled = stop(quote_spanned!(Span::mixed_site()=> Cancelled), quote_spanned!(site=> __result));
        let (at, private) = context.sleeper_place();
        let sleep =
            quote_spanned!(at=> #private::sleep_blocking_until_cancelled(&__RETRY_SITE, #sleeper, __delay, __cancel));
        return quote_spanned! {site=>
            if #sleep {
                #cancelled
            }
            #waited
        };
    }
    let (at, located) = context.sleeper_place();
    if args.cancel.is_none() && args.timeout.is_none() {
        let slept = quote_spanned!(at=> #located::sleep(&__RETRY_SITE, #sleeper, __delay).await);
        return quote_spanned!(site=> #slept; #waited);
    }
    let never = quote_spanned!(site=> #private::Never);
    let cancel = if args.cancel.is_some() {
        quote_spanned!(site=> ::core::pin::Pin::as_mut(&mut __cancel))
    } else {
        never.clone()
    };
    let deadline =
        if args.timeout.is_some() { quote_spanned!(site=> ::core::pin::Pin::as_mut(&mut __deadline)) } else { never };
    let ended = quote_spanned!(at=> #located::sleep_until(&__RETRY_SITE, #sleeper, __delay, #cancel, #deadline).await);
    let cancelled = args.cancel.is_some().then(|| {
        let stop = stop(quote_spanned!(Span::mixed_site()=> Cancelled), quote_spanned!(site=> __result));
        quote_spanned!(site=> #private::DelayEnd::Cancelled => { #stop })
    });
    let (is_in_time, timed_out) = if args.timeout.is_some() {
        let timeout = context.timeout();
        let made = context.write_timed_out(&timeout.to_token_stream());
        let stop = stop(quote_spanned!(Span::mixed_site()=> Timeout), made);
        let elapsed = quote_spanned!(site=> #private::DelayEnd::Elapsed if !(&mut __driver).is_past(#timeout) => {});
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
