//! The delays that other libraries assert for the same settings.

use std::time::Duration;

use backoff_core::{Jitter, List, Policy, Sequence, StopReason};
use support::{Case, all_ms, is_within, ms, ns, ok, secs};

fn base_ms(policy: &Policy, retries: usize) -> Vec<f64> {
    policy.base_delays().take(retries).map(|delay| delay.as_secs_f64() * 1e3).collect()
}

#[test]
fn a_factor_of_a_tenth_stays_within_a_tenth_of_each_base_delay_and_below_the_cap() {
    const POLICY: Policy = Policy::exponential()
        .initial_delay(ms(500))
        .jitter(Jitter::Factor(0.1))
        .max_delay(secs(5))
        .max_attempts(11)
        .build();
    let base = [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000];
    assert!(POLICY.base_delays().eq(base.map(ms)));
    for seed in 0..50 {
        let trace = Case::always_fails(POLICY).seed(seed).run();
        assert_eq!(trace.slept.len(), base.len());
        for (slept, d) in trace.slept.iter().zip(base) {
            assert!(is_within(*slept, d - d / 10, (d + d / 10).min(5_000)), "{slept:?} for {d} ms");
        }
    }
}

#[test]
fn the_cenkalti_preset_grows_by_half_from_half_a_second() {
    assert_eq!(base_ms(&Policy::CENKALTI, 5), [500.0, 750.0, 1125.0, 1687.5, 2531.25]);
    assert_eq!(Policy::CENKALTI.max_delay(), Some(secs(60)));
    assert_eq!(Policy::CENKALTI.max_elapsed(), Some(secs(15 * 60)));
    assert_eq!(Policy::CENKALTI.jitter(), Jitter::Factor(0.5));
    let trace = Case::always_fails(Policy::CENKALTI).run();
    assert_eq!(trace.reason, Some(StopReason::MaxElapsed));
    assert!(trace.report.elapsed <= secs(15 * 60));
    assert!(trace.slept.iter().all(|slept| *slept <= secs(60)));
    assert!(is_within(trace.slept[0], 250, 750), "{:?}", trace.slept);
}

#[test]
fn an_exponential_policy_sleeps_its_powers() {
    let from = |initial: Duration, multiplier: f64, cap: Option<Duration>| {
        let builder = Policy::exponential().initial_delay(initial).multiplier(multiplier).jitter(Jitter::None);
        let builder = cap.map_or(builder, |cap| builder.max_delay(cap));
        Case::always_fails(builder.max_attempts(4).build()).run().slept
    };
    assert_eq!(from(secs(1), 2.0, None), all_ms([1_000, 2_000, 4_000]));
    assert_eq!(from(secs(1), 1.5, None), all_ms([1_000, 1_500, 2_250]));
    assert_eq!(from(ms(500), 2.0, None), all_ms([500, 1_000, 2_000]));
    assert_eq!(from(secs(1), 2.0, Some(secs(2))), all_ms([1_000, 2_000, 2_000]));
}

#[test]
fn a_fibonacci_policy_sleeps_its_sums() {
    const OPEN: Policy = Policy::fibonacci().initial_delay(secs(1)).jitter(Jitter::None).max_attempts(7).build();
    const CAPPED: Policy = OPEN.edit().max_delay(secs(2)).max_attempts(5).build();
    assert_eq!(Case::always_fails(OPEN).run().slept, [1, 1, 2, 3, 5, 8].map(secs));
    assert_eq!(Case::always_fails(CAPPED).run().slept, [1, 1, 2, 2].map(secs));
}

#[test]
fn a_linear_policy_adds_its_increment() {
    const POLICY: Policy =
        Policy::linear().initial_delay(ms(100)).increment(ms(50)).jitter(Jitter::None).max_attempts(5).build();
    assert_eq!(Case::always_fails(POLICY).run().slept, all_ms([100, 150, 200, 250]));
}

#[test]
fn a_constant_policy_sleeps_the_same_for_ever() {
    const POLICY: Policy = Policy::constant(secs(1)).jitter(Jitter::None).max_attempts(4).build();
    const FOREVER: Policy = Policy::constant(secs(1)).jitter(Jitter::None).forever().build();
    assert_eq!(Case::always_fails(POLICY).run().slept, [secs(1); 3]);
    let mut script = vec![support::FAILS; 500];
    script.push(ok(1));
    let trace = Case::new(FOREVER, script).run();
    assert_eq!((trace.calls, trace.slept), (501, vec![secs(1); 500]));
}

#[test]
fn a_zero_policy_sleeps_nothing_for_ever() {
    const POLICY: Policy = Policy::constant(Duration::ZERO).forever().build();
    let mut script = vec![support::FAILS; 500];
    script.push(ok(1));
    let trace = Case::new(POLICY, script).run();
    assert_eq!(trace.announced(), [Duration::ZERO; 500]);
    assert_eq!((trace.calls, trace.slept, trace.report.slept), (501, vec![], Duration::ZERO));
}

