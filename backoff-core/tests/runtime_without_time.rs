//! A tokio runtime without `enable_time` cannot sleep, and this cannot be detected before it panics. The documentation
//! states this.
#![cfg(all(feature = "tokio", feature = "async-io"))]

use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};

use backoff_core::Policy;
use support::ms;

const TWICE: Policy = Policy::constant(ms(1)).max_attempts(2).build();

async fn call() -> Result<(), &'static str> {
    TWICE.retry(|| ready(Err("down"))).await
}

#[test]
fn a_delay_panics_in_a_tokio_runtime_without_time_although_async_io_is_enabled() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| runtime.block_on(call()))).unwrap_err();
    let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap();
    assert!(message.contains("timers are disabled"), "{message}");
}

#[test]
fn outside_of_tokio_async_io_serves() {
    assert_eq!(support::block_on(call()), Err("down"));
}
