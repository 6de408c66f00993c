//! Values of the attribute that are not literals: constants, run-time values, whole policies, sleepers and seeds.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::{Cell, RefCell};
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use backoff_core::{Backoff, Jitter, Policy, retry};
use tokio::task::yield_now;

const MS: Duration = Duration::from_millis(1);

thread_local! {
    static SLEPT: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
}

/// A blocking sleeper that only records.
fn note(delay: Duration) {
    SLEPT.with_borrow_mut(|slept| slept.push(delay));
}

/// An async sleeper that only records.
fn note_later(delay: Duration) -> Ready<()> {
    note(delay);
    ready(())
}

fn slept() -> Vec<Duration> {
    SLEPT.take()
}

const PLAIN: Policy = Policy::exponential().initial_delay(MS).jitter(Jitter::None).max_attempts(3).build();
static SHARED: Policy = PLAIN;

#[retry(policy = PLAIN, sleep = note)]
fn of_a_constant() -> Result<(), ()> {
    Err(())
}

#[retry(policy = SHARED, sleep = note)]
fn of_a_static() -> Result<(), ()> {
    Err(())
}

#[retry(policy = &SHARED, sleep = note_later)]
async fn of_a_reference() -> Result<(), ()> {
    yield_now().await;
    Err(())
}

#[retry(policy = policy, sleep = note)]
fn of_an_argument(policy: &Policy) -> Result<(), ()> {
    Err(())
}

#[retry(policy = policy, sleep = note_later)]
async fn of_a_shared_argument(policy: &Arc<Policy>) -> Result<(), ()> {
    yield_now().await;
    Err(())
}

#[retry(policy = policy, sleep = note_later)]
async fn of_a_generic_argument<B: Backoff>(policy: Policy<B>) -> Result<(), ()> {
    yield_now().await;
    Err(())
}

#[retry(policy = PLAIN, max_attempts = 2, max_delay = "10ms", sleep = note)]
fn overridden() -> Result<(), ()> {
    Err(())
}

#[retry(policy = *policy, max_attempts = limit, sleep = note_later)]
async fn overridden_later(policy: &Policy, limit: u32) -> Result<(), ()> {
    Err(())
}

#[retry(policy = const { PLAIN }, forever, when = |()| calls.get() < 7, sleep = note)]
fn unlimited(calls: &Cell<u32>) -> Result<(), ()> {
    calls.set(calls.get() + 1);
    Err(())
}

#[tokio::test(start_paused = true)]
async fn a_policy_comes_from_wherever_one_can_be() {
    let twice = [MS, MS * 2];
    assert!(of_a_constant().is_err());
    assert_eq!(slept(), twice);
    assert!(of_a_static().is_err());
    assert_eq!(slept(), twice);
    assert!(of_a_reference().await.is_err());
    assert_eq!(slept(), twice);
    assert!(of_an_argument(&PLAIN).is_err());
    assert_eq!(slept(), twice);
    assert!(of_a_shared_argument(&Arc::new(PLAIN)).await.is_err());
    assert_eq!(slept(), twice);
    let custom = Policy::with_backoff(|retry: u32| (retry < 3).then_some(MS * retry * 5)).forever().build();
    assert!(of_a_generic_argument(custom).await.is_err());
    assert_eq!(slept(), [MS * 5, MS * 10]);
}

#[tokio::test(start_paused = true)]
async fn other_arguments_override_a_policy() {
    assert!(overridden().is_err());
    assert_eq!(slept(), [MS]);
    assert!(overridden_later(&PLAIN, 4).await.is_err());
    assert_eq!(slept(), [MS, MS * 2, MS * 4]);
    assert!(unlimited(&Cell::new(0)).is_err());
    assert_eq!(slept().len(), 6);
}

struct Service {
    policy: Policy,
    limit: u32,
    delay: Duration,
    elapsed: Duration,
    calls: u32,
}

const SERVICE: Service = Service { policy: PLAIN, limit: 4, delay: MS, elapsed: Duration::from_secs(9), calls: 0 };