#[test]
fn a_stop_policy_makes_one_call() {
    let trace = Case::always_fails(Policy::never().build()).run();
    assert_eq!((trace.calls, trace.slept.len(), trace.reason), (1, 0, Some(StopReason::MaxAttempts)));
}

#[test]
fn doubling_from_a_second_reaches_128_and_a_cap_of_40_holds() {
    let doubling = Policy::exponential().initial_delay(secs(1)).jitter(Jitter::None).max_attempts(9);
    let open = Case::always_fails(doubling.max_delay(Duration::MAX).build()).run();
    assert_eq!(open.slept, [1, 2, 4, 8, 16, 32, 64, 128].map(secs));
    let capped = Case::always_fails(doubling.max_delay(secs(40)).build()).run();
    assert_eq!(capped.slept, [1, 2, 4, 8, 16, 32, 40, 40].map(secs));
}

#[test]
fn a_list_of_three_delays_ends_after_four_calls() {
    let list = Policy::with_backoff(List::new([secs(1), secs(2), secs(3)])).max_attempts(5).build();
    let trace = Case::always_fails(list).run();
    assert_eq!(trace.ended(), (4, Some(StopReason::BackoffEnded)));
    assert_eq!(trace.slept, [1, 2, 3].map(secs));
}

#[test]
fn every_call_walks_a_sequence_from_its_beginning_until_it_ends() {
    let odd = Policy::with_backoff(Sequence::new([1, 3, 5].into_iter().map(secs))).max_attempts(9).build();
    for _ in 0..2 {
        let trace = Case::always_fails(odd.clone()).run();
        assert_eq!(trace.ended(), (4, Some(StopReason::BackoffEnded)));
        assert_eq!(trace.slept, [1, 3, 5].map(secs));
    }
}

#[test]
fn delays_that_have_ended_stay_ended() {
    let policy = Policy::exponential().multiplier(1.0).max_elapsed(ms(150)).build();
    let mut delays = policy.delays().random(|| u64::MAX);
    assert_eq!(delays.next(), Some(ms(100)));
    let mut delays = delays.random(|| 0);
    assert_eq!(delays.next(), Some(ms(0)));
    let mut delays = delays.random(|| u64::MAX);
    assert_eq!(delays.next(), None);
    let mut delays = delays.random(|| 0);
    assert_eq!(delays.next(), None, "a shorter one would have fitted");
}

#[test]
fn attempts_far_out_sleep_exactly_the_cap_before_jitter() {
    const POLICY: Policy = Policy::exponential()
        .initial_delay(ms(100))
        .max_delay(secs(5))
        .jitter(Jitter::None)
        .max_attempts(10_001)
        .build();
    let trace = Case::always_fails(POLICY).without_tokio().run();
    for attempt in [1_025, 2_000, 10_000] {
        assert_eq!(trace.slept[attempt - 1], secs(5), "after attempt {attempt}");
    }
    assert_eq!(trace.slept.len(), 10_000);
}

#[test]
fn a_factor_of_a_fifth_spreads_as_grpc_does() {
    const POLICY: Policy = Policy::exponential()
        .initial_delay(ms(100))
        .max_delay(secs(1))
        .jitter(Jitter::Factor(0.2))
        .max_attempts(4)
        .build();
    let ranges: Vec<_> = POLICY.ranges().collect();
    assert_eq!(ranges, [ms(80)..=ms(120), ms(160)..=ms(240), ms(320)..=ms(480)]);
    for seed in 0..50 {
        let slept = Case::always_fails(POLICY).seed(seed).run().slept;
        assert_eq!(slept.len(), 3);
        assert!(slept.iter().zip(&ranges).all(|(slept, range)| range.contains(slept)), "{slept:?}");
    }
    assert_eq!(Case::always_fails(POLICY).draws(0).run().slept, all_ms([80, 160, 320]));
    assert_eq!(Case::always_fails(POLICY).draws(u64::MAX).run().slept, all_ms([120, 240, 480]));
}

#[test]
fn half_the_cap_grows_to_exactly_the_cap() {
    const POLICY: Policy = Policy::exponential()
        .initial_delay(ms(2_500))
        .multiplier(2.1)
        .max_delay(secs(5))
        .jitter(Jitter::None)
        .max_attempts(3)
        .build();
    assert_eq!(Case::always_fails(POLICY).run().slept, all_ms([2_500, 5_000]));
}

#[test]
fn tiny_delays_grow_by_fractions_of_a_nanosecond() {
    const POLICY: Policy =
        Policy::exponential().initial_delay(ns(1)).multiplier(1.2).jitter(Jitter::None).max_attempts(9).build();
    let trace = Case::always_fails(POLICY).without_tokio().run();
    assert_eq!(trace.slept, [1, 1, 1, 2, 2, 2, 3, 4].map(ns)); // 1, 1.2, 1.44, 1.73, 2.07, 2.49, 2.99, 3.58
}
