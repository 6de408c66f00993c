//! Time limits are checked again after slow hooks, and a retry that would start with no time left is not made.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::{Cell, RefCell};
use std::io;
use std::time::Duration;

use backoff_core::{Budget, InnerRetries, Jitter, Policy, RetryError, StopReason, retry, testing};
use tokio::time::{Instant, sleep};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// 200 ms in all, no delay between attempts.
const SHORT: Policy = Policy::constant(Duration::ZERO).max_elapsed(ms(200)).build();

#[derive(Debug, PartialEq)]
struct Down(u32);

#[retry(max_elapsed = "200ms", delay = "0s", on_retry = async |_| sleep(hook).await, on_give_up = |event| end.set(Some(event.reason())))]
async fn counted(calls: &mut u32, hook: Duration, end: &Cell<Option<StopReason>>) -> Result<(), Down> {
    *calls += 1;
    Err(Down(*calls))
}

#[retry(policy = SHORT, on_retry = async |_| sleep(hook).await)]
async fn followed(calls: &mut u32, hook: Duration) -> Result<(), Down> {
    *calls += 1;
    Err(Down(*calls))
}

#[retry(policy = SHORT, budget = budget, on_retry = async |_| sleep(hook).await, or_else = |error| { *report = Some((error.reason, error.attempts)); Err(error.last) })]
async fn budgeted(
    calls: &mut u32,
    hook: Duration,
    budget: &Budget,
    report: &mut Option<(StopReason, u32)>,
) -> Result<(), Down> {
    *calls += 1;
    Err(Down(*calls))
}

#[tokio::test(start_paused = true)]
async fn no_retry_starts_after_the_limit_because_a_hook_took_time() {
    let end = Cell::new(None);
    assert_eq!(counted(&mut 0, ms(300), &end).await, Err(Down(1)));
    assert_eq!(end.get(), Some(StopReason::MaxElapsed));
    assert_eq!(followed(&mut 0, ms(300)).await, Err(Down(1)));
    // A retry that still starts in time is made: at 150 ms, and not at 300.
    assert_eq!(counted(&mut 0, ms(150), &end).await, Err(Down(2)));
    assert_eq!(followed(&mut 0, ms(150)).await, Err(Down(2)));
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_retry_that_is_not_made_is_given_back() {
    let (budget, mut report) = (Budget::new().capacity(5), None);
    assert_eq!(budgeted(&mut 0, ms(300), &budget, &mut report).await, Err(Down(1)));
    assert_eq!((budget.available(), report), (5.0, Some((StopReason::MaxElapsed, 1))));
}

#[test]
fn a_blocking_hook_of_a_closure_counts_too() {
    let (now, budget, reasons) = (Cell::new(Duration::ZERO), Budget::new().capacity(5), RefCell::new(Vec::new()));
    let calls = Cell::new(0);
    let attempt = || {
        calls.set(calls.get() + 1);
        Err::<(), _>(Down(calls.get()))
    };
    let report = SHORT
        .retry(attempt)
        .clock(|| now.get())
        .sleep(|delay| now.set(now.get() + delay))
        .budget(&budget)
        .on_retry(|_| now.set(now.get() + ms(300)))
        .on_give_up(|event| reasons.borrow_mut().push((event.reason(), event.elapsed())))
        .call_report();
    let RetryError { last, reason, attempts, elapsed, .. } = report.unwrap_err();
    assert_eq!((last, reason, attempts, elapsed), (Down(1), StopReason::MaxElapsed, 1, ms(300)));
    assert_eq!((budget.available(), reasons.into_inner()), (5.0, vec![(StopReason::MaxElapsed, ms(300))]));
}

#[retry(max_attempts = 9, delay = "0s", on_retry = async |_| sleep(hook).await)]
async fn unlimited(calls: &Cell<u32>, hook: Duration) -> Result<(), &'static str> {
    calls.set(calls.get() + 1);
    Err("down")
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_enclosing_call_is_checked_after_a_hook_too() {
    let (calls, started) = (Cell::new(0), Instant::now());
    let outer = SHORT.retry(|| unlimited(&calls, ms(300))).inner_retries(InnerRetries::Stop);
    assert_eq!((outer.await, calls.get()), (Err("down"), 1));
    assert_eq!(started.elapsed(), ms(300));
}

#[test]
fn delays_that_a_test_leaves_out_are_taken_back_with_the_retry() {
    let test = testing::no_waits();
    let now = Cell::new(Duration::ZERO);
    let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(10)).build();
    let report = policy
        .retry(|| Err::<(), _>("down"))
        .clock(|| now.get())
        .on_retry(|_| now.set(now.get() + secs(20)))
        .call_report();
    let error = report.unwrap_err();
    assert_eq!((error.reason, error.attempts, error.elapsed), (StopReason::MaxElapsed, 1, secs(20)));
    assert_eq!((test.waits(), test.reasons()), (vec![], vec![StopReason::MaxElapsed]));
}

#[retry(delay = "4999ms", jitter = none, max_elapsed = "60s", attempt_timeout = "2s", or_else = |error| { *report = Some((error.reason, error.attempts)); Err(error.last) })]
async fn quota(report: &mut Option<(StopReason, u32)>) -> io::Result<()> {
    sleep(ms(1)).await;
    Err(io::Error::other("quota exceeded"))
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_a_real_one_where_a_retry_would_have_no_time_left() {
    let mut report = None;
    assert_eq!(quota(&mut report).await.unwrap_err().to_string(), "quota exceeded");
    assert_eq!(report, Some((StopReason::MaxElapsed, 12)));
    let policy = Policy::constant(ms(4_999)).jitter(Jitter::None).max_elapsed(secs(60)).build();
    let attempt = || async {
        sleep(ms(1)).await;
        Err::<(), _>(io::Error::other("quota exceeded"))
    };
    let error = policy.retry(attempt).attempt_timeout(secs(2)).report().await.unwrap_err();
    assert_eq!((error.last.to_string().as_str(), error.attempts), ("quota exceeded", 12));
    // Without a limit on attempts the retry at the very end is in time.
    let error = policy.retry(attempt).report().await.unwrap_err();
    assert_eq!((error.last.to_string().as_str(), error.attempts), ("quota exceeded", 13));
}

#[retry(timeout = "10s", delay = "1s", jitter = none, attempt = ctx)]
async fn remaining(seen: &RefCell<Vec<Option<Duration>>>) -> io::Result<()> {
    seen.borrow_mut().push(ctx.remaining());
    sleep(secs(3)).await;
    Err(io::Error::other("down"))
}

#[retry(timeout = "60s", max_elapsed = "30s", delay = "1s", jitter = none, max_attempts = 1, attempt = ctx)]
async fn inside(seen: &RefCell<Vec<Option<Duration>>>) -> io::Result<()> {
    seen.borrow_mut().push(ctx.remaining());
    Err(io::Error::other("down"))
}

#[tokio::test(start_paused = true)]
async fn remaining_is_the_least_of_all_limits() {
    let seen = RefCell::new(Vec::new());
    assert!(remaining(&seen).await.is_err());
    assert_eq!(seen.take(), [10, 6, 2].map(|left| Some(secs(left))));
    assert!(inside(&seen).await.is_err());
    assert_eq!(seen.take(), [Some(secs(30))]);
    let outer = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(3)).build();
    let result = outer.retry(|| inside(&seen)).inner_retries(InnerRetries::Suppress).await;
    assert!(result.is_err());
    assert_eq!(seen.take(), [3, 2, 1, 0].map(|left| Some(secs(left))));
}
