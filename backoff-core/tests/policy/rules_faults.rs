//! A fault is a kind, which decides whether an attempt is repeated, and a wait, which decides how early.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use backoff_core::{Decision, Failure, Fault, FaultKind, Jitter, Policy, PolicyBuilder, StopReason};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};
use support::{Case, FAILS, all_ms, fails, ms, ns, ok, secs};

const PLAIN: PolicyBuilder = Policy::constant(ms(100)).jitter(Jitter::None);
const LOST: Fault = Fault::AmbiguousPushBack(secs(2));
const NOT_REPEATED: (u32, Option<StopReason>) = (1, Some(StopReason::Ambiguous));

#[test]
fn an_ambiguous_push_back_in_a_call_that_is_not_idempotent_stops_with_ambiguous() {
    let trace = Case::new(PLAIN.build(), [fails(LOST), ok(1)]).run();
    assert_eq!(trace.ended(), NOT_REPEATED);
    assert_eq!((trace.slept.len(), trace.retries()), (0, 0));
}

#[test]
fn an_ambiguous_push_back_in_an_idempotent_call_waits_as_long_as_any_other() {
    let policy = PLAIN.idempotent().build();
    let ambiguous = Case::new(policy, [FAILS, fails(LOST), fails(LOST), ok(1)]).without_tokio().run();
    assert_eq!((ambiguous.slept, ambiguous.result), (all_ms([100, 2_100]), Err(trouble(3))));

    let policy = PLAIN.idempotent().max_attempts(4).build();
    let script = |fault| [FAILS, fails(fault), fails(fault), ok(1)];
    let (ambiguous, transient) = (Case::new(policy, script(LOST)).run(), Case::new(policy, script(PUSH_BACK)).run());
    assert_eq!(ambiguous.slept, all_ms([100, 2_100, 2_100]));
    assert_eq!(ambiguous.slept, transient.slept);
    assert_eq!((ambiguous.result, transient.result), (Ok(1), Ok(1)));
}

const PUSH_BACK: Fault = Fault::PushBack(secs(2));

const fn trouble(attempt: u32) -> support::Trouble {
    support::Trouble { attempt, fault: LOST }
}

#[test]
fn the_limits_of_an_idempotent_call_hold_for_an_ambiguous_push_back() {
    let ended = |policy: PolicyBuilder, wait| {
        let script = [fails(Fault::AmbiguousPushBack(wait)), ok(1)];
        Case::new(policy.idempotent().build(), script).without_tokio().run().ended()
    };
    let limited = PLAIN.max_push_back(secs(5));
    assert_eq!(ended(limited, secs(5)), (2, None));
    assert_eq!(ended(limited, secs(5) + ns(1)), (1, Some(StopReason::PushBackTooLong)));
    let timed = PLAIN.max_elapsed(secs(10));
    assert_eq!(ended(timed, ms(9_900)), (2, None));
    assert_eq!(ended(timed, ms(9_900) + ns(1)), (1, Some(StopReason::MaxElapsed)));
    assert_eq!(ended(PLAIN.max_attempts(1), secs(2)), (1, Some(StopReason::MaxAttempts)));
}

#[test]
fn an_ambiguous_push_back_of_zero_is_ambiguous() {
    let nothing = fails(Fault::AmbiguousPushBack(Duration::ZERO));
    assert_eq!(Case::new(PLAIN.build(), [nothing, ok(1)]).run().ended(), NOT_REPEATED);
    let policy = PLAIN.idempotent().max_push_back(Duration::ZERO).build();
    assert_eq!(Case::new(policy, [nothing, ok(1)]).run().slept, all_ms([100]));
}

#[test]
fn a_call_that_is_idempotent_itself_waits_too() {
    let slept = RefCell::new(Vec::new());
    let tries = Cell::new(0);
    let report = PLAIN
        .build()
        .retry(|| {
            tries.set(tries.get() + 1);
            if tries.get() == 1 { Err("lost answer") } else { Ok(()) }
        })
        .when(|_| LOST)
        .idempotent()
        .sleep(|delay| slept.borrow_mut().push(delay))
        .call();
    assert_eq!((report, tries.get(), slept.take()), (Ok(()), 2, all_ms([2_100])));
}

#[test]
fn faults_read_as_words() {
    let wait = ms(1_500);
    for (fault, kind, text) in [
        (Fault::Transient, "transient", "transient"),
        (Fault::Permanent, "permanent", "permanent"),
        (Fault::Ambiguous, "ambiguous", "ambiguous"),
        (Fault::PushBack(wait), "transient", "transient, not before 1.5s"),
        (Fault::AmbiguousPushBack(wait), "ambiguous", "ambiguous, not before 1.5s"),
        (Fault::PushBack(Duration::ZERO), "transient", "transient"),
    ] {
        assert_eq!((fault.kind().as_str(), fault.to_string().as_str()), (kind, text), "{fault:?}");
        assert_eq!(format!("{:>10}", fault.kind()), format!("{kind:>10}"));
    }
}

