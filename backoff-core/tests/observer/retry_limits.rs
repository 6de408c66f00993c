//! Limits of annotated functions: retries, lists, and values of zero that are known only at run time.

use std::sync::Mutex;
use std::time::Duration;

use backoff_core::observe::{CallEvent, EventKind};
use backoff_core::{List, Policy, RetryError, StopReason, retry};

const MS: Duration = Duration::from_millis(1);

/// Adds an attempt, and fails.
fn fails(calls: &mut u32) -> Result<(), &'static str> {
    *calls += 1;
    Err("down")
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `or_else` takes")]
fn reason_of(error: RetryError<&'static str>) -> Result<(), &'static str> {
    Err(match error.reason {
        StopReason::BackoffEnded => "ended",
        StopReason::MaxAttempts => "attempts",
        StopReason::MaxElapsed => "elapsed",
        _ => "other",
    })
}

const RETRIES: u32 = 2;

#[retry(max_retries = 3, delay = "0s")]
fn literal(calls: &mut u32) -> Result<(), &'static str> {
    fails(calls)
}

#[retry(max_retries = RETRIES, delay = "0s")]
fn constant(calls: &mut u32) -> Result<(), &'static str> {
    fails(calls)
}

#[retry(max_retries = retries, delay = "0s", attempt = ctx)]
fn at_run_time(calls: &mut u32, retries: u32) -> Result<(), &'static str> {
    if ctx.number() == 5 {
        return Ok(());
    }
    fails(calls)
}

const FOREVER: Policy = Policy::constant(Duration::ZERO).forever().build();

#[retry(policy = FOREVER, max_retries = 1)]
fn edited(calls: &mut u32) -> Result<(), &'static str> {
    fails(calls)
}

#[test]
fn retries_are_counted_without_the_first_attempt() {
    let calls = |run: &dyn Fn(&mut u32) -> Result<(), &'static str>| {
        let mut calls = 0;
        (run(&mut calls).is_ok(), calls)
    };
    assert_eq!(calls(&literal), (false, 4));
    assert_eq!(calls(&constant), (false, 3));
    assert_eq!(calls(&edited), (false, 2));
    assert_eq!(calls(&|calls| at_run_time(calls, 0)), (false, 1));
    assert_eq!(calls(&|calls| at_run_time(calls, 2)), (false, 3));
    assert_eq!(
        calls(&|calls| at_run_time(calls, u32::MAX)),
        (true, 4),
        "it saturates, and does not become one attempt"
    );
}

#[retry(backoff = List::new([Duration::ZERO; 9]), or_else = reason_of)]
fn of_a_list(calls: &mut u32) -> Result<(), &'static str> {
    fails(calls)
}

const LIST: List<[Duration; 9]> = List::new([Duration::ZERO; 9]);

#[retry(backoff = LIST, or_else = reason_of)]
fn of_a_constant_list(calls: &mut u32) -> Result<(), &'static str> {
    fails(calls)
}

#[retry(backoff = List::new(delays), or_else = reason_of)]
fn of_borrowed_delays(calls: &mut u32, delays: &[Duration]) -> Result<(), &'static str> {
    fails(calls)
}

#[retry(backoff = LIST, max_attempts = 3, or_else = reason_of)]
fn of_a_list_with_a_limit(calls: &mut u32) -> Result<(), &'static str> {
    fails(calls)
}

#[retry(backoff = List::new([MS; 2]), until = |value| *value > 9, unmet = last)]
async fn asked_by_a_list(calls: &mut u32) -> Result<u32, &'static str> {
    *calls += 1;
    Ok(*calls)
}

#[test]
fn a_list_is_a_limit_and_runs_to_its_end() {
    let mut calls = 0;
    assert_eq!((of_a_list(&mut calls), calls), (Err("ended"), 10));
    calls = 0;
    assert_eq!((of_a_constant_list(&mut calls), calls), (Err("ended"), 10));
    calls = 0;
    assert_eq!((of_borrowed_delays(&mut calls, &[Duration::ZERO; 4]), calls), (Err("ended"), 5));
    calls = 0;
    assert_eq!((of_a_list_with_a_limit(&mut calls), calls), (Err("attempts"), 3));
}

#[tokio::test(start_paused = true)]
async fn a_list_is_the_limit_of_a_condition_too() {
    let mut calls = 0;
    assert_eq!((asked_by_a_list(&mut calls).await, calls), (Ok(3), 3));
}

#[retry(max_elapsed = limit, delay = "0s", or_else = reason_of, name = "elapsed")]
fn for_a_time(calls: &mut u32, limit: Duration) -> Result<(), &'static str> {
    std::thread::sleep(MS);
    fails(calls)
}

#[retry(timeout = limit, delay = "1ms", on_timeout = |_| "late", name = "timeout")]
async fn within(calls: &mut u32, limit: Duration) -> Result<(), &'static str> {
    *calls += 1;
    std::future::pending().await
}

#[retry(backoff = List::new(delays), or_else = reason_of, name = "list")]
fn through(calls: &mut u32, delays: Vec<Duration>) -> Result<(), &'static str> {
    fails(calls)
}

static REPORTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note(event: &CallEvent<'_>) {
    if !["elapsed", "timeout", "list"].contains(&event.name()) {
        return;
    }
    if let (EventKind::ValueMoved { problem, .. }, Ok(mut reported)) = (event.kind(), REPORTED.lock()) {
        reported.push(format!("{}: {problem}", event.name()));
    }
}

#[tokio::test]
async fn a_limit_of_zero_at_run_time_is_moved_and_reported_once() {
    crate::observe(note);
    let mut calls = 0;
    for _ in 0..2 {
        assert_eq!(for_a_time(&mut calls, Duration::ZERO), Err("elapsed"));
    }
    assert_eq!(calls, 2);
    calls = 0;
    for limit in [Duration::ZERO, Duration::ZERO, MS] {
        assert_eq!(within(&mut calls, limit).await, Err("late"));
    }
    assert_eq!(calls, 3);
    calls = 0;
    for _ in 0..2 {
        assert_eq!(through(&mut calls, Vec::new()), Err("ended"));
    }
    assert_eq!(calls, 2, "no delay, no retry");
    assert_eq!(
        *REPORTED.lock().unwrap(),
        [
            "elapsed: `max_elapsed` is zero, so that no retry could start; use a longer time, or `max_attempts` = 1 for no retries",
            "timeout: `timeout` is zero, so that no attempt could end; use a longer time, or leave it out",
            "list: the list of delays is empty; add a delay for each retry, or use `Policy::never()` for no retries",
        ]
    );
}
