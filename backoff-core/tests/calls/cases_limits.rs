//! The ends of calls: the numbers that other libraries assert for limits on attempts and time.

use std::time::Duration;

use backoff_core::{Fault, Jitter, Policy, Since, StopReason};
use support::{Case, FAILS, Trouble, all_ms, fails, ms, ns, ok, secs};

const fn every(delay: Duration) -> backoff_core::PolicyBuilder {
    Policy::constant(delay).jitter(Jitter::None)
}

#[test]
fn a_permanent_error_ends_a_call_of_one_or_two_attempts() {
    for max_attempts in [1, 2] {
        let policy = Policy::exponential().max_attempts(max_attempts).build();
        let trace = Case::new(policy, [fails(Fault::Permanent)]).run();
        assert_eq!(trace.ended(), (1, Some(StopReason::Permanent)));
        assert_eq!(trace.result, Err(Trouble { attempt: 1, fault: Fault::Permanent }));
    }
}

#[test]
fn one_attempt_with_an_ordinary_error_keeps_that_error() {
    let trace = Case::always_fails(Policy::exponential().max_attempts(1).build()).run();
    assert_eq!(trace.ended(), (1, Some(StopReason::MaxAttempts)));
    assert_eq!(trace.result, Err(Trouble { attempt: 1, fault: Fault::Transient }));
    assert_eq!(trace.slept, []);
}

#[test]
fn a_backoff_that_ends_at_once_makes_one_call() {
    let policy = Policy::with_backoff(|_: u32| None).max_attempts(5).build();
    let trace = Case::always_fails(policy).run();
    assert_eq!(trace.ended(), (1, Some(StopReason::BackoffEnded)));
    assert_eq!((trace.slept.len(), trace.retries()), (0, 0));
}

#[test]
fn the_longest_delay_stops_at_a_limit_of_a_second_without_a_sleep() {
    let policy = Policy::with_backoff(|_: u32| Some(Duration::MAX)).max_elapsed(secs(1)).build();
    let trace = Case::always_fails(policy).run();
    assert_eq!(trace.ended(), (1, Some(StopReason::MaxElapsed)));
    assert_eq!((trace.slept, trace.report.slept), (vec![], Duration::ZERO));
}

#[test]
fn a_slow_first_attempt_uses_up_the_time_since_the_call() {
    let policy = every(ms(100)).max_elapsed(secs(1)).build();
    let slow = Case::new(policy, [FAILS.after(secs(2)), ok(1)]).run();
    assert_eq!(slow.ended(), (1, Some(StopReason::MaxElapsed)));
    let quick = Case::new(policy, [FAILS.after(ms(100)), ok(1)]).run();
    assert_eq!((quick.calls, quick.result), (2, Ok(1)));
}

#[test]
fn a_slow_first_attempt_takes_nothing_from_the_time_since_the_first_failure() {
    let policy = every(ms(100)).max_elapsed(secs(1)).since(Since::FirstFailure).build();
    let slow = Case::new(policy, [FAILS.after(secs(2)), ok(1)]).run();
    assert_eq!((slow.calls, slow.result), (2, Ok(1)));
    assert_eq!(slow.slept, [ms(100)]);
}

#[test]
fn a_delay_that_would_end_after_the_limit_is_not_started() {
    let policy = Policy::constant(ms(500)).jitter(Jitter::Factor(0.5)).max_elapsed(secs(1)).build();
    for draw in [0, u64::MAX] {
        // 900 ms have gone, and the next delay is at least 250 ms
        let trace = Case::new(policy, [FAILS.after(ms(900)), ok(1)]).draws(draw).run();
        assert_eq!(trace.ended(), (1, Some(StopReason::MaxElapsed)));
        assert_eq!(trace.slept, []);
    }
}

#[test]
fn five_retries_make_six_calls_and_give_the_last_error() {
    let trace = Case::always_fails(Policy::exponential().max_attempts(6).build()).run();
    assert_eq!(trace.ended(), (6, Some(StopReason::MaxAttempts)));
    assert_eq!(trace.retries(), 5);
    assert_eq!(trace.result, Err(Trouble { attempt: 6, fault: Fault::Transient }));
}

#[test]
fn ninety_retries_of_a_tenth_of_a_second_stop_after_a_second() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(91).max_elapsed(secs(1)).build();
    let trace = Case::new(policy, [FAILS.after(ms(100))]).run();
    assert!(trace.calls < 11, "{}", trace.calls);
    assert_eq!(trace.ended(), (10, Some(StopReason::MaxElapsed)));
}

#[test]
fn jittered_delays_of_400_ms_make_more_than_four_calls_in_3_2_seconds() {
    let policy = Policy::constant(ms(400)).jitter(Jitter::Factor(0.5)).max_attempts(11).max_elapsed(ms(3_200)).build();
    for seed in 0..100 {
        let trace = Case::always_fails(policy).seed(seed).without_tokio().run();
        assert!(trace.calls > 4, "{} calls with seed {seed}", trace.calls);
        assert!(trace.slept.iter().all(|gap| *gap < secs(1)), "{:?}", trace.slept);
    }
    let slowest = Case::always_fails(policy).draws(u64::MAX).run();
    assert_eq!(slowest.slept, all_ms([600, 600, 600, 600, 600]));
}

#[test]
fn three_retries_without_delay_cure_three_failures() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(4).build();
    let trace = Case::new(policy, [FAILS, FAILS, FAILS, ok(7)]).run();
    assert_eq!((trace.calls, trace.retries(), trace.result), (4, 3, Ok(7)));
    assert_eq!(trace.report.elapsed, Duration::ZERO);
}

#[test]
fn the_limit_of_a_second_includes_its_boundary() {
    let policy = every(ms(1)).max_elapsed(secs(1)).build();
    let after = |first: Duration| Case::new(policy, [FAILS.after(first), ok(1)]);
    assert_eq!(after(ms(999)).run().ended(), (2, None), ".999 and a delay of .001 goes on");
    assert_eq!(after(ms(1_000)).run().ended(), (1, Some(StopReason::MaxElapsed)), "1 and a delay of .001 stops");
    let just_over = after(ms(999) + ns(1)).without_tokio().run();
    assert_eq!(just_over.ended(), (1, Some(StopReason::MaxElapsed)));
}

#[test]
fn one_two_four_seconds_within_five_makes_three_calls_and_does_not_sleep_the_four() {
    let policy = Policy::exponential().initial_delay(secs(1)).jitter(Jitter::None).max_elapsed(secs(5)).build();
    let trace = Case::always_fails(policy).run();
    assert_eq!(trace.started, all_ms([0, 1_000, 3_000]));
    assert_eq!(trace.slept, all_ms([1_000, 2_000]));
    assert_eq!(trace.reason, Some(StopReason::MaxElapsed));
    assert_eq!(trace.report.elapsed, secs(3));
}

#[test]
fn ten_thousand_retries_without_a_limit_on_attempts_work() {
    let policy = every(ms(1)).max_elapsed(secs(10)).build();
    let trace = Case::always_fails(policy).without_tokio().run();
    assert_eq!((trace.calls, trace.slept.len()), (10_001, 10_000));
    assert_eq!(trace.reason, Some(StopReason::MaxElapsed));
}

#[test]
fn a_policy_that_never_retries_makes_one_call_with_the_original_error() {
    let trace = Case::new(Policy::never().build(), [FAILS.after(ms(5)), ok(1)]).run();
    assert_eq!((trace.calls, trace.retries(), trace.slept.len()), (1, 0, 0));
    assert_eq!(trace.result, Err(Trouble { attempt: 1, fault: Fault::Transient }));
}
