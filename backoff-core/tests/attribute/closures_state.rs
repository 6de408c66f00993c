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

#[retry(
    delay = "0s", max_attempts = 3, until = |done: &bool| { *count += 1; *done }, unmet = |_| { *count += 10; Err(0) },
    when = |_: &u32| { *count += 100; true }, on_retry = |_| *count += 1000, on_give_up = |_| *count += 10_000,
    on_recovered = |_| *count += 100_000, before_retry = *count += 1_000_000, or_else = |error| { *count += 10_000_000; Err(error.last) },
)]
fn all_share(count: &mut u64, results: &mut std::slice::Iter<'_, Result<bool, u32>>) -> Result<bool, u32> {
    *results.next().expect("a result for each attempt")
}

#[retry(
    delay = "0s", max_attempts = 3, until = |done: &bool| { *count += 1; *done }, unmet = |_| { *count += 10; Err(0) },
    when = |_: &u32| { *count += 100; true }, on_retry = async |_| { tokio::task::yield_now().await; *count += 1000; },
    on_give_up = async |_| *count += 10_000, on_recovered = async |_| *count += 100_000, before_retry = *count += 1_000_000,
    or_else = async |error| { *count += 10_000_000; Err(error.last) },
)]
async fn all_share_later(count: &mut u64, results: &mut std::slice::Iter<'_, Result<bool, u32>>) -> Result<bool, u32> {
    *results.next().expect("a result for each attempt")
}

#[test]
fn all_closures_of_one_function_change_one_variable_one_after_the_other() {
    let cases: [(&[Result<bool, u32>], Result<bool, u32>, u64); 3] = [
        (&[Err(1), Ok(false), Ok(true)], Ok(true), 2_102_102),
        (&[Err(1), Err(2), Err(3)], Err(3), 12_012_300),
        (&[Ok(false), Err(2), Ok(false)], Err(0), 12_012_112),
    ];
    for (results, result, expected) in cases {
        let mut count = 0;
        assert_eq!((all_share(&mut count, &mut results.iter()), count), (result, expected), "{results:?}");
        let mut count = 0;
        let later = paused(all_share_later(&mut count, &mut results.iter()));
        assert_eq!((later, count), (result, expected), "{results:?}");
    }
}

#[test]
fn hooks_of_a_builder_call_share_a_cell() {
    use backoff_core::Policy;
    use std::cell::Cell;

    let count = Cell::new(0);
    let policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
    let call = policy.retry(|| Err::<(), _>("down")).on_retry(|_| count.set(count.get() + 1));
    assert!(call.on_give_up(|_| count.set(count.get() + 10)).call().is_err());
    assert_eq!(count.get(), 12);
}
