//! What an override costs: nothing where none applies, and what it keeps is freed.
//!
//! The features `tracing` and `metrics` allocate on their own account.
#![cfg(all(
    feature = "macros",
    feature = "tokio",
    feature = "overrides",
    not(any(feature = "tracing", feature = "metrics", feature = "testing"))
))]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use allocation_counter::measure;
use backoff_core::{overrides, retry};
use tokio::runtime::Builder;
use tokio::time::sleep;

/// Waits for the other test, and starts without overrides, which belong to the process.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    overrides::clear();
    turn
}

#[retry(max_attempts = 5, delay = "10s", jitter = none, name = "poll")]
async fn poll(calls: &AtomicU32) -> Result<(), &'static str> {
    calls.fetch_add(1, Ordering::Relaxed);
    Err("down")
}

/// Runs a call until its second delay, drops it, and returns how many allocations that frees.
fn freed() -> i64 {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let calls = AtomicU32::new(0);
    let allocated = runtime.block_on(async {
        let mut call = Some(Box::pin(poll(&calls)));
        tokio::select! {
            biased;
            () = sleep(Duration::from_secs(15)) => {}
            _ = async { call.as_mut().expect("it is dropped later").await } => {}
        }
        measure(|| call = None)
    });
    assert_eq!(calls.into_inner(), 2);
    -allocated.count_current
}

#[test]
fn a_call_that_is_dropped_under_an_override_frees_what_it_kept() {
    let _turn = turn();
    let plain = freed();
    overrides::load("poll: max_attempts=9").unwrap();
    assert_eq!(freed() - plain, 2, "what applies, and the driver that knows it");
}

#[test]
fn a_call_allocates_only_when_an_override_applies_to_it() {
    #[retry(max_attempts = 3, delay = "0s", name = "free")]
    fn free() -> Result<(), &'static str> {
        Err("down")
    }

    #[retry(max_attempts = 3, delay = "0s", name = "disabled")]
    fn disabled() -> Result<(), &'static str> {
        Err("down")
    }

    #[retry(max_attempts = 3, delay = "0s", name = "limited")]
    fn limited() -> Result<(), &'static str> {
        Err("down")
    }

    let _turn = turn();
    let allocated = |call: fn() -> Result<(), &'static str>| {
        assert!(call().is_err()); // listed, and the generator of its thread made
        measure(|| assert!(call().is_err())).count_total
    };
    assert_eq!((allocated(free), allocated(disabled), allocated(limited)), (0, 0, 0));
    overrides::load("limited: max_attempts=2; disabled: disabled").unwrap();
    assert_eq!((allocated(free), allocated(disabled), allocated(limited)), (0, 0, 2));
}
