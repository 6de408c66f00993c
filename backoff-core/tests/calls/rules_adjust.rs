//! `adjust` changes a planned delay before the limits are checked, or ends the call.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use backoff_core::{
    Budget, Fault, InnerRetries, Jitter, List, Policy, PolicyBuilder, RetryEvent, StopReason, retry, testing,
};
use proptest::prelude::*;
use support::{all_ms, ms, ns, secs};

const PLAIN: PolicyBuilder = Policy::linear().jitter(Jitter::None).max_attempts(9);

/// Runs a call that always fails, with faults in turn. Returns its delays, its attempts and its reason.
fn run(
    policy: &Policy,
    faults: &[Fault],
    adjust: impl FnMut(&RetryEvent<'_, u32>) -> Option<Duration>,
) -> (Vec<Duration>, u32, StopReason) {
    let (mut attempt, mut delays) = (0, Vec::new());
    let report = policy
        .retry(|| {
            attempt += 1;
            Err::<(), u32>(attempt)
        })
        .when(|attempt| faults.get(*attempt as usize - 1).copied().unwrap_or(Fault::Transient))
        .adjust(adjust)
        .sleep(|_| ())
        .on_retry(|event| delays.push(event.delay()))
        .call_report();
    let error = report.expect_err("every attempt fails");
    (delays, error.attempts, error.reason)
}

#[test]
fn the_delay_is_what_the_closure_returns() {
    let policy = PLAIN.max_attempts(4).build();
    let doubled = run(&policy, &[], |event| Some(event.delay() * 2));
    assert_eq!(doubled, (all_ms([200, 400, 600]), 4, StopReason::MaxAttempts));
    let same = run(&policy, &[], |event| Some(event.delay()));
    assert_eq!(same.0, all_ms([100, 200, 300]), "the planned delay comes from the policy alone");
}

#[test]
fn a_returned_zero_is_a_zero_delay() {
    let first_at_once = |event: &RetryEvent<'_, u32>| Some(if event.attempt() == 1 { secs(0) } else { event.delay() });
    assert_eq!(run(&PLAIN.max_attempts(3).build(), &[], first_at_once).0, all_ms([0, 200]));
}

#[test]
fn none_ends_the_call_as_a_backoff_that_has_ended() {
    let ends = run(&PLAIN.build(), &[], |event| (event.attempt() < 3).then(|| event.delay()));
    assert_eq!(ends, (all_ms([100, 200]), 3, StopReason::BackoffEnded));
}

#[test]
fn max_delay_does_not_limit_an_adjusted_delay() {
    let policy = PLAIN.max_delay(ms(100)).max_attempts(2).build();
    assert_eq!(run(&policy, &[], |_| Some(secs(9))).0, [secs(9)]);
}

#[test]
fn the_event_has_the_facts_of_the_failure() {
    let policy = PLAIN.max_attempts(3).idempotent().build();
    let time = Cell::new(Duration::ZERO);
    let seen = RefCell::new(Vec::new());
    let _ = policy
        .retry(|| {
            time.set(time.get() + ms(30));
            Err::<(), _>("down")
        })
        .when(|_| Fault::AmbiguousPushBack(secs(2)))
        .adjust(|event| {
            seen.borrow_mut().push((event.attempt(), event.max_attempts(), event.error().copied(), event.delay()));
            assert_eq!(event.fault(), Some(Fault::AmbiguousPushBack(secs(2))));
            assert_eq!((event.push_back(), event.attempt_elapsed()), (Some(secs(2)), Some(ms(30))));
            assert_eq!(event.elapsed(), time.get());
            ms(10)
        })
        .clock(|| time.get())
        .sleep(|delay| time.set(time.get() + delay))
        .call();
    assert_eq!(*seen.borrow(), [(1, Some(3), Some("down"), ms(2_100)), (2, Some(3), Some("down"), ms(2_200))]);
}

#[test]
fn it_runs_only_if_no_check_before_the_delay_stops_the_call() {
    let stops = |policy: &Policy, fault| {
        let mut runs = 0;
        let (_, _, reason) = run(policy, &[fault], |_| {
            runs += 1;
            None
        });
        (runs, reason)
    };
    let plain = PLAIN.build();
    assert_eq!(stops(&plain, Fault::Permanent), (0, StopReason::Permanent));
    assert_eq!(stops(&plain, Fault::Ambiguous), (0, StopReason::Ambiguous));
    assert_eq!(stops(&PLAIN.max_attempts(1).build(), Fault::Transient), (0, StopReason::MaxAttempts));
    assert_eq!(stops(&plain, Fault::PushBack(secs(61))), (0, StopReason::PushBackTooLong));
    assert_eq!(stops(&plain, Fault::PushBack(secs(60))), (1, StopReason::BackoffEnded));
    let _disabled = testing::disabled();
    assert_eq!(stops(&plain, Fault::Transient), (0, StopReason::Disabled));
}

#[test]
fn a_backoff_that_has_ended_is_not_adjusted() {
    let policy = Policy::with_backoff(List::new([ms(1)])).build();
    let mut runs = 0;
    let report = policy
        .retry(|| Err::<(), _>(()))
        .adjust(|event| {
            runs += 1;
            event.delay()
        })
        .sleep(|_| ())
        .call_report();
    assert_eq!((runs, report.unwrap_err().reason), (1, StopReason::BackoffEnded));
}

#[test]
fn max_elapsed_is_checked_with_the_returned_delay() {
    let policy = Policy::constant(secs(9)).jitter(Jitter::None).max_elapsed(secs(10)).max_attempts(2).build();
    assert_eq!(run(&policy, &[], |_| Some(secs(10) + ns(1))).2, StopReason::MaxElapsed);
    let time = Cell::new(Duration::ZERO);
    let call = policy.retry(|| Err::<(), _>(())).clock(|| time.get()).sleep(|_| ());
    assert_eq!(call.adjust(|_| secs(10)).call_report().unwrap_err().attempts, 2, "exactly at the limit");
    let late = policy.retry(|| Err::<(), _>(())).clock(|| time.get()).sleep(|_| ()).adjust(|_| {
        time.set(secs(10)); // the closure itself takes the time
        secs(0)
    });
    let error = late.call_report().unwrap_err();
    assert_eq!((error.attempts, error.reason), (1, StopReason::MaxElapsed));
}

#[test]
fn a_longer_planned_delay_than_the_limit_can_be_shortened() {
    let time = Cell::new(Duration::ZERO);
    let policy = PLAIN.max_elapsed(secs(1)).build();
    let call = policy.retry(|| Err::<(), _>(())).when(|()| Fault::PushBack(secs(30))).clock(|| time.get());
    let mut tries = 0;
    let report = call
        .adjust(|_| {
            tries += 1;
            ms(400)
        })
        .sleep(|delay| time.set(time.get() + delay))
        .call_report();
    let error = report.unwrap_err();
    assert_eq!((tries, error.attempts, error.reason), (3, 3, StopReason::MaxElapsed));
}

#[test]
fn a_call_that_ends_by_the_closure_keeps_its_tokens() {
    let budget = Budget::new().capacity(5);
    let policy = PLAIN.build();
    let report = policy.retry(|| Err::<(), _>(())).budget(&budget).adjust(|_| None).call_report();
    assert_eq!(report.unwrap_err().reason, StopReason::BackoffEnded);
    assert!((budget.available() - 5.0).abs() < 1e-9);
}

#[test]
fn an_enclosing_call_limits_the_returned_delay() {
    let outer = Policy::constant(secs(0)).max_elapsed(secs(5)).max_attempts(1).build();
    let inner = PLAIN.build();
    let mut reason = None;
    let _ = outer
        .retry(|| {
            let report = inner.retry(|| Err::<(), _>(())).adjust(|_| secs(6)).sleep(|_| ()).call_report();
            reason = report.as_ref().err().map(|error| error.reason);
            report
        })
        .inner_retries(InnerRetries::Stop)
        .call();
    assert_eq!(reason, Some(StopReason::MaxElapsed));
}

#[test]
fn several_closures_run_in_turn_each_with_the_delay_of_the_last() {
    let policy = PLAIN.max_attempts(2).build();
    let mut delays = Vec::new();
    let _ = policy
        .retry(|| Err::<(), _>(()))
        .adjust(|event| event.delay() * 2)
        .on_retry(|event| delays.push(event.delay()))
        .adjust(|event| event.delay() + ms(1))
        .sleep(|_| ())
        .call();
    assert_eq!(delays, all_ms([201]));
}

#[test]
fn a_closure_may_retry_something_itself() {
    let policy = PLAIN.max_attempts(2).build();
    let lookup = PLAIN.max_attempts(3).build();
    let report = policy
        .retry(|| Err::<(), _>(()))
        .adjust(|_| {
            let found = lookup.retry(|| Err::<(), _>(())).sleep(|_| ()).call_report();
            ms(found.unwrap_err().attempts.into())
        })
        .sleep(|_| ())
        .call_report();
    let error = report.unwrap_err();
    assert_eq!((error.attempts, error.slept), (2, ms(3)));
}

#[test]
fn decorrelated_jitter_does_not_grow_from_an_adjusted_delay() {
    let policy = Policy::exponential().jitter(Jitter::Decorrelated).max_attempts(4).build();
    let planned = RefCell::new(Vec::new());
    let _ = policy
        .retry(|| Err::<(), _>(()))
        .adjust(|event| {
            planned.borrow_mut().push(event.delay());
            secs(10)
        })
        .random(|| u64::MAX)
        .sleep(|_| ())
        .call();
    assert!(planned.borrow()[1] <= ms(900), "{planned:?}");
}

struct Client {
    patience: Duration,
}

impl Client {
    #[retry(max_attempts = 4, delay = "1s", jitter = none, adjust = |event| {
        seen.push((event.attempt(), event.delay(), event.push_back(), event.to_string()));
        self.patience
    }, when = |error| if *error == "pushed" { Fault::PushBack(ms(5)) } else { Fault::Transient })]
    fn load(&self, seen: &mut Vec<(u32, Duration, Option<Duration>, String)>) -> Result<(), &'static str> {
        Err("pushed")
    }

    #[retry(max_attempts = 4, delay = "1s", jitter = none, adjust = |event| (event.attempt() < limit).then_some(self.patience))]
    async fn load_async(&self, limit: u32, calls: &mut u32) -> Result<(), u32> {
        *calls += 1;
        Err(*calls)
    }
}

