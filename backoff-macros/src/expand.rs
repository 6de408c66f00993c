//! Token output only; assumes validated input.
//!
//! The function keeps its signature; its body becomes a loop:
//!
//! ```text
//! const POLICY = ..;                            // checked by the compiler; a `let` for values known at run time only
//! let mut driver = ..;                          // counts attempts; nothing else unless something asks for it
//! loop {
//!     let delay = {
//!         let result = {
//!             let v = &mut *v;                  // every attempt gets its own reborrow of `&mut` arguments, and its own clones
//!             async { BODY }.await              // or an immediate closure: `?` and `return` end the attempt
//!         };
//!         match result.as_result() {
//!             Ok(_) => break result,
//!             Err(error) => match driver.failed(&POLICY, fault_of(error)) {
//!                 Retry(delay) => delay,
//!                 Stop(_) => break result,
//!             },
//!         }
//!     };                                        // the result is dropped before the delay
//!     sleep(delay).await;
//! }
//! ```
//!
//! Generated names are hygienic (`Span::mixed_site`), so that no argument can collide with them.

mod attempt;
mod ending;
pub(crate) mod fallback;
mod plan;
mod policy;
mod prologue;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use self::plan::Plan;
use crate::args::Args;
use crate::function::{Function, Place, Shape, braces};

/// Returns the function with its attempts in a loop.
pub(crate) fn retry(args: &Args, function: &Function) -> TokenStream {
    let plan = Plan::new(args, function);
    let inner_attrs = &function.inner_attrs;
    let repeated = loop_tokens(&plan);
    let site = Span::mixed_site();
    let body = match &function.shape {
        Shape::Sync | Shape::Async => quote_spanned!(site=> #(#inner_attrs)* #repeated),
        Shape::Future(future) => {
            let inside = match future.place {
                Place::Block => repeated,
                Place::Initializer => quote_spanned!(site=> { #repeated }),
            };
            let rebuilt = future.rebuild(inside, &|name| plan.mutability(name));
            quote_spanned!(site=> #(#inner_attrs)* #rebuilt)
        }
    };
    let body = braces(function.brace, body);
    function.with_parts(&plan.signature(), &quote_spanned!(site=> #body))
}

/// The statements that replace the body.
fn loop_tokens(plan: &Plan<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let prologue = plan.prologue();
    let start = plan.driver_start();
    let attempt = attempt::tokens(plan);
    let step = ending::step(plan);
    let wait = ending::wait(plan);
    let start_of_attempt = plan.start_of_attempt();
    if plan.keeps_result {
        // The result outlives the delay, because what ends the delay early returns it.
        let after = ending::after_loop(plan);
        return quote_spanned! {site=>
            #prologue
            #start
            let (__result, __reason) = loop {
                let (__result, __delay) = {
                    #start_of_attempt
                    #attempt
                    #step
                    (__result, __delay)
                };
                #wait
            };
            #after
        };
    }
    if plan.has_ending {
        let after = ending::after_loop(plan);
        return quote_spanned! {site=>
            #prologue
            #start
            let (__result, __reason) = loop {
                let __delay = {
                    #start_of_attempt
                    #attempt
                    #step
                    __delay
                };
                #wait
            };
            #after
        };
    }
    quote_spanned! {site=>
        #prologue
        #start
        loop {
            let __delay = {
                #start_of_attempt
                #attempt
                #step
                __delay
            };
            #wait
        }
    }
}
