//! `#[retry]` among names that could collide: arguments, shadowed preludes, macros, `cfg`, attributes.
#![deny(warnings, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::io;

use backoff_core::retry;

#[expect(clippy::too_many_arguments, reason = "as many names as the expansion has")]
#[retry(max_attempts = 3, initial_delay = "1ms", on_retry = |_| (), on_give_up = |_| (), on_recovered = |_| ())]
fn takes_every_name(
    __driver: u32,
    driver: u32,
    __result: u32,
    result: u32,
    __delay: u32,
    wait: u32,
    __policy: u32,
    __error: u32,
    __event: u32,
    __value: u32,
    __reason: u32,
    __fault: u32,
    r: u32,
    d: u32,
    __d: u32,
    self_: u32,
) -> Result<u32, u32> {
    let sum = __driver + driver + __result + result + __delay + wait + __policy + __error + __event;
    Err(sum + __value + __reason + __fault + r + d + __d + self_)
}

#[expect(clippy::too_many_arguments, reason = "as many names as the expansion has")]
#[retry(
    max_attempts = __limit, initial_delay = "1ms", timeout = "9s", attempt_timeout = "1s", seed = __seed, cancel = __cancel.cancelled(),
    on_timeout = |_| __timeout, on_retry = |_| { let _ = (__event, __policy, __driver, __error); }, before_retry = { let _ = __is_retry; },
    or_else = async |error| Err(error.last + __last + __reason)
)]
async fn takes_every_name_later(
    __driver: u32,
    __limit: u32,
    __seed: u64,
    __timeout: u32,
    __attempt_timeout: u32,
    __deadline: u32,
    __timer: u32,
    __clipped: u32,
    __cut_short: u32,
    __cancel: backoff_core::CancelToken,
    __event: u32,
    __policy: u32,
    __error: u32,
    __is_retry: u32,
    __last: u32,
    __reason: u32,
    __self: u32,
    __ret: u32,
) -> Result<u32, u32> {
    tokio::task::yield_now().await;
    Err(__driver + __attempt_timeout + __deadline + __timer + __clipped + __cut_short + __self + __ret)
}

#[test]
fn no_argument_name_collides_with_the_expansion() {
    assert_eq!(takes_every_name(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), Err(136));
}

#[tokio::test(start_paused = true)]
async fn no_argument_name_collides_with_the_async_expansion() {
    let token = backoff_core::CancelToken::new();
    let result = takes_every_name_later(1, 3, 42, 2, 3, 4, 5, 6, 7, token, 8, 9, 10, 11, 100, 200, 12, 13).await;
    assert_eq!(result, Err(1 + 3 + 4 + 5 + 6 + 7 + 12 + 13 + 100 + 200));
}

mod shadowed {
    #![expect(dead_code, unused_macros, non_camel_case_types, reason = "they only stand in the way")]

    use ::std::cell::Cell;

    mod core {}
    mod std {}
    mod backoff_core {}
    struct Option;
    struct Result;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Clone;
    struct Send;
    struct Future;
    struct u32;
    struct u64;
    struct bool;
    macro_rules! matches {
        () => {};
    }
    macro_rules! unreachable {
        () => {};
    }

    #[::backoff_core::retry(
        max_attempts = 3, initial_delay = "1ms", seed = 3, clone(text), attempt = ctx, max_elapsed = "1h",
        on_retry = |_| (), on_give_up = |_| (), on_recovered = |_| ()
    )]
    pub(super) fn retried(text: String, calls: &Cell<i32>) -> ::core::result::Result<String, ()> {
        calls.set(calls.get() + 1);
        if ctx.is_last() { ::core::result::Result::Ok(text) } else { ::core::result::Result::Err(()) }
    }

    #[::backoff_core::retry(
        max_attempts = 3, initial_delay = "1ms", timeout = "1h", attempt_timeout = "1h", on_timeout = |_| "late",
        cancel = ::core::future::pending::<()>(), on_retry = async |_| (), or_else = |error| ::core::result::Result::Err(error.last)
    )]
    pub(super) async fn retried_later(calls: &Cell<i32>) -> ::core::result::Result<i32, &str> {
        calls.set(calls.get() + 1);
        if calls.get() == 3 { ::core::result::Result::Ok(3) } else { ::core::result::Result::Err("no") }
    }
}

#[tokio::test(start_paused = true)]
async fn shadowed_preludes_and_crates_change_nothing() {
    let calls = Cell::new(0);
    assert_eq!(shadowed::retried("a".to_owned(), &calls), Ok("a".to_owned()));
    assert_eq!(calls.replace(0), 3);
    assert_eq!(shadowed::retried_later(&calls).await, Ok(3));
}

mod without_prelude {
    #![no_implicit_prelude]