impl Service {
    const ATTEMPTS: u32 = 2;

    #[retry(policy = self.policy, sleep = note)]
    fn of_a_field(&self) -> Result<(), ()> {
        Err(())
    }

    #[retry(policy = self.policy.edit().max_attempts(Self::ATTEMPTS).build(), sleep = note_later)]
    async fn of_an_expression(&mut self) -> Result<(), ()> {
        self.calls += 1;
        Err(())
    }

    #[retry(max_attempts = self.limit, initial_delay = self.delay, jitter = none, max_elapsed = self.elapsed, sleep = note)]
    fn of_values(&mut self) -> Result<(), ()> {
        // Read once, at entry.
        self.limit = 100;
        self.calls += 1;
        Err(())
    }

    #[retry(max_attempts = Self::ATTEMPTS, delay = self.delay * 2, jitter = Jitter::None, sleep = note_later)]
    async fn of_values_later(&mut self) -> Result<(), ()> {
        self.calls += 1;
        Err(())
    }
}

#[tokio::test(start_paused = true)]
async fn values_are_read_once_from_the_arguments() {
    let mut service = SERVICE;
    assert!(service.of_a_field().is_err());
    assert_eq!(slept(), [MS, MS * 2]);
    assert!(service.of_an_expression().await.is_err());
    assert_eq!((slept(), service.calls), (vec![MS], 1 + 1));
    service.calls = 0;
    assert!(service.of_values().is_err());
    assert_eq!((slept(), service.calls), (vec![MS, MS * 2, MS * 4], 4));
    assert!(service.of_values_later().await.is_err());
    assert_eq!(slept(), [MS * 2]);
}

#[retry(max_attempts = attempts, initial_delay = first, multiplier = multiplier, max_delay = cap, jitter = factor, sleep = note)]
fn with_any_values(attempts: u32, first: Duration, multiplier: f64, cap: Duration, factor: Jitter) -> Result<(), ()> {
    Err(())
}

#[retry(delay = delay, jitter = jitter, max_elapsed = limit, max_attempts = 3, sleep = note)]
fn with_any_constant_delay(delay: Duration, jitter: Jitter, limit: Duration) -> Result<(), ()> {
    Err(())
}

#[test]
fn a_run_time_value_is_moved_to_the_nearest_allowed_one() {
    assert!(with_any_values(0, MS, 2.0, MS, Jitter::None).is_err());
    assert_eq!(slept(), []);
    assert!(with_any_values(3, MS, 0.5, MS * 9, Jitter::None).is_err());
    assert_eq!(slept(), [MS, MS]);
    assert!(with_any_values(3, MS * 9, f64::NAN, MS, Jitter::Factor(-1.0)).is_err());
    assert_eq!(slept().len(), 2);
    assert!(with_any_values(3, Duration::ZERO, 1.0, MS, Jitter::None).is_err());
    assert_eq!(slept(), [Duration::from_nanos(1); 2]);
    assert!(with_any_values(3, MS, f64::INFINITY, MS * 5, Jitter::None).is_err());
    assert_eq!(slept(), [MS, MS * 5]);
    assert!(with_any_values(2, MS, 1.0, MS, Jitter::Factor(7.0)).is_err());
    assert!(slept().iter().all(|delay| *delay <= MS));
    assert!(with_any_constant_delay(Duration::ZERO, Jitter::Full, Duration::from_secs(60)).is_err());
    assert_eq!(slept(), []);
}

/// Delays of 7, 6, 5, .. ms.
#[derive(Clone, Copy)]
struct Countdown(u32);

impl Backoff for Countdown {
    type State = u32;

    fn start(&self) -> u32 {
        self.0
    }

    fn next(&self, state: &mut u32) -> Option<Duration> {
        let delay = (*state > 0).then(|| MS * *state);
        *state = state.saturating_sub(1);
        delay
    }
}

const COUNTDOWN: Countdown = Countdown(2);

#[retry(backoff = COUNTDOWN, forever, sleep = note)]
fn of_a_backoff_of_its_own() -> Result<(), ()> {
    Err(())
}

