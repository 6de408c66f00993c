//! The success rate with suppressed retries: layers of calls whose innermost operation fails at random, from a seed.
//!
//! At a random failure rate of one in ten, three layers of three attempts make 1.111 calls per request and practically
//! never fail. If only the outermost layer retries, they make 1.110 calls, and 0.999 of the requests succeed.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use backoff_core::{InnerRetries, Policy, Random as _, Seeded};

const THREE: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();

fn layered(depth: u32, mode: InnerRetries, bottom: &dyn Fn() -> Result<(), ()>) -> Result<(), ()> {
    if depth == 0 {
        return bottom();
    }
    THREE.retry(|| layered(depth - 1, InnerRetries::Allow, bottom)).inner_retries(mode).call()
}

/// Returns the calls per request and the part of the requests that succeed.
fn simulated(requests: u32, failure_rate: f64, mode: InnerRetries) -> (f64, f64) {
    let random = RefCell::new(Seeded::new(7));
    let (calls, successes) = (Cell::new(0_u32), Cell::new(0_u32));
    let bottom = || {
        calls.set(calls.get() + 1);
        // 32 bits are exact in a float.
        let draw = f64::from(u32::try_from(random.borrow_mut().draw() >> 32).expect("32 bits are left"));
        if draw / f64::from(u32::MAX) < failure_rate { Err(()) } else { Ok(()) }
    };
    for _ in 0..requests {
        successes.set(successes.get() + u32::from(layered(3, mode, &bottom).is_ok()));
    }
    (f64::from(calls.get()) / f64::from(requests), f64::from(successes.get()) / f64::from(requests))
}

/// Compares with `(1 - p^n) / (1 - p)` calls and `1 - p^n` successes for n attempts in all, within four standard
/// errors, and returns both.
#[track_caller]
fn agrees(requests: u32, failure_rate: f64, mode: InnerRetries, attempts: i32) -> (f64, f64) {
    let (calls, success) = simulated(requests, failure_rate, mode);
    let all_fail = failure_rate.powi(attempts);
    let expected = (1.0 - all_fail) / (1.0 - failure_rate);
    let requests = f64::from(requests);
    // The number of calls is geometric, cut off: its variance is at most that of the whole distribution.
    let error_of_calls = 4.0 * (failure_rate / (1.0 - failure_rate).powi(2) / requests).sqrt();
    let error_of_success = 4.0 * (all_fail * (1.0 - all_fail) / requests).sqrt();
    assert!((calls - expected).abs() <= error_of_calls, "{calls} calls, expected {expected} +- {error_of_calls}");
    assert!((success - (1.0 - all_fail)).abs() <= error_of_success + 1e-9, "{success}, expected {}", 1.0 - all_fail);
    (calls, success)
}

#[test]
fn at_ten_percent_failures_suppressed_layers_succeed_999_times_in_1000_and_nested_ones_always() {
    let (calls, success) = agrees(20_000, 0.1, InnerRetries::Suppress, 3);
    assert!((calls - 1.110).abs() < 0.01 && (success - 0.999).abs() < 0.001, "{calls} {success}");
    let (calls, success) = agrees(20_000, 0.1, InnerRetries::Allow, 27);
    assert!((calls - 1.111).abs() < 0.01 && success >= 1.0, "{calls} {success}");
}

#[test]
fn at_half_failures_suppressed_layers_make_fewer_calls_and_lose_an_eighth() {
    let (calls, success) = agrees(5_000, 0.5, InnerRetries::Suppress, 3);
    assert!((calls - 1.75).abs() < 0.08 && (success - 0.875).abs() < 0.02, "{calls} {success}");
    let (calls, success) = agrees(5_000, 0.5, InnerRetries::Allow, 27);
    assert!((calls - 2.0).abs() < 0.09 && success >= 0.999, "{calls} {success}");
}

#[test]
fn the_load_with_90_or_100_percent_failures_matches_the_formula() {
    agrees(1_000, 0.9, InnerRetries::Allow, 27);
    agrees(1_000, 0.9, InnerRetries::Suppress, 3);
    let dead = |mode| simulated(10, 1.1, mode); // above 1, so that no draw succeeds
    assert_eq!(dead(InnerRetries::Allow), (27.0, 0.0));
    assert_eq!(dead(InnerRetries::Suppress), (3.0, 0.0));
}