    #[::backoff_core::retry(
        max_attempts = 3, initial_delay = "1ms", clone(text), attempt = ctx, once(key = 7), until = |text| !text.is_empty(),
        unmet = last, before_retry = ::core::assert!(*key == 7), on_give_up = |_| ()
    )]
    pub(super) fn retried(text: ::std::string::String) -> ::core::result::Result<::std::string::String, u32> {
        if ctx.is_last() { ::core::result::Result::Ok(text) } else { ::core::result::Result::Err(*key) }
    }

    #[::backoff_core::retry(initial_delay = "1ms", timeout = "1h", attempt_timeout = "1h", or_else = async |error| ::core::result::Result::Err(error.last))]
    pub(super) async fn retried_later() -> ::std::io::Result<()> {
        ::core::result::Result::Err(::std::io::Error::other("no"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_module_without_the_prelude_is_served() {
    assert_eq!(without_prelude::retried("a".to_owned()), Ok("a".to_owned()));
    assert!(without_prelude::retried_later().await.is_err());
}

mod renamed {
    pub(super) use ::backoff_core as patience;
}

#[retry(crate = renamed::patience, max_attempts = 2, delay = "0s")]
fn through_a_path(calls: &Cell<u32>) -> Option<u32> {
    calls.set(calls.get() + 1);
    (calls.get() == 2).then_some(2)
}

#[retry(crate = "renamed::patience", max_attempts = 2, delay = "0s")]
fn through_a_string(calls: &Cell<u32>) -> Option<u32> {
    calls.set(calls.get() + 1);
    (calls.get() == 2).then_some(2)
}

#[test]
fn the_crate_can_be_reached_through_another_path() {
    assert_eq!(through_a_path(&Cell::new(0)), Some(2));
    assert_eq!(through_a_string(&Cell::new(0)), Some(2));
}

macro_rules! functions {
    ($sync:ident, $later:ident, $t:ty, $value:expr, $attempts:literal, $delay:expr, $b:block, $r:ty) => {
        #[retry(max_attempts = $attempts, initial_delay = $delay)]
        fn $sync(calls: $t, value: u32) -> Result<u32, u32> {
            calls.push($value);
            if calls.len() == 3 { Ok(value) } else { Err(value) }
        }

        #[retry(max_attempts = $attempts, initial_delay = $delay)]
        async fn $later(calls: $t) -> $r {
            calls.push($value);
            $b
        }
    };
}

functions!(
    made,
    made_later,
    &mut Vec<u32>,
    7,
    5,
    "1ms",
    {
        let error = io::Error::other("block");
        Err(error)
    },
    io::Result<()>
);

macro_rules! whole_body {
    ($name:ident, $body:block) => {
        #[retry(max_attempts = 2, delay = "0s")]
        fn $name() -> Result<u32, u32> $body
    };
}

whole_body!(made_of_a_block, {
    let value: Result<u32, u32> = Err(5);
    let value = value?;
    Ok(value)
});

#[tokio::test(start_paused = true)]
async fn functions_made_by_macros_are_retried() {
    let mut calls = Vec::new();
    assert_eq!((made(&mut calls, 9), calls.len()), (Ok(9), 3));
    assert!(made_later(&mut calls).await.is_err());
    assert_eq!(calls.len(), 8);
    assert_eq!(made_of_a_block(), Err(5));
}

/// Has every attribute that a function can have.
///
/// The documentation is kept.
#[inline]
#[must_use = "it is the answer"]
#[deprecated = "to see that the attribute stays"]
#[retry(max_attempts = 2, delay = "0s")]
#[cold]
pub(crate) fn with_attributes(
    #[cfg(any())] absent: NoSuchType,
    #[cfg(not(any()))] present: &mut Vec<u32>,
    #[allow(unused_variables, reason = "an attribute on an argument")] unused: u32,
    #[cfg(any())] also_absent: &mut NoSuchType,
) -> Option<u32> {
    #![allow(unused_mut, reason = "an inner attribute")]
    #![allow(clippy::let_and_return, reason = "another one")]
    let mut length = present.len();
    present.push(1);
    let value = if length == 1 { Some(7) } else { None };
    value
}

#[retry(max_attempts = 2, delay = "0s", clone(absent, text, other))]
fn with_cloned_arguments(
    #[cfg(any())] absent: NoSuchType,
    #[cfg(not(any()))] mut text: String,
    #[cfg(any())] text: NoSuchType,
    #[cfg_attr(all(), cfg(any()))] other: NoSuchType,
    #[cfg_attr(all(), cfg(any()))] also_absent: &mut NoSuchType,
    #[cfg_attr(all(), allow(unused_variables, reason = "an attribute on an argument"))] seen: &mut Vec<u32>,
) -> Result<(), String> {
    #[cfg(any())]
    also_absent.push(other);
    text.push('x');
    #[cfg(any())]
    seen.push(absent);
    Err(text)
}

#[retry(max_attempts = 2)]
async fn with_attributes_later(
    #[cfg(any())] absent: NoSuchType,
    #[cfg(not(any()))] present: &mut Vec<u32>,
    #[cfg(any())] boxed: Box<dyn NoSuchTrait>,
) -> Option<u32> {
    #![allow(unused_mut, reason = "an inner attribute")]
    let mut length = present.len();
    present.push(1);
    if length == 1 { Some(7) } else { None }
}

#[tokio::test(start_paused = true)]
async fn attributes_on_the_function_its_arguments_and_its_body_stay() {
    let mut present = Vec::new();
    #[expect(deprecated, reason = "the attribute stays")]
    let value = with_attributes(&mut present, 0);
    assert_eq!(value, Some(7));
    present.clear();
    assert_eq!(with_attributes_later(&mut present).await, Some(7));
    assert_eq!(with_cloned_arguments(String::new(), &mut present), Err("x".to_owned()));
}
