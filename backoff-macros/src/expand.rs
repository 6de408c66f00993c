//! The output of an attribute whose arguments and function are valid.
//!
//! The function keeps its signature; its body becomes a loop:
//!
//! ```text
//! const POLICY = ..;                            // checked by the compiler; a `let` for values known only at run time
//! let mut driver = ..;                          // counts attempts; records more only if an argument needs it
//! loop {
//!     let delay = {
//!         let result = {
//!             let v = &mut *v;                  // each attempt has its own reborrows and clones of arguments
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
//! [`retry`] calls each stage once: `plan` decides the facts; `policy`, `prologue`, `attempt`, `step`, `wait` and
//! `finish` write one part each. They share `context`, `result`, `arguments` and `tokens`. Generated names are hygienic
//! (`Span::mixed_site`), so that they cannot collide with names of the user.
//!
//! Names of methods are not hygienic: a trait that the user implements for all types adds its methods to every value.
//! Lookup takes an inherent method before a method of a trait only if both need the same borrow of the receiver, and it
//! tries no borrow first, then `&`, then `&mut`. So a method of the library is called in one of these forms:
//!
//! - on a value, if it takes `self`: `builder.max_attempts(5)`;
//! - on an explicit borrow, if it takes `&self` or `&mut self`: `(&mut __driver).failed(..)`. The compiler needs more
//!   work for a path, such as `Counted::failed(&mut __driver, ..)`;
//! - by a path, if the expansion contains it rarely: `Pin::as_mut(&mut __cancel)`;
//! - under a name with the prefix `__retry_`, if the lookup itself makes a choice (see `backoff_core::tiers`).
//!
//! A test finds calls in any other form.

mod arguments;
mod attempt;
mod context;
pub(crate) mod fallback;
mod finish;
mod plan;
mod policy;
mod prologue;
mod result;
mod step;
mod tokens;
mod wait;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use self::context::Context;
use self::plan::{LoopEnd, Plan};
use self::tokens::Paths;
use crate::args::Args;
use crate::function::{Function, Place, Shape, braces};

/// Returns the function with its attempts in a loop.
pub(crate) fn retry(args: &Args, function: &Function) -> TokenStream {
    let plan = Plan::new(args, function);
    let paths = Paths::new();
    let policy = policy::write(&plan, &paths);
    let context = Context { plan: &plan, core: &paths.core, private: &paths.private, policy: &policy };
    let body = put_in_body(&plan, write_loop(&context));
    function.with_parts(&plan.signature(), &body)
}

/// Writes the statements that replace the attempts.
fn write_loop(context: &Context<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let prologue = prologue::write(context);
    let attempt = attempt::write(context);
    let step = step::write(context);
    let wait = wait::write(context);
    let kept = match context.plan.loop_end {
        LoopEnd::Result | LoopEnd::Reason => quote_spanned!(site=> __delay),
        LoopEnd::ReasonAndKeptResult => quote_spanned!(site=> (__result, __delay)),
    };
    let repeated = quote_spanned! {site=>
        loop {
            let #kept = {
                #attempt
                #step
                #kept
            };
            #wait
        }
    };
    if !context.plan.has_reason() {
        return quote_spanned!(site=> #prologue #repeated);
    }
    let finish = finish::write(context);
    quote_spanned! {site=>
        #prologue
        let (__result, __reason) = #repeated;
        #finish
    }
}

/// Puts the loop at the place of the attempts in the body.
fn put_in_body(plan: &Plan<'_>, repeated: TokenStream) -> TokenStream {
    let (site, function) = (Span::mixed_site(), plan.function);
    let inner_attrs = &function.inner_attrs;
    let body = match &function.shape {
        Shape::Sync | Shape::Async => repeated,
        Shape::Future(future) => {
            let inside = match future.place {
                Place::Block => repeated,
                Place::Initializer => quote_spanned!(site=> { #repeated }),
            };
            future.rebuild(inside, &|name| plan.mutability(name))
        }
    };
    let body = braces(function.brace, quote_spanned!(site=> #(#inner_attrs)* #body));
    quote_spanned!(site=> #body)
}
