//! A call from a builder without `build`: the call owns the policy.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use backoff_core::{Fault, Jitter, List, Policy, StopReason};
use support::{all_ms, block_on, ms, paused, secs};

#[test]
fn a_builder_retries_with_its_settings() {
    let slept = RefCell::new(Vec::new());
    let builder = Policy::exponential().max_attempts(3).jitter(Jitter::None);
    let call = builder.retry(|| Err::<(), _>("down")).sleep(|delay| slept.borrow_mut().push(delay));
    let error = call.call_report().unwrap_err();
    assert_eq!((error.last, error.attempts, error.reason), ("down", 3, StopReason::MaxAttempts));
    assert_eq!(slept.take(), all_ms([100, 200]));
    let call = builder.retry(|| async { Err::<(), _>("down") }).sleep(|_| std::future::ready(()));
    assert_eq!(block_on(call.report()).unwrap_err().attempts, 3);
}

#[test]
fn the_call_of_a_builder_can_leave_the_function_that_made_it() {
    fn call(delays: Vec<Duration>) -> impl IntoFuture<Output = Option<()>, IntoFuture: Send> {
        Policy::with_backoff(List::new(delays)).retry(|| async { None::<()> })
    }
    paused(async {
        let start = tokio::time::Instant::now();
        assert_eq!(call(all_ms([10, 20])).await, None);
        assert_eq!(start.elapsed(), ms(30));
    });
}

#[test]
fn the_settings_of_a_call_apply_to_the_policy_that_it_owns() {
    let calls = Cell::new(0);
    let operation = || {
        calls.set(calls.get() + 1);
        Err::<(), _>("down")
    };
    let call = Policy::constant(Duration::ZERO).retry(operation).when(|_| Fault::Ambiguous).idempotent();
    assert_eq!((call.call(), calls.replace(0)), (Err("down"), 3));
    // A timeout is a limit, so it lifts the default of 3 attempts.
    paused(async {
        let policy = Policy::constant(secs(1)).jitter(Jitter::None);
        let call = policy.retry(|| async { operation() }).timeout(secs(10)).on_timeout(|_| "late");
        let error = call.report().await.unwrap_err();
        assert_eq!((error.last, error.reason, error.attempts), ("late", StopReason::Timeout, 10));
    });
}

#[test]
#[should_panic(expected = "`max_attempts` is 0")]
fn a_builder_with_a_broken_rule_panics_when_the_call_is_made() {
    let _ = Policy::exponential().max_attempts(0).retry(|| None::<()>);
}
