//! Call sites count the calls that are in a delay now, whatever ends the delay.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use backoff_core::{CancelToken, call_sites, retry};
use support::paused;

/// Returns the number of calls of a function that wait now; `None` if the function is not listed.
fn waiting(name: &str) -> Option<usize> {
    call_sites().find(|site| site.name() == name).map(backoff_core::CallSite::waiting)
}

#[retry(max_attempts = 3, delay = "1s", name = "waiting.blocking", sleep = |_| seen.push(waiting("waiting.blocking")))]
fn blocking(seen: &mut Vec<Option<usize>>) -> Result<(), &'static str> {
    seen.push(waiting("waiting.blocking"));
    Err("down")
}

#[test]
fn a_blocking_call_waits_in_its_delays_and_not_in_its_attempts() {
    let mut seen = Vec::new();
    assert!(blocking(&mut seen).is_err());
    assert_eq!(seen, [None, Some(1), Some(0), Some(1), Some(0)]);
    assert_eq!(waiting("waiting.blocking"), Some(0));
}

#[retry(max_attempts = 2, delay = "1s", name = "waiting.many", sleep = |_| { both.wait(); })]
fn many(both: &Barrier) -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn calls_that_wait_at_once_are_all_counted() {
    let both = Barrier::new(3);
    thread::scope(|scope| {
        let calls = [(); 2].map(|()| scope.spawn(|| many(&both)));
        while waiting("waiting.many") != Some(2) {
            thread::yield_now();
        }
        both.wait();
        for call in calls {
            assert!(call.join().expect("the call ends").is_err());
        }
    });
    assert_eq!(waiting("waiting.many"), Some(0));
}

#[retry(max_attempts = 2, delay = "1s", name = "waiting.panics", sleep = |_| panic!("the sleeper broke"))]
fn panics() -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_panic_in_a_delay_ends_the_wait() {
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(waiting("waiting.panics"), Some(0));
}

#[retry(max_attempts = 9, delay = "1s", name = "waiting.token", cancel = token, sleep = |_| { seen.push(waiting("waiting.token")); token.cancel(); })]
fn token(token: &CancelToken, seen: &mut Vec<Option<usize>>) -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_cancelled_blocking_delay_ends_the_wait() {
    let mut seen = Vec::new();
    assert!(token(&CancelToken::new(), &mut seen).is_err());
    assert_eq!((seen, waiting("waiting.token")), (vec![Some(1)], Some(0)));
}

#[retry(max_attempts = 3, delay = "1s", jitter = none, name = "waiting.async")]
async fn later() -> Result<(), &'static str> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Err("down")
}

#[test]
fn an_async_call_waits_in_its_delays_and_not_in_its_attempts() {
    paused(async {
        let half = Duration::from_millis(500);
        let watch = async {
            let mut seen = Vec::new();
            tokio::time::sleep(half).await;
            for _ in 0..5 {
                seen.push(waiting("waiting.async"));
                tokio::time::sleep(half * 2).await;
            }
            seen
        };
        let (result, seen) = tokio::join!(later(), watch);
        assert!(result.is_err());
        assert_eq!(seen, [None, Some(1), Some(0), Some(1), Some(0)]);
    });
}

#[retry(max_attempts = 2, delay = "1s", name = "waiting.dropped")]
async fn dropped() -> Result<(), &'static str> {
    Err("down")
}

#[retry(max_attempts = 9, delay = "1s", jitter = none, name = "waiting.timeout", timeout = "1500ms", on_timeout = |_| "timeout")]
async fn timed_out() -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_future_that_is_dropped_or_times_out_in_a_delay_no_longer_waits() {
    paused(async {
        {
            let mut future = pin!(dropped());
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert_eq!(waiting("waiting.dropped"), Some(1));
        }
        assert_eq!(waiting("waiting.dropped"), Some(0));
        assert_eq!(timed_out().await, Err("timeout"));
        assert_eq!(waiting("waiting.timeout"), Some(0));
    });
}

#[retry(max_attempts = 2, delay = "0s", name = "waiting.zero")]
async fn zero() -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_delay_of_zero_is_not_counted() {
    let mut future = pin!(zero());
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(waiting("waiting.zero"), Some(0));
}
