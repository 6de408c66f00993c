//! The short path for the usual failure agrees with the general decision, call by call.
//!
//! These tests compare two paths only without the features `tracing` and `metrics`, as the step "usual failures" of CI
//! runs them. A call without hooks then takes the short path where it is valid. The same call with a hook always takes
//! the general path. No guard of the feature `testing` may be active here.

use std::cell::RefCell;
use std::time::Duration;

use backoff_core::{Budget, CancelToken, Fault, Jitter, Policy, RetryError, StopReason, Success, retry};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

type Report = Result<Success<u32>, RetryError<u32>>;

/// A call: its policy, the faults of its attempts (successes after these), a seed, and the tokens of its budget.
#[derive(Clone, Debug)]
struct Call {
    policy: Policy,
    faults: Vec<Fault>,
    seed: u64,
    tokens: Option<u32>,
}

/// What can be observed of a call.
#[derive(Debug, PartialEq)]
struct Trace {
    delays: Vec<Duration>,
    attempts: u32,
    reason: Option<StopReason>,
    last: Result<u32, u32>,
    slept: Duration,
    tokens: Option<f64>,
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        8 => Just(Fault::Transient),
        1 => Just(Fault::Permanent),
        1 => Just(Fault::Ambiguous),
        2 => (0..5_000_u64).prop_map(|millis| Fault::PushBack(Duration::from_millis(millis))),
    ]
}

fn policies() -> impl Strategy<Value = Policy> {
    let jitter = prop_oneof![
        6 => Just(Jitter::Full),
        1 => Just(Jitter::None),
        1 => Just(Jitter::Equal),
        1 => Just(Jitter::Factor(0.3)),
    ];
    let multiplier = prop_oneof![6 => Just(2.0), 1 => Just(1.0), 1 => Just(1.5)];
    let limits = (proptest::option::weighted(0.8, 1..12_u32), proptest::option::weighted(0.2, 1..100_000_u64));
    let edits = (any::<bool>(), any::<bool>(), proptest::option::weighted(0.2, 1..5_000_u64));
    (1..2_000_000_000_u64, proptest::option::of(1..1_000_000_000_000_u64), jitter, multiplier, limits, edits).prop_map(
        |(initial, cap, jitter, multiplier, (attempts, elapsed), (idempotent, edited, reset))| {
            let mut builder = Policy::exponential().initial_delay(Duration::from_nanos(initial)).jitter(jitter);
            builder = builder.multiplier(multiplier);
            if let Some(cap) = cap {
                builder = builder.max_delay(Duration::from_nanos(cap.max(initial)));
            }
            builder = match (attempts, elapsed) {
                (None, None) => builder.forever(),
                (attempts, elapsed) => {
                    let builder = attempts.map_or(builder, |attempts| builder.max_attempts(attempts));
                    elapsed.map_or(builder, |millis| {
                        builder.max_elapsed(Duration::from_secs(10) + Duration::from_millis(millis))
                    })
                }
            };
            if idempotent {
                builder = builder.idempotent();
            }
            let policy = builder.build();
            // A finished policy that is edited decides again whether it has a short path.
            let policy = if edited { policy.edit().max_push_back(Duration::from_secs(3)).build() } else { policy };
            match reset {
                Some(millis) => policy.edit().reset_after(Duration::from_millis(millis)).build(),
                None => policy,
            }
        },
    )
}

fn calls() -> impl Strategy<Value = Call> {
    (policies(), prop::collection::vec(faults(), 0..14), any::<u64>(), proptest::option::weighted(0.4, 1..6_u32))
        .prop_map(|(policy, faults, seed, tokens)| Call { policy, faults, seed, tokens })
}

/// Runs the call; a hook makes every decision take the general path.
fn run(call: &Call, hooked: bool) -> Trace {
    let (delays, attempts) = (RefCell::new(Vec::new()), RefCell::new(0));
    let budget = Budget::new().capacity(call.tokens.unwrap_or(1));
    let operation = || {
        let number = attempts.replace_with(|number| *number + 1);
        match call.faults.get(number as usize) {
            Some(_) => Err(number),
            None => Ok(number),
        }
    };
    let base = call
        .policy
        .retry(operation)
        .when(|number: &u32| call.faults.get(*number as usize).copied().unwrap_or(Fault::Permanent))
        .seed(call.seed)
        .clock(|| delays.borrow().iter().sum::<Duration>())
        .sleep(|delay| delays.borrow_mut().push(delay));
    let report: Report = match (hooked, call.tokens) {
        (false, None) => base.call_report(),
        (true, None) => base.on_retry(|_| ()).call_report(),
        (false, Some(_)) => base.budget(&budget).call_report(),
        (true, Some(_)) => base.budget(&budget).on_retry(|_| ()).call_report(),
    };
    let (attempts, slept, reason, last) = match report {
        Ok(success) => (success.attempts, success.slept, None, Ok(success.value)),
        Err(error) => (error.attempts, error.slept, Some(error.reason), Err(error.last)),
    };
    let tokens = call.tokens.map(|_| budget.available());
    Trace { delays: delays.into_inner(), attempts, reason, last, slept, tokens }
}