#[test]
fn the_closure_of_an_annotated_function_sees_the_arguments() {
    let test = testing::no_waits();
    let mut seen = Vec::new();
    assert_eq!(Client { patience: ms(7) }.load(&mut seen), Err("pushed"));
    assert_eq!(test.waits(), all_ms([7, 7, 7]));
    let line = "attempt 1 of 4 failed: pushed; next in 1.0 s".to_owned();
    assert_eq!((seen.len(), seen[0].clone()), (3, (1, ms(1_005), Some(ms(5)), line)));
}

#[tokio::test(start_paused = true)]
async fn an_async_function_waits_for_the_returned_delay() {
    let (start, mut calls) = (tokio::time::Instant::now(), 0);
    assert_eq!(Client { patience: ms(70) }.load_async(3, &mut calls).await, Err(3));
    assert_eq!((start.elapsed(), calls), (ms(140), 3));
}

#[tokio::test(start_paused = true)]
async fn an_async_call_waits_for_the_returned_delay() {
    let start = tokio::time::Instant::now();
    let policy = PLAIN.max_attempts(3).build();
    let report = policy.retry(|| async { Err::<(), _>(()) }).adjust(|event| event.delay() * 3).report().await;
    assert_eq!((report.unwrap_err().slept, start.elapsed()), (ms(900), ms(900)));
}

