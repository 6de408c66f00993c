//! `until` and `unmet` on every shape of function where they could break.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use backoff_core::{CancelToken, Fault, RetryError, StopReason, retry};
use tokio::task::yield_now;
use tokio::time::Instant;

#[derive(Debug, PartialEq)]
struct Job {
    done: bool,
    polls: u32,
}

impl Job {
    fn is_done(&self) -> bool {
        self.done
    }
}

#[derive(Debug, PartialEq)]
enum Failure {
    Down,
    Unfinished(Job),
}

/// Done at the third poll.
fn poll(polls: &Cell<u32>) -> Job {
    polls.set(polls.get() + 1);
    Job { done: polls.get() >= 3, polls: polls.get() }
}

#[retry(max_attempts = limit, delay = "0s", until = Job::is_done, unmet = last)]
fn sync(polls: &Cell<u32>, limit: u32) -> Result<Job, Failure> {
    Ok(poll(polls))
}

#[retry(max_attempts = limit, delay = "0s", until = |job| job.done, unmet = |job| Err(Failure::Unfinished(job)))]
async fn later(polls: &Cell<u32>, limit: u32) -> Result<Job, Failure> {
    yield_now().await;
    Ok(poll(polls))
}

#[retry(max_attempts = limit, delay = "0s", until = |job| job.done, unmet = Some)]
fn optional(polls: &Cell<u32>, limit: u32) -> Option<Job> {
    Some(poll(polls))
}

#[retry(max_attempts = limit, delay = "0s", until = |job| job.done && *ids == [7], unmet = last)]
fn pinned<'a>(
    polls: &'a Cell<u32>,
    ids: &'a mut Vec<u32>,
    limit: u32,
) -> Pin<Box<dyn Future<Output = Option<Job>> + 'a>> {
    Box::pin(async move {
        yield_now().await;
        ids.clear();
        ids.push(7);
        Some(poll(polls))
    })
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_not_good_enough_is_retried() {
    let polls = Cell::new(0);
    assert_eq!(sync(&polls, 5), Ok(Job { done: true, polls: 3 }));
    polls.set(0);
    assert_eq!(later(&polls, 5).await, Ok(Job { done: true, polls: 3 }));
    polls.set(0);
    assert_eq!(optional(&polls, 5), Some(Job { done: true, polls: 3 }));
    polls.set(0);
    assert_eq!(pinned(&polls, &mut Vec::new(), 5).await, Some(Job { done: true, polls: 3 }));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_unmet_condition_is_what_the_function_returns() {
    let polls = Cell::new(0);
    assert_eq!(sync(&polls, 2), Ok(Job { done: false, polls: 2 }));
    polls.set(0);
    assert_eq!(later(&polls, 2).await, Err(Failure::Unfinished(Job { done: false, polls: 2 })));
    polls.set(0);
    assert_eq!(optional(&polls, 2), Some(Job { done: false, polls: 2 }));
    polls.set(0);
    assert_eq!(pinned(&polls, &mut Vec::new(), 2).await, Some(Job { done: false, polls: 2 }));
}

fn ended(error: RetryError<Failure>) -> Result<Job, Failure> {
    match error.last {
        Failure::Down if error.reason == StopReason::MaxAttempts => Ok(Job { done: true, polls: error.attempts }),
        other => Err(other),
    }
}

struct Queue {
    polls: u32,
    log: Vec<String>,
}

impl Queue {
    #[retry(
        max_attempts = 4, delay = "0s", until = |job: &Job| job.polls > fails, unmet = last, or_else = ended,
        on_retry = |event| self.log.push(event.to_string()),
        on_give_up = |event| self.log.push(format!("{:?} {}", event.reason(), event.error().is_some())),
        on_recovered = |event| self.log.push(event.attempts().to_string())
    )]
    fn wait(&mut self, fails: u32) -> Result<Job, Failure> {
        self.polls += 1;
        if self.polls > fails { Err(Failure::Down) } else { Ok(Job { done: false, polls: self.polls }) }
    }

    #[retry(
        max_attempts = 4, delay = "0s", until = |job: &Job| job.polls > fails, unmet = last, or_else = async |error| ended(error),
        on_retry = async |event| self.log.push(event.to_string()),
        on_give_up = |event| self.log.push(format!("{:?} {}", event.reason(), event.error().is_some())),
        on_recovered = |event| self.log.push(event.attempts().to_string())
    )]
    async fn wait_later(&mut self, fails: u32) -> Result<Job, Failure> {
        yield_now().await;
        self.polls += 1;
        if self.polls > fails { Err(Failure::Down) } else { Ok(Job { done: false, polls: self.polls }) }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("down")
    }
}

#[tokio::test(start_paused = true)]
async fn errors_between_unmet_values_are_errors_and_the_last_attempt_decides_the_end() {
    let mut queue = Queue { polls: 0, log: Vec::new() };
    // Two unmet values, then errors: the call ends with an error, and `or_else` has it.
    assert_eq!(queue.wait(2), Ok(Job { done: true, polls: 4 }));
    assert_eq!(queue.log.last().map(String::as_str), Some("MaxAttempts true"));
    assert_eq!(queue.log.len(), 4);
    let log = std::mem::take(&mut queue.log);
    queue.polls = 0;
    assert_eq!(queue.wait_later(2).await, Ok(Job { done: true, polls: 4 }));
    assert_eq!(queue.log, log);
    // All values are unmet, and the last one is returned: there is no error, so `or_else` does not run.
    queue.polls = 0;
    assert_eq!(queue.wait(9), Ok(Job { done: false, polls: 4 }));
    assert_eq!(queue.log.last().map(String::as_str), Some("MaxAttempts false"));
}