#[retry(backoff = Countdown(from), max_attempts = 4, sleep = note_later)]
async fn of_a_backoff_from_arguments(from: u32) -> Result<(), ()> {
    yield_now().await;
    Err(())
}

#[retry(backoff = |retry: u32| (retry < limit).then_some(MS * retry), forever, sleep = note)]
fn of_a_closure(limit: u32) -> Result<(), ()> {
    Err(())
}

fn thrice(retry: u32) -> Option<Duration> {
    (retry <= 3).then_some(MS * retry)
}

#[retry(backoff = thrice, forever, sleep = note)]
fn of_a_function() -> Result<(), ()> {
    Err(())
}

#[derive(Clone, Copy)]
struct Steady;

impl Backoff for Steady {
    type State = ();

    fn start(&self) {}

    fn next(&self, (): &mut ()) -> Option<Duration> {
        Some(MS)
    }
}

#[retry(backoff = Steady, max_attempts = 3, sleep = note)]
fn of_a_unit_struct() -> Result<(), ()> {
    Err(())
}

#[retry(backoff = linear, initial_delay = "1ms", increment = "4ms", jitter = none, max_attempts = 4, sleep = note)]
fn linear() -> Result<(), ()> {
    Err(())
}

#[retry(backoff = fibonacci, initial_delay = "1ms", jitter = none, max_attempts = 6, sleep = note)]
fn fibonacci() -> Result<(), ()> {
    Err(())
}

#[tokio::test(start_paused = true)]
async fn every_backoff_can_be_named() {
    assert!(of_a_backoff_of_its_own().is_err());
    assert_eq!(slept(), [MS * 2, MS]);
    assert!(of_a_backoff_from_arguments(7).await.is_err());
    assert_eq!(slept(), [MS * 7, MS * 6, MS * 5]);
    assert!(of_a_closure(3).is_err());
    assert_eq!(slept(), [MS, MS * 2]);
    assert!(of_a_function().is_err());
    assert_eq!(slept(), [MS, MS * 2, MS * 3]);
    assert!(of_a_unit_struct().is_err());
    assert_eq!(slept(), [MS, MS]);
    assert!(linear().is_err());
    assert_eq!(slept(), [MS, MS * 5, MS * 9]);
    assert!(fibonacci().is_err());
    assert_eq!(slept(), [MS, MS, MS * 2, MS * 3, MS * 5]);
}

#[retry(max_attempts = 6, initial_delay = "1s", seed = seed, sleep = note)]
fn seeded(seed: u64) -> Result<(), ()> {
    Err(())
}

#[retry(max_attempts = 6, initial_delay = "1s", seed = 42, sleep = note_later)]
async fn seeded_later() -> Result<(), ()> {
    Err(())
}

#[tokio::test]
async fn a_seed_replays_the_delays() {
    assert!(seeded(42).is_err());
    let first = slept();
    assert!(seeded(42).is_err());
    assert_eq!(slept(), first);
    assert!(seeded_later().await.is_err());
    assert_eq!(slept(), first);
    assert!(seeded(43).is_err());
    assert_ne!(slept(), first);
}

#[retry(delay = "7ms", jitter = none, sleep = |delay| sleeper(delay))]
fn with_a_closure(sleeper: impl Fn(Duration)) -> Result<(), ()> {
    Err(())
}

#[retry(delay = "7ms", jitter = none, sleep = |delay| { note(delay); tokio::time::sleep(delay * factor) })]
async fn with_a_closure_later(factor: u32) -> Result<(), ()> {
    Err(())
}

#[tokio::test(start_paused = true)]
async fn a_sleeper_may_be_a_closure_over_the_arguments() {
    assert!(with_a_closure(note).is_err());
    assert_eq!(slept(), [MS * 7, MS * 7]);
    let start = tokio::time::Instant::now();
    assert!(with_a_closure_later(10).await.is_err());
    assert_eq!(start.elapsed(), MS * 140);
    assert_eq!(slept(), [MS * 7, MS * 7]);
}