fn path(event: &RetryEvent<'_, u8>) -> Option<Duration> {
    event.error().map(|error| ms((*error).into()))
}

#[retry(max_attempts = 2, adjust = path)]
fn by_path() -> Result<(), u8> {
    Err(3)
}

#[test]
fn a_function_serves_as_well_as_a_closure() {
    let test = testing::no_waits();
    assert_eq!((by_path(), test.waits()), (Err(3), all_ms([3])));
}

/// The limits of a random call, and the results of `adjust` for its failures.
type Adjusted = (Option<u32>, Option<u64>, u32, Vec<(u64, Option<u64>)>);

fn adjusted() -> impl Strategy<Value = Adjusted> {
    let delays = prop_oneof![(0..50_u64).prop_map(Some), Just(Some(u64::MAX / 1_000)), Just(None)];
    let steps = proptest::collection::vec((0..30_u64, delays), 1..12);
    (proptest::option::of(1..6_u32), proptest::option::of(1..150_u64), 0..6_u32, steps)
}

/// Checks that a call with these starts of attempts and this reason keeps all limits.
fn keeps_limits(case: &Adjusted, starts: &[u64], attempts: u32, tokens: f64) {
    let (most, limit, budget, _) = case;
    assert!(most.is_none_or(|most| attempts <= most), "{attempts} attempts");
    assert!(limit.is_none_or(|limit| starts.iter().skip(1).all(|start| *start <= limit)), "{starts:?}");
    assert!(attempts - 1 <= *budget, "{attempts} attempts");
    assert!((tokens - f64::from(*budget - (attempts - 1))).abs() < 1e-9, "{tokens} tokens");
}