#[retry(
    max_attempts = 2, delay = "0s", until = |value| *value > 9, unmet = |value| Err(format!("only {value}")),
    or_else = |error| Err(format!("{} after {} attempts: {:?}", error.last, error.attempts, error.reason))
)]
fn made(value: u32) -> Result<u32, String> {
    Ok(value)
}

#[retry(
    max_attempts = 2, delay = "0s", until = |value| *value > 9, unmet = |value| Ok(value + 1),
    or_else = async |error| Err(format!("{} after {} attempts: {:?}", error.last, error.attempts, error.reason))
)]
async fn made_later(value: u32) -> Result<u32, String> {
    yield_now().await;
    if value == 0 { Err("down".to_owned()) } else { Ok(value) }
}

#[retry(
    max_attempts = 2, delay = "0s", until = |value| *value > 9, unmet = |value| Err(format!("only {value}")),
    or_else = async |error| Ok(error.attempts)
)]
async fn replaced(value: u32) -> Result<u32, String> {
    yield_now().await;
    Ok(value)
}

#[tokio::test(start_paused = true)]
async fn the_last_resort_has_the_error_that_was_made_of_an_unmet_value() {
    assert_eq!(made(10), Ok(10));
    assert_eq!(made(1), Err("only 1 after 2 attempts: MaxAttempts".to_owned()));
    assert_eq!(replaced(10).await, Ok(10));
    assert_eq!(replaced(1).await, Ok(2));
    // `unmet` made a value, so there is no error.
    assert_eq!(made_later(1).await, Ok(2));
    assert_eq!(made_later(0).await, Err("down after 2 attempts: MaxAttempts".to_owned()));
}

/// Returns answers that end the call with the third poll at the latest.
fn answer(job: &Job, answers: &[Fault]) -> Result<(), Fault> {
    let poll = usize::try_from(job.polls).expect("few polls");
    answers.get(poll - 1).map_or(Ok(()), |fault| Err(*fault))
}

#[retry(max_attempts = 5, delay = "0s", until = |job| answer(job, answers), unmet = last, on_retry = |event| delays.push(event.delay()))]
fn answered(polls: &Cell<u32>, answers: &[Fault], delays: &mut Vec<Duration>) -> Option<Job> {
    Some(poll(polls))
}

#[retry(max_attempts = 5, delay = "0s", until = |job| answer(job, answers), unmet = |job| Err(Failure::Unfinished(job)))]
async fn answered_later(polls: &Cell<u32>, answers: &[Fault]) -> Result<Job, Failure> {
    yield_now().await;
    Ok(poll(polls))
}

#[retry(
    max_attempts = 5, delay = "0s", cancel = stop.cancelled(), idempotent,
    until = |job| answer(job, answers), unmet = |job| Err(Failure::Unfinished(job))
)]
async fn answered_or_cancelled(polls: &Cell<u32>, answers: &[Fault], stop: &CancelToken) -> Result<Job, Failure> {
    yield_now().await;
    Ok(poll(polls))
}

const WAIT: Duration = Duration::from_secs(2);

#[test]
fn until_returns_the_fault_in_a_synchronous_function() {
    let _time = backoff_core::testing::virtual_time();
    let (polls, mut delays) = (Cell::new(0), Vec::new());
    let job = answered(&polls, &[Fault::PushBack(WAIT), Fault::Transient], &mut delays);
    assert_eq!((job, delays), (Some(Job { done: true, polls: 3 }), vec![WAIT, Duration::ZERO]));
    let (polls, mut delays) = (Cell::new(0), Vec::new());
    assert_eq!(answered(&polls, &[Fault::Permanent], &mut delays), Some(Job { done: false, polls: 1 }));
    assert_eq!(delays, []);
    assert_eq!(answered(&Cell::new(0), &[Fault::Ambiguous], &mut delays), Some(Job { done: false, polls: 1 }));
}

#[tokio::test(start_paused = true)]
async fn until_returns_the_fault_in_an_async_function() {
    let (start, stop) = (Instant::now(), CancelToken::new());
    let unfinished = |polls| Err(Failure::Unfinished(Job { done: false, polls }));
    let pushed_back = [Fault::PushBack(WAIT), Fault::Permanent];
    assert_eq!(answered_later(&Cell::new(0), &pushed_back).await, unfinished(2));
    assert_eq!(start.elapsed(), WAIT);
    assert_eq!(answered_or_cancelled(&Cell::new(0), &pushed_back, &stop).await, unfinished(2));
    assert_eq!(start.elapsed(), WAIT * 2);
    // `idempotent`: an ambiguous answer is retried, too, after its wait.
    let ambiguous = [Fault::AmbiguousPushBack(WAIT)];
    assert_eq!(answered_later(&Cell::new(0), &ambiguous).await, unfinished(1));
    let second = Ok(Job { done: false, polls: 2 });
    assert_eq!(answered_or_cancelled(&Cell::new(0), &ambiguous, &stop).await, second);
    assert_eq!(start.elapsed(), WAIT * 3);
    stop.cancel();
    assert_eq!(answered_or_cancelled(&Cell::new(0), &pushed_back, &stop).await, unfinished(1));
    assert_eq!(answered_or_cancelled(&Cell::new(0), &[], &stop).await, Ok(Job { done: false, polls: 1 }));
}