proptest! {
    #![proptest_config(Config {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..Config::default()
    })]

    #[test]
    fn a_call_by_the_short_path_is_the_same_call(call in calls()) {
        prop_assert_eq!(run(&call, false), run(&call, true));
    }

    #[test]
    fn delays_by_the_short_path_are_those_of_a_call(call in calls()) {
        let transient = Call { faults: vec![Fault::Transient; 40], tokens: None, ..call };
        let called = run(&transient, true).delays;
        let listed: Vec<_> = transient.policy.delays().seed(transient.seed).take(40).collect();
        prop_assert_eq!(called, listed);
    }
}

#[test]
fn a_cancelled_call_of_the_usual_policy_makes_no_retry() {
    let token = CancelToken::new();
    let operation = || {
        token.cancel();
        Err::<(), _>("down")
    };
    let budget = Budget::new().capacity(2);
    let policy = Policy::default();
    let report = policy.retry(operation).cancel(&token).budget(&budget).sleep(|_| ()).call_report();
    let error = report.unwrap_err();
    assert_eq!((error.attempts, error.reason), (1, StopReason::Cancelled));
    assert!(budget.available() >= 2.0, "a token was taken for no retry: {}", budget.available());
}

#[test]
fn an_empty_budget_ends_a_call_of_the_usual_policy() {
    let budget = Budget::new().capacity(1);
    let policy = Policy::exponential().max_attempts(5).build();
    let report = policy.retry(|| Err::<(), _>("down")).budget(&budget).sleep(|_| ()).call_report();
    let error = report.unwrap_err();
    assert_eq!((error.attempts, error.reason), (2, StopReason::BudgetEmpty));
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn a_timeout_ends_a_call_of_the_usual_policy() {
    let policy = Policy::default();
    let call = policy.retry(std::future::pending::<Result<(), &'static str>>);
    let report = call.timeout(Duration::from_secs(1)).on_timeout(|_| "late").report().await;
    let error = report.unwrap_err();
    assert_eq!((error.last, error.attempts, error.reason), ("late", 1, StopReason::Timeout));
}

#[cfg(all(feature = "tokio", feature = "tower-0-5"))]
#[tokio::test(start_paused = true)]
async fn a_request_without_a_copy_is_sent_once_by_the_usual_policy() {
    use backoff_core::tower::RetryLayer;
    use tower::{ServiceBuilder, ServiceExt, service_fn};

    let sent = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = std::sync::Arc::clone(&sent);
    let service = service_fn(move |_: String| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::future::ready(Err::<(), _>("down"))
    });
    let layer = RetryLayer::new(Policy::default()).clone_with(|_: &String| None);
    let result = ServiceBuilder::new().layer(layer).service(service).oneshot("stream".to_owned()).await;
    assert_eq!((result, sent.load(std::sync::atomic::Ordering::Relaxed)), (Err("down"), 1));
}

#[retry(max_attempts = 3, adjust = |_| None::<Duration>, sleep = |_| ())]
fn adjusted(calls: &mut u32) -> Result<(), &'static str> {
    *calls += 1;
    Err("down")
}

#[test]
fn a_closure_that_adjusts_the_delay_of_the_usual_policy_is_called() {
    let policy = Policy::exponential().max_attempts(3).build();
    let report = policy.retry(|| Err::<(), _>("down")).adjust(|_| None::<Duration>).sleep(|_| ()).call_report();
    let error = report.unwrap_err();
    assert_eq!((error.attempts, error.reason), (1, StopReason::BackoffEnded));

    let mut calls = 0;
    assert!(adjusted(&mut calls).is_err());
    assert_eq!(calls, 1);
}

#[retry(max_attempts = 3, reset_when = |number| *number <= 4, sleep = |_| ())]
fn progressing(calls: &mut u32) -> Result<(), u32> {
    *calls += 1;
    Err(*calls)
}

#[test]
fn progress_starts_a_new_sequence_of_the_usual_policy() {
    let mut calls = 0;
    let operation = || {
        calls += 1;
        Err::<(), _>(calls)
    };
    let policy = Policy::exponential().max_attempts(3).build();
    let result = policy.retry(operation).reset_when(|number| *number <= 4).sleep(|_| ()).call();
    assert_eq!(result, Err(6)); // the fifth attempt is the second of the sequence that the fourth has started

    let mut calls = 0;
    assert_eq!(progressing(&mut calls), Err(6));
}