fn budget_of(tokens: u32) -> Budget {
    let budget = Budget::new().capacity(tokens.max(1));
    if tokens == 0 {
        assert!(budget.withdraw());
    }
    budget
}

struct World {
    now: Cell<u64>,
    starts: RefCell<Vec<u64>>,
    steps: Vec<(u64, Option<u64>)>,
    budget: Budget,
}

impl World {
    fn attempt(&self) -> Result<(), (usize, Option<u64>)> {
        let attempt = self.starts.borrow().len();
        self.starts.borrow_mut().push(self.now.get());
        let (runs, adjust) = self.steps.get(attempt).copied().unwrap_or((0, None));
        self.now.set(self.now.get() + runs);
        Err((attempt, adjust))
    }
}

#[retry(
    policy = policy, budget = world.budget, or_else = |error| { attempts.set(error.attempts); Err(error.last) },
    adjust = |event| event.error().and_then(|(_, delay)| delay.map(ms))
)]
fn annotated(policy: &Policy, world: &World, attempts: &Cell<u32>) -> Result<(), (usize, Option<u64>)> {
    let before = world.now.get();
    let result = world.attempt();
    testing::advance(ms(world.now.get() - before));
    result
}

proptest! {
    #[test]
    fn no_limit_is_broken_whatever_the_closure_returns(case in adjusted()) {
        let (most, limit, tokens, steps) = case.clone();
        let builder = Policy::constant(ms(20)).jitter(Jitter::None);
        let builder = most.map_or(builder, |most| builder.max_attempts(most));
        let builder = limit.map_or(builder, |limit| builder.max_elapsed(ms(limit)));
        let Ok(policy) = builder.try_build() else { return Ok(()) };
        let most = policy.max_attempts();
        let case = (most, limit, tokens, steps.clone());
        let world = || World {
            now: Cell::new(0),
            starts: RefCell::default(),
            steps: steps.clone(),
            budget: budget_of(tokens),
        };

        let by_hand = world();
        let error = policy
            .retry(|| by_hand.attempt())
            .adjust(|event| event.error().and_then(|(_, delay)| delay.map(ms)))
            .budget(&by_hand.budget)
            .clock(|| ms(by_hand.now.get()))
            .sleep(|delay| by_hand.now.set(by_hand.now.get() + u64::try_from(delay.as_millis()).expect("a short delay")))
            .call_report()
            .unwrap_err();
        keeps_limits(&case, &by_hand.starts.borrow(), error.attempts, by_hand.budget.available());

        let _time = testing::virtual_time();
        let (by_attribute, attempts) = (world(), Cell::new(0));
        prop_assert!(annotated(&policy, &by_attribute, &attempts).is_err());
        prop_assert_eq!(attempts.get(), error.attempts);
        prop_assert!((by_attribute.budget.available() - by_hand.budget.available()).abs() < 1e-9);
    }
}
