//! Closures of the attribute with a state: each is evaluated where it is used, so that they can share one variable.

use std::future::Future;
use std::time::Duration;

use backoff_core::{Fault, retry};
use support::{all_ms, paused};

#[retry(max_attempts = 9, delay = "0s", when = |_: &u32| { *seen += 1; *seen < 3 })]
fn counting(seen: &mut u32) -> Result<(), u32> {
    Err(7)
}

#[retry(max_attempts = 9, delay = "0s", when = |_: &u32| { *seen += 1; if *seen < 3 { Fault::Transient } else { Fault::Permanent } })]
async fn counting_later(seen: &mut u32) -> Result<(), u32> {
    Err(7)
}

#[test]
fn when_changes_an_argument_of_the_function() {
    let mut seen = 0;
    assert_eq!((counting(&mut seen), seen), (Err(7), 3));
    let mut seen = 0;
    assert_eq!((paused(counting_later(&mut seen)), seen), (Err(7), 3));
}

#[retry(max_attempts = 3, initial_delay = "100ms", jitter = none, sleep = |delay| slept.push(delay))]
fn sleeping(slept: &mut Vec<Duration>) -> Result<(), &'static str> {
    Err("down")
}

#[retry(max_attempts = 3, initial_delay = "100ms", jitter = none, sleep = |delay| { slept.push(delay); tokio::time::sleep(delay) })]
async fn sleeping_later(slept: &mut Vec<Duration>) -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn sleep_changes_an_argument_of_the_function() {
    let mut slept = Vec::new();
    assert_eq!((sleeping(&mut slept), slept), (Err("down"), all_ms([100, 200])));
    let mut slept = Vec::new();
    let later = paused(sleeping_later(&mut slept));
    assert_eq!((later, slept), (Err("down"), all_ms([100, 200])));
}

#[retry(
    max_attempts = 3, initial_delay = "100ms", jitter = none, attempt_timeout = "1s", timeout = "1m",
    on_timeout = |timeout| { *made += 1; format!("{made}: {timeout}") },
    sleep = |delay| { slept.push(delay.as_millis()); tokio::time::sleep(delay) },
)]
async fn limited(made: &mut u32, slept: &mut Vec<u128>) -> Result<(), String> {
    std::future::pending().await
}

#[test]
fn timers_and_delays_share_the_sleeper_and_the_future_is_send() {
    fn is_send<T: Future + Send>(future: T) -> T {
        future
    }
    let (mut made, mut slept) = (0, Vec::new());
    let result = paused(is_send(limited(&mut made, &mut slept)));
    assert_eq!(result, Err("3: no answer within 1s".to_owned()));
    assert_eq!((made, slept), (3, vec![60_000, 1000, 100, 1000, 200, 1000]));
}

/// The type of the argument of a closure in `sleep` is inferred.
#[retry(max_attempts = 2, initial_delay = "100ms", jitter = none, sleep = |delay| *total += delay.as_millis())]
fn inferred(total: &mut u128) -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_sleeper_may_call_methods_of_the_delay() {
    let mut total = 0;
    assert_eq!((inferred(&mut total), total), (Err("down"), 100));
}
