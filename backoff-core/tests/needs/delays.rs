//! Needs about the delay: the wait of a server, the kind of an error, the first retry.

use std::time::Duration;

use backoff_core::{Fault, Jitter, Policy, PushBackMode, StopReason, retry};
use support::{all_ms, ms, secs};

const BUSY: fn(&&str) -> Fault = |_| Fault::PushBack(ms(1_500));

/// Returns the delay between two attempts, after a push-back of 1.5 s.
fn delay_with(mode: PushBackMode, own: Duration) -> Duration {
    let mut delays = Vec::new();
    let policy = Policy::constant(own).jitter(Jitter::None).max_attempts(2).push_back(mode);
    let result = policy.retry(|| Err::<(), _>("busy")).when(BUSY).sleep(|delay| delays.push(delay)).call();
    assert_eq!(result, Err("busy"));
    delays.pop().unwrap()
}

#[test]
fn the_wait_of_the_server_replaces_ones_own() {
    #[retry(max_attempts = 2, delay = "4s", push_back = replace, when = BUSY, sleep = |delay| delays.push(delay))]
    fn load(delays: &mut Vec<Duration>) -> Result<(), &'static str> {
        Err("busy")
    }

    let mut delays = Vec::new();
    assert_eq!((load(&mut delays), delays), (Err("busy"), all_ms([1_500])));
    assert_eq!(delay_with(PushBackMode::Replace, secs(4)), ms(1_500));
}

#[test]
fn the_longer_of_the_servers_wait_and_ones_own_is_waited_for() {
    #[retry(
        max_attempts = 3, initial_delay = "1s", jitter = none, push_back = longest,
        when = BUSY, sleep = |delay| delays.push(delay)
    )]
    fn load(delays: &mut Vec<Duration>) -> Result<(), &'static str> {
        Err("busy")
    }

    let mut delays = Vec::new();
    assert_eq!((load(&mut delays), delays), (Err("busy"), all_ms([1_500, 2_000])));
    assert_eq!(delay_with(PushBackMode::Longest, secs(4)), secs(4));
    assert_eq!(delay_with(PushBackMode::Longest, secs(1)), ms(1_500));
}

#[test]
fn the_first_retry_is_made_at_once() {
    #[retry(
        max_attempts = 4, delay = "1s", jitter = none,
        adjust = |event| if event.attempt() == 1 { Duration::ZERO } else { event.delay() },
        on_retry = |event| delays.push(event.delay()), sleep = |_| ()
    )]
    fn load(delays: &mut Vec<Duration>) -> Result<(), &'static str> {
        Err("down")
    }

    let mut delays = Vec::new();
    assert_eq!((load(&mut delays), delays), (Err("down"), all_ms([0, 1_000, 1_000])));
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    Moved,
    Overloaded,
    Down,
}

#[test]
fn the_delay_depends_on_the_error() {
    let mut failures = [Failure::Moved, Failure::Overloaded, Failure::Down].into_iter();
    let mut delays = Vec::new();
    let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_attempts(3);
    let result = policy
        .retry(|| Err::<(), _>(failures.next().unwrap()))
        .adjust(|event| match event.error() {
            Some(Failure::Moved) => Duration::ZERO,
            Some(Failure::Overloaded) => event.delay() * 10,
            _ => event.delay(),
        })
        .sleep(|delay| delays.push(delay))
        .call();
    assert_eq!((result, delays), (Err(Failure::Down), all_ms([10_000])), "a zero delay does not sleep");
}

#[test]
fn the_call_ends_at_the_second_failure_of_one_kind() {
    #[retry(
        max_attempts = 9, delay = "0s",
        adjust = |event| match event.error() {
            Some(Failure::Overloaded) if event.attempt() == 2 => None,
            _ => Some(event.delay()),
        },
        on_give_up = |event| *reason = Some(event.reason())
    )]
    fn load(calls: &mut u32, reason: &mut Option<StopReason>) -> Result<(), Failure> {
        *calls += 1;
        Err(Failure::Overloaded)
    }

    let (mut calls, mut reason) = (0, None);
    assert_eq!(load(&mut calls, &mut reason), Err(Failure::Overloaded));
    assert_eq!((calls, reason), (2, Some(StopReason::BackoffEnded)));
}
