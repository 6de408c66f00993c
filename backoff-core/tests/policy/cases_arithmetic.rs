//! Numbers at the edge: no overflow, no panic, the cap at any attempt.

use std::time::Duration;

use backoff_core::{Decision, Failure, Fault, Jitter, List, Policy, Schedule, StopReason};
use support::{Case, ms, ns, ok, secs};

#[test]
fn a_draw_is_uniform_over_the_inclusive_range_of_nanoseconds() {
    const POLICY: Policy = Policy::constant(ns(2)).jitter(Jitter::Factor(0.5)).max_attempts(2).build();
    for (numerator, nanos) in [(0_u64, 1), (33, 1), (34, 2), (66, 2), (67, 3), (99, 3)] {
        let number = u64::MAX / 100 * numerator;
        let trace = Case::new(POLICY, [support::FAILS, ok(1)]).draws(number).without_tokio().run();
        assert_eq!(trace.slept, [ns(nanos)], "a draw of .{numerator:02}");
    }
}

#[test]
fn a_hundred_draws_at_the_longest_cap_do_not_overflow() {
    const POLICY: Policy = Policy::exponential()
        .initial_delay(Duration::MAX)
        .max_delay(Duration::MAX)
        .jitter(Jitter::Factor(0.5))
        .forever()
        .build();
    let delays: Vec<_> = POLICY.delays().seed(1).take(100).collect();
    assert!(delays.iter().all(|delay| *delay >= secs(u64::MAX / 2 - 1)), "{delays:?}");
    assert!(delays.windows(2).any(|pair| pair[0] != pair[1]), "no point mass at the cap");
}

#[test]
fn a_multiplier_of_ten_thousand_million_without_a_cap_saturates() {
    const POLICY: Policy = Policy::exponential()
        .initial_delay(secs(1))
        .multiplier(1e10)
        .max_delay(Duration::MAX)
        .jitter(Jitter::None)
        .forever()
        .build();
    let delays: Vec<_> = POLICY.base_delays().take(4).collect();
    assert_eq!(delays, [secs(1), secs(10_000_000_000), Duration::MAX, Duration::MAX]);
}

#[test]
fn a_multiplier_at_the_edge_of_floats_saturates_at_once() {
    for multiplier in [1e300, f64::MAX] {
        let policy = Policy::exponential().multiplier(multiplier).jitter(Jitter::None).max_attempts(4).build();
        assert!(policy.base_delays().eq([ms(100), secs(20), secs(20)]), "{multiplier}");
    }
}

#[test]
fn far_attempts_sleep_the_cap() {
    let kinds = [
        Policy::exponential().initial_delay(ms(100)),
        Policy::linear().initial_delay(ms(100)),
        Policy::fibonacci().initial_delay(ms(100)),
    ];
    for attempt in [1_025, 2_000, 10_000, 100_000] {
        for kind in kinds {
            let policy = kind.max_delay(secs(5)).jitter(Jitter::None).forever().build();
            let delay = policy.delays().nth(attempt - 1);
            assert_eq!(delay, Some(secs(5)), "after attempt {attempt} of {:?}", policy.backoff());
        }
    }
}

#[test]
fn doubling_reaches_the_cap_at_attempt_33_and_stays_there() {
    let policy = Policy::exponential().initial_delay(ms(1)).max_delay(secs(7)).jitter(Jitter::None).forever().build();
    for attempt in [33, 1_000, 100_000] {
        assert_eq!(policy.delays().nth(attempt - 1), Some(secs(7)), "after attempt {attempt}");
    }
}

#[test]
fn a_base_delay_is_the_same_computation_at_any_retry() {
    let schedule = *Policy::exponential().initial_delay(ns(1)).multiplier(2.0).build().backoff();
    for retry in [0, 1, 2, 33, 1_000, 100_000, u32::MAX - 1, u32::MAX] {
        let doublings = retry.saturating_sub(1).min(200);
        let expected = 2_f64.powi(i32::try_from(doublings).unwrap()) * 1e-9;
        let expected = Duration::try_from_secs_f64(expected).unwrap_or(Duration::MAX);
        assert_eq!(schedule.base_delay(retry), expected, "retry {retry}");
    }
}

#[test]
fn the_number_of_the_attempt_saturates() {
    // a closure receives the number 4,294,967,295 for that retry, and for the next one, too
    let policy = Policy::with_backoff(|retry: u32| Some(ns(u64::from(retry)))).forever().build();
    let mut far = u32::MAX - 1;
    let backoff = policy.backoff();
    assert_eq!(backoff_core::Backoff::next(backoff, &mut far), Some(ns(u64::from(u32::MAX))));
    assert_eq!(backoff_core::Backoff::next(backoff, &mut far), Some(ns(u64::from(u32::MAX))));
    assert_eq!(far, u32::MAX);
    let schedule: Schedule = *Policy::linear().initial_delay(ns(1)).build().backoff();
    let mut far = u32::MAX;
    assert_eq!(backoff_core::Backoff::next(&schedule, &mut far), Some(ns(u64::from(u32::MAX))));
    assert_eq!(far, u32::MAX);
}

#[test]
fn the_most_attempts_that_can_be_named_are_allowed() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(u32::MAX).build();
    assert_eq!(policy.max_attempts(), Some(u32::MAX));
    let trace = Case::new(policy, [support::FAILS, ok(1)]).run();
    assert_eq!(trace.calls, 2);
}

#[test]
fn jitter_factors_are_accepted_from_zero_to_one_and_refused_elsewhere() {
    let with = |factor| Policy::exponential().jitter(Jitter::Factor(factor)).try_build();
    for factor in [0.0, -0.0, 0.5, 1.0, f64::MIN_POSITIVE] {
        let policy = with(factor).unwrap();
        assert!(policy.delays().seed(1).all(|delay| delay <= secs(20)), "{factor}");
    }
    for factor in [1.000_000_1, 1.999, -1.0, -0.000_000_1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = with(factor).unwrap_err().to_string();
        assert_eq!(error, format!("the jitter factor is {factor}; use a ratio in 0.0..=1.0, such as 0.5"));
    }
    let in_per_cent = with(25.0).unwrap_err().to_string();
    assert_eq!(in_per_cent, "the jitter factor is 25; use a ratio in 0.0..=1.0, such as 0.25");
}

#[test]
fn a_factor_of_zero_changes_nothing_and_a_factor_of_one_reaches_zero() {
    let with = |factor| Policy::constant(secs(1)).jitter(Jitter::Factor(factor)).max_attempts(2).build();
    assert!(with(0.0).ranges().eq([secs(1)..=secs(1)]));
    assert!(with(1.0).ranges().eq([secs(0)..=secs(2)]));
}

#[test]
fn sums_of_the_longest_durations_saturate() {
    let list = Policy::with_backoff(List::new([Duration::MAX; 3])).max_push_back(Duration::MAX).build();
    let mut progress = list.begin();
    let failure = Failure::new(Fault::PushBack(Duration::MAX)).ran(Duration::MAX);
    for _ in 0..3 {
        assert_eq!(
            list.decide(&mut progress, failure, Duration::MAX, &mut || u64::MAX),
            Decision::RetryAfter(Duration::MAX)
        );
    }
    assert_eq!(list.decide(&mut progress, failure, Duration::MAX, &mut || 0), Decision::Stop(StopReason::BackoffEnded));
    let report = list.retry(|| Err::<(), _>("down")).sleep(|_| ()).call_report();
    let error = report.unwrap_err();
    assert_eq!((error.attempts, error.slept, error.reason), (4, Duration::MAX, StopReason::BackoffEnded));
}
