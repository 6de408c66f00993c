//! The delay of every retry: growth, jitter, cap, and seeds.

use std::time::Duration;

use backoff_core::{Jitter, Policy, PolicyBuilder};
use support::{Case, all_ms, fails, ms, ns, ok, secs};

/// Returns the shortest and the longest of each of the first delays that a policy can sleep.
fn extremes(policy: Policy) -> (Vec<Duration>, Vec<Duration>) {
    let shortest = Case::always_fails(policy).draws(0).run().slept;
    let longest = Case::always_fails(policy).draws(u64::MAX).run().slept;
    (shortest, longest)
}

const GROWING: PolicyBuilder = Policy::exponential().max_delay(ms(500)).max_attempts(5);

#[test]
fn every_kind_yields_its_formula() {
    let first_six = |builder: PolicyBuilder| -> Vec<_> {
        builder.max_delay(secs(100)).forever().build().base_delays().take(6).collect()
    };
    assert_eq!(first_six(Policy::exponential().multiplier(3.0)), all_ms([100, 300, 900, 2_700, 8_100, 24_300]));
    assert_eq!(first_six(Policy::exponential().multiplier(1.0)), all_ms([100; 6]));
    assert_eq!(first_six(Policy::linear()), all_ms([100, 200, 300, 400, 500, 600]));
    assert_eq!(first_six(Policy::linear().increment(ms(1))), all_ms([100, 101, 102, 103, 104, 105]));
    assert_eq!(first_six(Policy::linear().increment(ms(0))), all_ms([100; 6]));
    assert_eq!(first_six(Policy::fibonacci()), all_ms([100, 100, 200, 300, 500, 800]));
    assert_eq!(first_six(Policy::constant(ms(7))), all_ms([7; 6]));
}

#[test]
fn a_linear_increment_is_the_initial_delay_unless_it_is_named() {
    let first_three = |builder: PolicyBuilder| builder.forever().build().base_delays().take(3).collect::<Vec<_>>();
    assert_eq!(first_three(Policy::linear().initial_delay(ms(50))), all_ms([50, 100, 150]));
    assert_eq!(first_three(Policy::linear().increment(ms(10)).initial_delay(ms(50))), all_ms([50, 60, 70]));
}

#[test]
fn every_retried_failure_consumes_a_step_whatever_its_fault() {
    use backoff_core::Fault::{Ambiguous, PushBack, Transient};
    let policy = Policy::exponential().jitter(Jitter::None).idempotent().max_attempts(5).build();
    let script = [Transient, Ambiguous, PushBack(ms(1)), Transient].map(fails);
    let mut script = script.to_vec();
    script.push(ok(1));
    assert_eq!(Case::new(policy, script).run().slept, all_ms([100, 200, 401, 800]));
}

#[test]
fn full_jitter_reaches_from_zero_to_the_base_delay() {
    let (shortest, longest) = extremes(GROWING.jitter(Jitter::Full).build());
    assert_eq!(shortest, [], "zero delays are not slept");
    assert_eq!(longest, all_ms([100, 200, 400, 500]));
}

#[test]
fn equal_jitter_reaches_from_half_the_base_delay() {
    let (shortest, longest) = extremes(GROWING.jitter(Jitter::Equal).build());
    assert_eq!(shortest, all_ms([50, 100, 200, 250]));
    assert_eq!(longest, all_ms([100, 200, 400, 500]));
}

#[test]
fn factor_jitter_reaches_to_both_sides_and_the_cap_cuts_its_range() {
    let (shortest, longest) = extremes(GROWING.jitter(Jitter::Factor(0.5)).build());
    assert_eq!(shortest, all_ms([50, 100, 200, 250]));
    assert_eq!(longest, all_ms([150, 300, 500, 500]));
}

#[test]
fn decorrelated_jitter_reaches_from_the_initial_delay_to_three_times_the_previous() {
    let policy = Policy::exponential().max_delay(secs(2)).max_attempts(5).jitter(Jitter::Decorrelated).build();
    let (shortest, longest) = extremes(policy);
    assert_eq!(shortest, all_ms([100; 4]));
    assert_eq!(longest, all_ms([300, 900, 2_000, 2_000]));
}

#[test]
fn decorrelated_jitter_never_goes_below_the_initial_delay_however_long_the_cap() {
    let policy = Policy::exponential().max_delay(Duration::MAX).jitter(Jitter::Decorrelated).forever().build();
    assert!(policy.base_delays().take(200).all(|delay| delay == ms(100)));
    for seed in 0..20 {
        let mut previous = ms(100);
        for delay in policy.delays().seed(seed).take(200) {
            assert!((ms(100)..=previous.saturating_mul(3)).contains(&delay), "{delay:?} after {previous:?}");
            previous = delay;
        }
    }
}

#[test]
fn no_jitter_is_exactly_the_base_delay() {
    let (shortest, longest) = extremes(GROWING.jitter(Jitter::None).build());
    assert_eq!((shortest, longest), (all_ms([100, 200, 400, 500]), all_ms([100, 200, 400, 500])));
}

#[test]
fn the_cap_bounds_every_kind_of_jitter() {
    for jitter in [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Factor(1.0), Jitter::Decorrelated] {
        let policy = Policy::exponential().max_delay(ms(150)).jitter(jitter).forever().build();
        for seed in 0..20 {
            assert!(policy.delays().seed(seed).take(100).all(|delay| delay <= ms(150)), "{jitter:?}");
        }
        assert!(policy.ranges().take(100).all(|range| *range.end() <= ms(150)), "{jitter:?}");
    }
}

#[test]
fn a_cap_bounds_backoffs_of_the_caller_too() {
    let policy = Policy::with_backoff(|retry: u32| Some(secs(u64::from(retry))))
        .max_delay(secs(2))
        .jitter(Jitter::Factor(0.5))
        .max_attempts(4)
        .build();
    let ranges: Vec<_> = policy.ranges().collect();
    assert_eq!(ranges, [ms(500)..=ms(1_500), secs(1)..=secs(2), secs(1)..=secs(2)]);
}

#[test]
fn delays_are_rounded_to_the_nearest_nanosecond() {
    let policy = Policy::exponential().initial_delay(ns(3)).multiplier(1.5).jitter(Jitter::None).forever().build();
    let nanos: Vec<_> = policy.delays().take(6).map(|delay| delay.as_nanos()).collect();
    assert_eq!(nanos, [3, 5, 7, 10, 15, 23]); // 3, 4.5, 6.75, 10.125, 15.1875, 22.78
}

#[test]
fn ranges_end_where_the_shortest_call_would() {
    let policy = Policy::constant(ms(400)).jitter(Jitter::Factor(0.5)).max_elapsed(secs(1)).build();
    assert_eq!(policy.ranges().count(), 5, "five delays of 200 ms fit a second");
    assert_eq!(policy.base_delays().count(), 2, "two delays of 400 ms fit a second");
}

#[test]
fn the_iterator_of_delays_ends_with_the_policy() {
    assert_eq!(Policy::exponential().max_attempts(4).build().delays().count(), 3);
    assert_eq!(Policy::never().build().delays().count(), 0);
    assert_eq!(Policy::exponential().forever().build().delays().take(10_000).count(), 10_000);
}
