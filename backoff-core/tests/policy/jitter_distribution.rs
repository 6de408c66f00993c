//! Every kind of jitter is uniform over its whole range, below the cap and at the cap. All draws are seeded.
//!
//! The test of Kolmogorov and Smirnov compares the greatest distance between the sample's distribution and the uniform
//! one; of 1,000 samples that are uniform, one exceeds the critical value used here.

use std::collections::HashSet;
use std::time::Duration;

use backoff_core::{Jitter, Policy};
use support::{ms, ns, secs};

/// The critical value of √n·D for a level of 0.001, for n above 35.
///
/// Source: N. Smirnov, "Table for Estimating the Goodness of Fit of Empirical Distributions", Annals of Mathematical
/// Statistics 19 (1948): the limit distribution is 0.999 at 1.95.
const KOLMOGOROV: f64 = 1.95;

const SAMPLES: u32 = 10_000;

/// Returns √n times the greatest distance of the samples from a uniform distribution on 0..=1.
fn distance(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let n = f64::from(u32::try_from(samples.len()).expect("a test has few samples"));
    let greatest = samples.iter().zip(0_u32..).fold(0.0_f64, |greatest, (sample, rank)| {
        let (below, upto) = (f64::from(rank) / n, f64::from(rank + 1) / n);
        greatest.max(sample - below).max(upto - sample)
    });
    greatest * n.sqrt()
}

/// Returns the position of a delay in `low..=high`, from 0 to 1.
fn position(delay: Duration, low: Duration, high: Duration) -> f64 {
    assert!((low..=high).contains(&delay), "{delay:?} is outside of {low:?}..={high:?}");
    delay.saturating_sub(low).as_secs_f64() / high.saturating_sub(low).as_secs_f64()
}

const CAP: Duration = secs(2);

/// A policy that reaches its cap of 2 s at the sixth retry: 100, 200, 400, 800, 1,600, 2,000 ms.
const fn policy(jitter: Jitter) -> Policy {
    Policy::exponential().initial_delay(ms(100)).max_delay(CAP).jitter(jitter).forever().build()
}

/// The delay before one retry, in as many calls as there are samples.
fn across_calls(jitter: Jitter, retry: usize) -> Vec<Duration> {
    let policy = policy(jitter);
    (0..u64::from(SAMPLES)).filter_map(|seed| policy.delays().seed(seed).nth(retry - 1)).collect()
}

#[track_caller]
fn assert_uniform(delays: &[Duration], low: Duration, high: Duration) {
    let distance = distance(delays.iter().map(|delay| position(*delay, low, high)).collect());
    assert!(distance < KOLMOGOROV, "{distance} for {low:?}..={high:?}");
}

#[test]
fn full_jitter_is_uniform_from_zero() {
    assert_uniform(&across_calls(Jitter::Full, 1), ms(0), ms(100));
    assert_uniform(&across_calls(Jitter::Full, 3), ms(0), ms(400));
}

#[test]
fn full_jitter_is_uniform_at_the_cap() {
    assert_uniform(&across_calls(Jitter::Full, 6), ms(0), CAP);
    assert_uniform(&across_calls(Jitter::Full, 12), ms(0), CAP);
}

#[test]
fn equal_jitter_is_uniform_over_the_upper_half() {
    assert_uniform(&across_calls(Jitter::Equal, 1), ms(50), ms(100));
    assert_uniform(&across_calls(Jitter::Equal, 3), ms(200), ms(400));
}

#[test]
fn equal_jitter_is_uniform_at_the_cap() {
    assert_uniform(&across_calls(Jitter::Equal, 6), secs(1), CAP);
}

#[test]
fn factor_jitter_is_uniform_to_both_sides() {
    assert_uniform(&across_calls(Jitter::Factor(0.5), 1), ms(50), ms(150));
    assert_uniform(&across_calls(Jitter::Factor(0.1), 4), ms(720), ms(880));
}

#[test]
fn factor_jitter_is_uniform_up_to_the_cap() {
    assert_uniform(&across_calls(Jitter::Factor(0.5), 5), ms(800), CAP); // 1,600 + 800 is above the cap
    assert_uniform(&across_calls(Jitter::Factor(0.5), 9), secs(1), CAP);
    assert_uniform(&across_calls(Jitter::Factor(0.1), 9), ms(1_800), CAP);
}

