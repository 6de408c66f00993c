//! Functions and attributes from `macro_rules`: an expression, block or type that was captured as one remains one.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use backoff_core::retry;

/// Captured expressions are at the top level of bodies and of attributes.
macro_rules! doubled {
    ($sum:expr, $block:block) => {
        #[retry(max_attempts = $sum * 2, delay = "0s")]
        fn of_attribute(calls: &mut u32) -> Result<(), u32> {
            *calls += 1;
            Err(*calls)
        }

        #[retry(delay = "0s", once(limit = $sum * 2), when = |calls| *calls < $sum * 2, max_attempts = 9)]
        fn of_nested_attribute(calls: &mut u32) -> Result<(), u32> {
            *calls += 1;
            Err(*calls * 10 / 10 + *limit - *limit)
        }

        #[retry(delay = "0s")]
        fn of_body() -> Result<u32, u32> {
            let value = $sum * 2;
            if value == 4 { Ok(value) } else { Err(value) }
        }

        #[retry(delay = "0s")]
        fn of_body_with_attributes() -> Result<u32, u32> {
            #![allow(unused_parens, reason = "an inner attribute")]
            let value = $sum * 2;
            if value == 4 { Ok(value) } else { Err(value) }
        }

        #[retry(delay = "0s", once(unused = 1), attempt = _ctx)]
        async fn of_async_body() -> Result<u32, u32> {
            let value = $sum * 2 * *unused;
            if value == 4 { Ok(value) } else { Err(value) }
        }

        #[retry(delay = "0s")]
        fn of_what_surrounds_a_block() -> impl Future<Output = Result<u32, u32>> {
            let value = $sum * 2;
            async move {
                let same = $sum * 2;
                if value == 4 && same == value { Ok(value) } else { Err(value) }
            }
        }

        #[retry(delay = "0s")]
        fn of_what_surrounds_a_box() -> Pin<Box<dyn Future<Output = Result<u32, u32>>>> {
            let value = $sum * 2;
            Box::pin(async move {
                let same = $sum * 2;
                if value == 4 && same == value { Ok(value) } else { Err(value) }
            })
        }

        #[retry(delay = "0s")]
        fn of_a_block() -> Result<u32, u32> {
            $block
        }

        #[retry(delay = "0s")]
        async fn of_a_block_after_a_statement() -> Result<u32, u32> {
            let _unused = 1;
            $block
        }

        #[retry(max_attempts = $block.unwrap_or(1), delay = "0s")]
        fn of_a_block_in_the_attribute(calls: &mut u32) -> Result<(), u32> {
            *calls += 1;
            Err(*calls)
        }
    };
}

doubled!(1 + 1, { Ok::<u32, u32>(7) });

macro_rules! typed {
    ($type:ty) => {
        #[retry(delay = "0s")]
        fn by_shared(value: &$type) -> Result<String, ()> {
            Ok(format!("{value:?}"))
        }

        #[retry(delay = "0s")]
        async fn by_unique(value: &mut $type, calls: &mut u32) -> Result<(), ()> {
            *calls += 1;
            Err(drop(format!("{value:?}")))
        }
    };
}

typed!(dyn Debug + Send);

#[tokio::test]
async fn a_captured_expression_is_not_taken_apart() {
    let mut calls = 0;
    assert_eq!(of_attribute(&mut calls), Err(4));
    assert_eq!(of_nested_attribute(&mut 0), Err(4));
    assert_eq!(of_body(), Ok(4));
    assert_eq!(of_body_with_attributes(), Ok(4));
    assert_eq!(of_async_body().await, Ok(4));
    assert_eq!(of_what_surrounds_a_block().await, Ok(4));
    assert_eq!(of_what_surrounds_a_box().await, Ok(4));
}

#[tokio::test]
async fn a_captured_block_causes_no_warning() {
    assert_eq!(of_a_block(), Ok(7));
    assert_eq!(of_a_block_after_a_statement().await, Ok(7));
    assert_eq!(of_a_block_in_the_attribute(&mut 0), Err(7));
}

#[tokio::test]
async fn a_captured_type_is_not_taken_apart() {
    assert_eq!(by_shared(&7), Ok("7".to_owned()));
    let mut calls = 0;
    assert_eq!((by_unique(&mut 7, &mut calls).await, calls), (Err(()), 3));
}

/// A constant generic of an `impl` is written in braces, because it looks like a constant.
struct Limited<const N: u32>;

impl<const N: u32> Limited<N> {
    #[retry(max_attempts = { N }, delay = "0s")]
    fn ask(calls: &mut u32) -> Result<(), u32> {
        *calls += 1;
        Err(*calls)
    }
}

#[test]
fn a_value_in_braces_is_known_at_run_time() {
    assert_eq!(Limited::<4>::ask(&mut 0), Err(4));
}

/// The usual form in which a macro passes attributes on.
macro_rules! service {
    ($(#[$meta:meta])* fn $name:ident($($setting:meta),*) $body:block) => {
        $(#[$meta])*
        #[retry($($setting),*)]
        fn $name(calls: &mut u32) -> Result<u32, String> {
            *calls += 1;
            let result: Result<u32, String> = $body;
            result
        }
    };
}

service! {
    /// Fails each time.
    #[must_use = "it may have failed"]
    #[inline]
    #[doc(alias = "nope")]
    fn captured(max_attempts = 2, delay = "0s") { Err("down".to_owned()) }
}

#[test]
fn attributes_that_a_macro_captured_are_handed_on() {
    let mut calls = 0;
    assert_eq!(captured(&mut calls), Err("down".to_owned()));
    assert_eq!(calls, 2);
}
