//! The names of `once(..)` in the other arguments: they are evaluated once, before everything else.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backoff_core::{Budget, CancelToken, Fault, Jitter, Policy, StopReason, retry};
use support::{all_ms, ms, paused};

/// Counts the evaluations of the value of a name.
fn made<T>(count: &Cell<u32>, value: T) -> T {
    count.set(count.get() + 1);
    value
}

type Log = RefCell<Vec<Duration>>;

fn noted(log: &Log, delay: Duration) {
    log.borrow_mut().push(delay);
}

#[retry(max_attempts = *limit, initial_delay = *first, max_delay = *first * 3, multiplier = *growth, jitter = *jitter, max_elapsed = *first * 1000, seed = *seed,
    sleep = |delay| noted(log, delay),
    once(limit = made(count, 5), first = ms(10), growth = 2.0, jitter = Jitter::None, seed = 7))]
fn policy_values(count: &Cell<u32>, log: &Log) -> Result<(), u32> {
    Err(*limit)
}

#[test]
fn values_of_the_policy_use_the_names() {
    let (count, log) = (Cell::new(0), Log::default());
    assert_eq!(policy_values(&count, &log), Err(5));
    assert_eq!((count.get(), log.take()), (1, all_ms([10, 20, 30, 30])));
}

#[retry(max_retries = *retries, backoff = |retry: u32| Some(*step * retry), jitter = none, sleep = |delay| noted(log, delay), once(step = made(count, ms(7)), retries = 2))]
fn custom_backoff(count: &Cell<u32>, log: &Log) -> Result<(), &'static str> {
    Err("down")
}

#[retry(policy = policy, sleep = |delay| noted(log, delay), once(policy = made(count, Policy::constant(ms(3)).jitter(Jitter::None).max_attempts(2).build())))]
fn whole_policy(count: &Cell<u32>, log: &Log) -> Result<(), &'static str> {
    Err("down")
}

#[retry(policy = policy, max_attempts = *limit, sleep = |delay| noted(log, delay), once(limit = 3, policy = made(count, Policy::constant(ms(3)).jitter(Jitter::None).max_attempts(2).build())))]
fn edited_policy(count: &Cell<u32>, log: &Log) -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_backoff_and_a_policy_may_be_a_name_or_use_one() {
    let (count, log) = (Cell::new(0), Log::default());
    assert!(custom_backoff(&count, &log).is_err());
    assert_eq!((count.replace(0), log.take()), (1, all_ms([7, 14])));
    assert!(whole_policy(&count, &log).is_err());
    assert_eq!((count.replace(0), log.take()), (1, all_ms([3])));
    assert!(edited_policy(&count, &log).is_err());
    assert_eq!((count.replace(0), log.take()), (1, all_ms([3, 3])));
}

#[retry(delay = "0s", max_attempts = 9, when = |error: &u32| if error == last { Fault::Permanent } else { Fault::Transient }, once(last = made(count, 4)))]
fn classified(count: &Cell<u32>, calls: &mut u32) -> Result<(), u32> {
    *calls += 1;
    Err(*calls)
}

#[retry(delay = "0s", max_attempts = 9, until = |value: &u32| value >= wanted, unmet = |value| Err(value - *wanted), once(wanted = made(count, 3)))]
fn polled(count: &Cell<u32>, calls: &mut u32) -> Result<u32, u32> {
    *calls += 1;
    Ok(*calls)
}

#[test]
fn when_until_and_unmet_use_the_names() {
    let count = Cell::new(0);
    assert_eq!(classified(&count, &mut 0), Err(4));
    assert_eq!((polled(&count, &mut 0), polled(&count, &mut 10)), (Ok(3), Ok(11)));
    assert_eq!(count.get(), 3);
}

#[retry(delay = "0s", max_attempts = 3, once(key = made(count, "k1".to_owned())), before_retry = log.push(format!("before {key}")),
    on_retry = |_| log.push(format!("retry {key}")), on_give_up = |_| log.push(format!("give up {key}")),
    on_recovered = |_| log.push(format!("recovered {key}")), or_else = |error| Err(format!("{} {key}", error.last)))]
fn hooked(count: &Cell<u32>, log: &mut Vec<String>, failures: &mut u32) -> Result<(), String> {
    *failures = failures.saturating_sub(1);
    if *failures > 0 { Err("down".to_owned()) } else { Ok(()) }
}

#[test]
fn hooks_and_the_last_resort_use_the_names() {
    let (count, mut log) = (Cell::new(0), Vec::new());
    assert_eq!(hooked(&count, &mut log, &mut 9), Err("down k1".to_owned()));
    assert_eq!(log, ["retry k1", "before k1", "retry k1", "before k1", "give up k1"]);
    log.clear();
    assert_eq!(hooked(&count, &mut log, &mut 2), Ok(()));
    assert_eq!((log, count.get()), (["retry k1", "before k1", "recovered k1"].map(str::to_owned).to_vec(), 2));
}

static REASON: AtomicU32 = AtomicU32::new(0);

fn note(reason: StopReason) {
    REASON.store(reason as u32, Ordering::Relaxed);
}

#[retry(delay = "0s", max_attempts = 9, budget = budget, on_give_up = |event| note(event.reason()), once(budget = Budget::new().capacity(2)))]
fn budgeted(calls: &mut u32) -> Result<(), u32> {
    *calls += 1;
    Err(*calls)
}

#[retry(delay = "0s", max_attempts = 9, cancel = token, on_give_up = |event| note(event.reason()), once(token = CancelToken::new()))]
fn cancelled(calls: &mut u32) -> Result<(), u32> {
    *calls += 1;
    if *calls == 2 {
        token.cancel();
    }
    Err(*calls)
}

#[retry(delay = "0s", max_attempts = 9, cancel = token.cancelled(), once(token = CancelToken::new()))]
async fn cancelled_later(calls: &mut u32) -> Result<(), u32> {
    *calls += 1;
    if *calls == 2 {
        token.cancel();
    }
    Err(*calls)
}

#[test]
fn a_budget_and_a_token_may_be_names() {
    assert_eq!(budgeted(&mut 0), Err(3));
    assert_eq!(REASON.load(Ordering::Relaxed), StopReason::BudgetEmpty as u32);
    assert_eq!(cancelled(&mut 0), Err(2));
    assert_eq!(REASON.load(Ordering::Relaxed), StopReason::Cancelled as u32);
    assert_eq!(paused(cancelled_later(&mut 0)), Err(2));
}

#[retry(delay = "0s", max_attempts = *attempts, attempt_timeout = *limit, timeout = *limit * 100, on_timeout = |timeout| format!("{key}: {timeout}"), once(limit = ms(5), attempts = 2, key = made(count, "k2")))]
async fn limited(count: &Cell<u32>) -> Result<(), String> {
    std::future::pending().await
}

#[test]
fn timeouts_and_their_error_use_the_names() {
    let count = Cell::new(0);
    assert_eq!(paused(limited(&count)), Err("k2: no answer within 5ms".to_owned()));
    assert_eq!(count.get(), 1);
}

/// `once` borrows the receiver uniquely, and the policy is read from the receiver afterwards.
struct Client {
    next: u32,
    policy: Policy,
}

impl Client {
    fn key(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    #[retry(policy = self.policy, once(key = self.key()))]
    fn send(&mut self) -> Result<(), u32> {
        Err(*key)
    }
}

#[test]
fn a_name_is_made_before_the_policy_is_read() {
    let mut client = Client { next: 6, policy: Policy::constant(Duration::ZERO).max_attempts(2).build() };
    assert_eq!((client.send(), client.next), (Err(7), 7));
}