#[test]
fn decorrelated_jitter_is_uniform_up_to_three_times_the_previous_delay() {
    let policy = Policy::exponential().initial_delay(ms(100)).max_delay(secs(86_400)).jitter(Jitter::Decorrelated);
    let policy = policy.forever().build();
    let positions = (0..1_000_u64).flat_map(|seed| {
        let mut previous = ms(100);
        policy.delays().seed(seed).take(10).map(move |delay| {
            let high = previous * 3;
            previous = delay;
            position(delay, ms(100), high)
        })
    });
    let distance = distance(positions.collect());
    assert!(distance < KOLMOGOROV, "{distance}");
}

#[test]
fn decorrelated_jitter_is_uniform_at_the_cap() {
    let mut previous = ms(100);
    let mut at_cap = Vec::new();
    for delay in policy(Jitter::Decorrelated).delays().seed(1).take(30_000) {
        if previous * 3 >= CAP {
            at_cap.push(delay);
        }
        previous = delay;
    }
    assert!(at_cap.len() > 10_000, "{} delays at the cap", at_cap.len());
    assert_uniform(&at_cap, ms(100), CAP);
}

#[test]
fn the_delays_of_one_call_are_uniform_too() {
    for (jitter, low) in [(Jitter::Full, ms(0)), (Jitter::Equal, secs(1)), (Jitter::Factor(0.5), secs(1))] {
        let delays: Vec<_> = policy(jitter).delays().seed(5).skip(6).take(10_000).collect();
        assert_uniform(&delays, low, CAP);
    }
}

#[test]
fn neighbouring_delays_of_one_call_are_independent() {
    // of independent uniform numbers, the products of neighbours have a mean of 1/4, and its deviation is known
    let full = policy(Jitter::Full);
    let delays = full.delays().seed(9).skip(6).take(10_001);
    let positions: Vec<_> = delays.map(|delay| position(delay, ms(0), CAP) - 0.5).collect();
    let sum: f64 = positions.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let deviation = 100.0 / 12.0; // √10,000 times the variance 1/12
    assert!((sum / deviation).abs() < 3.29, "{}", sum / deviation); // the normal distribution, at a level of 0.001
}

#[test]
fn small_ranges_give_every_nanosecond_the_same_share() {
    // critical values of the chi-square distribution for a level of 0.001.
    // Source: NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.4
    let cases = [
        (Policy::constant(ns(2)).jitter(Jitter::Factor(0.5)), 1..=3, 13.816),
        (Policy::constant(ns(9)).jitter(Jitter::Full), 0..=9, 27.877),
        (Policy::constant(ns(8)).jitter(Jitter::Equal), 4..=8, 18.467),
    ];
    for (builder, nanos, critical) in cases {
        let mut counts = vec![0_u32; usize::try_from(nanos.end() + 1).unwrap()];
        for delay in builder.forever().build().delays().seed(11).take(10_000) {
            counts[usize::try_from(delay.as_nanos()).unwrap()] += 1;
        }
        let expected = 10_000.0 / f64::from(u32::try_from(nanos.end() - nanos.start() + 1).unwrap());
        let (outside, inside) = counts.split_at(usize::try_from(*nanos.start()).unwrap());
        assert!(outside.iter().all(|count| *count == 0));
        let statistic: f64 = inside.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        assert!(statistic < critical, "{statistic} for {nanos:?}");
    }
}

#[test]
fn at_the_cap_over_nine_in_ten_of_a_thousand_delays_are_distinct() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Factor(0.1), Jitter::Factor(0.5), Jitter::Decorrelated] {
        let delays: HashSet<_> = across_calls(jitter, 20).into_iter().take(1_000).collect();
        assert!(delays.len() > 900, "{} distinct delays with {jitter:?}", delays.len());
    }
}

#[test]
fn the_test_itself_finds_a_delay_that_was_clamped_after_the_draw() {
    let clamped: Vec<_> = across_calls(Jitter::Factor(0.5), 9).iter().map(|delay| (*delay * 3 / 2).min(CAP)).collect();
    let low = ms(1_500);
    let found = distance(clamped.iter().map(|delay| position(*delay, low, CAP)).collect());
    assert!(found > KOLMOGOROV, "{found}");
}
