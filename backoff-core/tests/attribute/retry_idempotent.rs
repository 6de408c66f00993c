//! `idempotent` as a word, as a constant, and as a condition that is known when the function is called.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::Cell;
use std::time::Duration;

use backoff_core::{CancelToken, Fault, Policy, retry};

const LOST: &str = "the answer was lost";
const POLICY: Policy = Policy::constant(Duration::ZERO).idempotent().build();
const IS_SAFE: bool = true;

/// Counts a call, and returns an ambiguous failure.
fn send(calls: &Cell<u32>) -> Result<(), &'static str> {
    calls.set(calls.get() + 1);
    Err(LOST)
}

/// Returns whether a method is safe to repeat, and counts its calls.
fn is_safe(method: &str, asked: &Cell<u32>) -> bool {
    asked.set(asked.get() + 1);
    method == "GET"
}

#[retry(delay = "0s", when = |_| Fault::Ambiguous, idempotent = is_safe(method, asked))]
fn by_method(method: &str, asked: &Cell<u32>, calls: &Cell<u32>) -> Result<(), &'static str> {
    send(calls)
}

#[retry(policy = POLICY, when = |_| Fault::Ambiguous, idempotent = is_safe(method, asked))]
async fn by_method_with_a_policy(method: &str, asked: &Cell<u32>, calls: &Cell<u32>) -> Result<(), &'static str> {
    send(calls)
}

#[retry(
    delay = "0s", when = |_| Fault::Ambiguous, idempotent = is_safe(method, asked), timeout = "1m",
    on_timeout = |_| "late", cancel = stop.cancelled(), max_attempts = 3
)]
async fn by_method_with_limits(
    method: &str,
    asked: &Cell<u32>,
    calls: &Cell<u32>,
    stop: &CancelToken,
) -> Result<(), &'static str> {
    send(calls)
}

#[retry(delay = "0s", when = |_| Fault::Ambiguous, idempotent = IS_SAFE)]
fn by_constant(calls: &Cell<u32>) -> Result<(), &'static str> {
    send(calls)
}

#[retry(policy = POLICY, when = |_| Fault::Ambiguous, idempotent = false)]
fn not_any_more(calls: &Cell<u32>) -> Result<(), &'static str> {
    send(calls)
}

#[retry(delay = "0s", when = |_| Fault::Ambiguous, idempotent = true)]
fn by_literal(calls: &Cell<u32>) -> Result<(), &'static str> {
    send(calls)
}

#[tokio::test(start_paused = true)]
async fn a_condition_of_idempotent_is_evaluated_once_per_call_and_decides_on_ambiguous_failures() {
    let (asked, calls, stop) = (Cell::new(0), Cell::new(0), CancelToken::new());
    for (method, attempts) in [("GET", 3), ("POST", 1)] {
        assert_eq!(by_method(method, &asked, &calls), Err(LOST));
        assert_eq!((asked.replace(0), calls.replace(0)), (1, attempts), "{method}");
        assert_eq!(by_method_with_a_policy(method, &asked, &calls).await, Err(LOST));
        assert_eq!((asked.replace(0), calls.replace(0)), (1, attempts), "{method}");
        assert_eq!(by_method_with_limits(method, &asked, &calls, &stop).await, Err(LOST));
        assert_eq!((asked.replace(0), calls.replace(0)), (1, attempts), "{method}");
    }
}

#[test]
fn a_constant_and_a_literal_of_idempotent_decide_as_well() {
    let calls = Cell::new(0);
    assert_eq!(by_constant(&calls), Err(LOST));
    assert_eq!(calls.replace(0), 3);
    assert_eq!(by_literal(&calls), Err(LOST));
    assert_eq!(calls.replace(0), 3);
    assert_eq!(not_any_more(&calls), Err(LOST));
    assert_eq!(calls.replace(0), 1, "`false` takes the promise of the policy back");
}

#[test]
fn a_call_decides_when_it_is_made_whether_it_is_idempotent() {
    let calls = Cell::new(0);
    for (policy, is_idempotent, attempts) in
        [(POLICY, true, 3), (POLICY, false, 1), (POLICY.edit().idempotent_if(false).build(), true, 3)]
    {
        let call = policy.retry(|| send(&calls)).when(|_| Fault::Ambiguous).idempotent_if(is_idempotent);
        assert_eq!(call.call(), Err(LOST));
        assert_eq!(calls.replace(0), attempts);
    }
}
