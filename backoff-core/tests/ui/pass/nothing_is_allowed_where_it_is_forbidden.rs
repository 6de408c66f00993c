//! A crate that forbids to allow lints.
#![forbid(unused, unreachable_code, deprecated, unknown_lints)]

use backoff_core::{Classify, retry};

#[derive(Debug, Classify)]
enum MyError {
    #[transient]
    Busy,
}

#[retry(delay = "0s", attempt_timeout = "1s", on_timeout = |_| MyError::Busy)]
async fn later(calls: &mut u32) -> Result<u32, MyError> {
    const ENOUGH: u32 = 3;
    *calls += 1;
    if *calls < ENOUGH { Err(MyError::Busy) } else { Ok(*calls) }
}

#[retry(delay = "0s")]
fn now(calls: &mut u32) -> Result<u32, MyError> {
    const ENOUGH: u32 = 3;
    *calls += 1;
    if *calls < ENOUGH { Err(MyError::Busy) } else { Ok(*calls) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(matches!(later(&mut 0).await, Ok(3)));
    assert!(matches!(now(&mut 0), Ok(3)));
}