#[test]
fn a_fault_is_made_in_a_constant() {
    const FAULT: Fault = Fault::Ambiguous.with_not_before(secs(2));
    const KIND: FaultKind = FAULT.kind();
    const WAIT: Option<Duration> = FAULT.not_before();
    assert_eq!((FAULT, KIND, WAIT), (LOST, FaultKind::Ambiguous, Some(secs(2))));
}

#[test]
fn conversions_make_transient_and_permanent_faults() {
    assert_eq!([Fault::from(true), Fault::from(false)], [Fault::Transient, Fault::Permanent]);
    assert_eq!(Fault::from(None), Fault::Transient);
    assert_eq!(Fault::from(Some(secs(2))), PUSH_BACK);
    assert_eq!(Fault::from(Some(Duration::ZERO)), Fault::Transient);
}

fn config(cases: u32) -> Config {
    let (rng_algorithm, rng_seed) = (RngAlgorithm::ChaCha, RngSeed::Fixed(0x0BAC_C0FF));
    Config { cases, failure_persistence: None, rng_algorithm, rng_seed, ..Config::default() }
}

fn waits() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(ns(1)),
        Just(Duration::MAX),
        (0_u64..100_000).prop_map(ms),
        (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
    ]
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Transient),
        Just(Fault::Permanent),
        Just(Fault::Ambiguous),
        waits().prop_map(Fault::PushBack),
        waits().prop_map(Fault::AmbiguousPushBack),
    ]
}

fn jitters() -> impl Strategy<Value = Jitter> {
    prop_oneof![Just(Jitter::None), Just(Jitter::Full), Just(Jitter::Equal), Just(Jitter::Decorrelated)]
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn a_wait_is_kept_unless_it_is_zero_or_the_fault_permanent(fault in faults(), wait in waits()) {
        let with = fault.with_not_before(wait);
        let is_kept = !wait.is_zero() && fault.kind() != FaultKind::Permanent;
        prop_assert_eq!(with.not_before(), is_kept.then_some(wait));
    }

    #[test]
    fn a_wait_never_changes_the_kind(fault in faults(), wait in waits()) {
        prop_assert_eq!(fault.with_not_before(wait).kind(), fault.kind());
    }

    #[test]
    fn the_last_wait_counts_and_zero_takes_it_off(fault in faults(), first in waits(), last in waits()) {
        prop_assert_eq!(fault.with_not_before(first).with_not_before(last), fault.with_not_before(last));
        prop_assert_eq!(fault.with_not_before(Duration::ZERO).not_before(), None);
    }

    #[test]
    fn a_fault_is_its_kind_and_its_wait(fault in faults()) {
        let again = fault.with_not_before(fault.not_before().unwrap_or_default());
        prop_assert_eq!((again.kind(), again.not_before()), (fault.kind(), fault.not_before()));
        prop_assert_eq!(again.with_not_before(again.not_before().unwrap_or_default()), again);
    }

    #[test]
    fn every_idempotent_call_sleeps_at_least_the_wait_of_an_ambiguous_push_back(
        wait in (1_u64..30_000).prop_map(ms), jitter in jitters(), initial in 1_u64..5_000, seed in any::<u64>()
    ) {
        let policy = Policy::exponential().initial_delay(ms(initial)).jitter(jitter).idempotent().build();
        let trace = Case::new(policy, [fails(Fault::AmbiguousPushBack(wait)), ok(1)]).seed(seed).run_blocking();
        prop_assert_eq!(trace.slept.len(), 1);
        prop_assert!(trace.slept[0] >= wait, "{:?} for {wait:?}", trace.slept[0]);
        prop_assert_eq!(&trace.slept, &trace.announced());
        let same = Case::new(policy, [fails(Fault::PushBack(wait)), ok(1)]).seed(seed).run_blocking();
        prop_assert_eq!(trace.slept, same.slept, "as a transient push-back");
    }

    #[test]
    fn kind_and_wait_alone_decide(fault in faults(), idempotent in any::<bool>(), draw in any::<u64>()) {
        let policy = if idempotent { Policy::exponential().idempotent() } else { Policy::exponential() }.build();
        let decision = policy.decide(&mut policy.begin(), Failure::new(fault), Duration::ZERO, &mut || draw);
        let longest = policy.max_push_back().unwrap_or(Duration::MAX);
        let wait = fault.not_before().unwrap_or_default();
        match fault.kind() {
            FaultKind::Permanent => prop_assert_eq!(decision, Decision::Stop(StopReason::Permanent)),
            FaultKind::Ambiguous if !idempotent => prop_assert_eq!(decision, Decision::Stop(StopReason::Ambiguous)),
            _ if wait > longest => prop_assert_eq!(decision, Decision::Stop(StopReason::PushBackTooLong)),
            _ => {
                let Decision::RetryAfter(delay) = decision else { panic!("{fault:?}: {decision:?}") };
                prop_assert!(delay >= wait && delay.saturating_sub(wait) <= ms(100), "{fault:?}: {delay:?}");
            }
        }
    }
}
