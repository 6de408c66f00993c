//! A call under an override allocates nothing, unless the override needs more progress than the number of failures.
//!
//! The features `tracing`, `metrics` and `testing` allocate for other reasons.
#![cfg(all(
    feature = "macros",
    feature = "overrides",
    not(any(feature = "tracing", feature = "metrics", feature = "testing"))
))]

use std::sync::atomic::{AtomicU32, Ordering};

use allocation_counter::measure;
use backoff_core::{overrides, retry};

#[retry(max_attempts = 3, delay = "0s", name = "free")]
fn free() -> Result<(), &'static str> {
    Err("down")
}

#[retry(max_attempts = 3, delay = "0s", name = "disabled")]
fn disabled() -> Result<(), &'static str> {
    Err("down")
}

#[retry(max_attempts = 3, delay = "0s", name = "limited")]
fn limited(calls: &AtomicU32) -> Result<(), &'static str> {
    calls.fetch_add(1, Ordering::Relaxed);
    Err("down")
}

#[retry(max_attempts = 3, delay = "0s", name = "limited", attempt = ctx)]
fn told(last: &AtomicU32) -> Result<(), &'static str> {
    last.store(ctx.number(), Ordering::Relaxed);
    Err("down")
}

#[test]
fn a_call_allocates_nothing_whether_an_override_applies_or_not() {
    let (calls, last) = (AtomicU32::new(0), AtomicU32::new(0));
    let run = || {
        let ended = [free(), disabled(), limited(&calls), told(&last)];
        assert!(ended.iter().all(Result::is_err));
    };
    run(); // listed, and the generator of the thread made
    calls.store(0, Ordering::Relaxed);
    assert_eq!(measure(run).count_total, 0);
    assert_eq!((calls.swap(0, Ordering::Relaxed), last.swap(0, Ordering::Relaxed)), (3, 3));
    overrides::load("limited: max_attempts=2, jitter=none, max_delay=1s; disabled: disabled").unwrap();
    assert_eq!(measure(run).count_total, 0);
    assert_eq!((calls.into_inner(), last.into_inner()), (2, 2));
}
