//! A push-back of the server is waited for, and never bypasses a limit.

use std::time::Duration;

use backoff_core::{Fault, Jitter, Policy, StopReason};
use support::{Case, FAILS, all_ms, fails, is_within, ms, ok, secs};

const MINUTE: Duration = secs(60);

#[test]
fn a_push_back_of_42_seconds_is_slept_together_with_the_policy_s_own_delay() {
    const POLICY: Policy = Policy::exponential().initial_delay(secs(1)).max_elapsed(secs(3_600)).build();
    for seed in 0..50 {
        let trace = Case::new(POLICY, [fails(Fault::PushBack(secs(42))), ok(1)]).seed(seed).run();
        assert_eq!(trace.calls, 2);
        assert!(is_within(trace.slept[0], 42_000, 43_001), "{:?}", trace.slept);
        assert!(is_within(trace.announced()[0], 42_000, 43_000), "{:?}", trace.announced());
    }
    let script = [fails(Fault::PushBack(secs(42))), ok(1)];
    assert_eq!(Case::new(POLICY, script).draws(0).run().slept, [secs(42)]);
    assert_eq!(Case::new(POLICY, script).draws(u64::MAX).run().slept, [secs(43)]);
}

#[test]
fn clients_with_the_same_push_back_do_not_return_together() {
    const POLICY: Policy = Policy::exponential().max_elapsed(MINUTE).build();
    let mut slept: Vec<_> = (0..1_000)
        .map(|seed| Case::new(POLICY, [fails(Fault::PushBack(secs(10))), ok(1)]).seed(seed).run_blocking().slept[0])
        .collect();
    assert!(slept.iter().all(|slept| *slept >= secs(10)));
    slept.sort_unstable();
    slept.dedup();
    assert!(slept.len() > 900, "{} distinct delays", slept.len());
}

#[test]
fn the_longest_push_back_stops_at_a_limit_of_a_second_without_a_sleep() {
    const POLICY: Policy = Policy::exponential().max_elapsed(secs(1)).build();
    let trace = Case::new(POLICY, [fails(Fault::PushBack(Duration::MAX)), ok(1)]).run();
    assert_eq!(trace.ended(), (1, Some(StopReason::MaxElapsed)));
    assert_eq!((trace.slept.len(), trace.report.slept), (0, Duration::ZERO));
}

#[test]
fn a_push_back_of_thirty_minutes_stops_at_once_with_a_limit_of_fifteen() {
    let trace = Case::new(Policy::CENKALTI, [fails(Fault::PushBack(30 * MINUTE)), ok(1)]).run();
    assert_eq!(trace.ended(), (1, Some(StopReason::MaxElapsed)));
    assert_eq!((trace.slept.len(), trace.report.elapsed), (0, Duration::ZERO));
}

#[test]
fn push_backs_cannot_retry_past_the_time_limit() {
    const POLICY: Policy = Policy::constant(ms(100)).jitter(Jitter::None).max_elapsed(secs(10)).build();
    let trace = Case::new(POLICY, [fails(Fault::PushBack(ms(2_900)))]).run();
    assert_eq!(trace.slept, all_ms([3_000, 3_000, 3_000]));
    assert_eq!(trace.ended(), (4, Some(StopReason::MaxElapsed)));
    assert!(trace.report.elapsed <= secs(10));
}

#[test]
fn push_backs_cannot_retry_past_the_attempts() {
    const POLICY: Policy = Policy::constant(ms(100)).jitter(Jitter::None).max_attempts(3).build();
    let trace = Case::new(POLICY, [fails(Fault::PushBack(secs(1)))]).run();
    assert_eq!(trace.ended(), (3, Some(StopReason::MaxAttempts)));
    assert_eq!(trace.slept, all_ms([1_100, 1_100]));
}

#[test]
fn the_announced_push_back_is_the_one_that_is_slept() {
    const POLICY: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(4).build();
    let trace = Case::new(POLICY, [FAILS, fails(Fault::PushBack(secs(7))), FAILS, ok(1)]).run();
    // the push-back consumes a step: 100 ms, 7 s + 200 ms, 400 ms
    assert_eq!(trace.slept, all_ms([100, 7_200, 400]));
    assert_eq!(trace.announced(), trace.slept);
}
