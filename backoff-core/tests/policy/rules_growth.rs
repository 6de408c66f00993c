//! A growth that was set has an effect, because the default cap leaves room for it.

use std::time::Duration;

use backoff_core::{Jitter, Policy, PolicyBuilder};
use proptest::prelude::*;
use support::{ms, ns, secs};

/// Returns the first base delays, in seconds.
fn seconds<const N: usize>(builder: PolicyBuilder) -> [u64; N] {
    let policy = builder.forever().build();
    let mut delays = policy.base_delays().map(|delay| delay.as_secs());
    std::array::from_fn(|_| delays.next().unwrap_or_default())
}

#[test]
fn a_long_first_delay_grows() {
    assert_eq!(
        seconds(Policy::exponential().initial_delay(secs(30)).multiplier(3.0)),
        [30, 90, 270, 300, 300],
        "to ten times the first"
    );
    assert_eq!(seconds(Policy::fibonacci().initial_delay(secs(60))), [60, 60, 120, 180, 300, 480, 600, 600]);
    assert_eq!(seconds(Policy::linear().initial_delay(secs(20))), [20, 40, 60, 80]);
}

#[test]
fn a_long_increment_grows() {
    assert_eq!(seconds(Policy::linear().initial_delay(secs(500)).increment(secs(100))), [500, 600, 700]);
    let last = Policy::linear().initial_delay(secs(500)).increment(secs(100)).forever().build();
    assert_eq!(last.base_delays().nth(45), Some(secs(5_000)));
    assert_eq!(last.base_delays().nth(46), Some(secs(5_000)));
    assert_eq!(seconds(Policy::linear().increment(secs(60))), [0, 60, 120, 180]);
    let minutes = Policy::linear().increment(secs(60)).forever().build();
    assert_eq!((minutes.max_delay(), minutes.base_delays().nth(20)), (Some(secs(600)), Some(secs(600))));
}

#[test]
fn the_order_of_the_setters_does_not_matter_and_a_named_cap_holds() {
    let one = Policy::linear().increment(secs(100)).initial_delay(secs(500));
    assert_eq!(one.build(), Policy::linear().initial_delay(secs(500)).increment(secs(100)).build());
    let capped = Policy::exponential().max_delay(secs(40)).initial_delay(secs(30)).multiplier(3.0);
    assert_eq!(seconds(capped), [30, 40, 40]);
}

#[test]
fn an_edited_policy_keeps_its_cap_until_its_growth_changes() {
    let base = Policy::linear().increment(secs(60)).forever().build();
    assert_eq!(base.edit().idempotent().build().max_delay(), Some(secs(600)));
    assert_eq!(base.edit().initial_delay(secs(90)).build().max_delay(), Some(secs(900)));
    assert_eq!(base.edit().increment(secs(1)).build().max_delay(), Some(secs(20)));
    assert_eq!(base.edit().max_delay(secs(7)).build().edit().increment(secs(90)).build().max_delay(), Some(secs(7)));
}

#[test]
fn decorrelated_jitter_has_room_to_grow_too() {
    let policy = Policy::exponential().initial_delay(secs(30)).jitter(Jitter::Decorrelated).forever().build();
    let ranges: Vec<_> = policy.ranges().take(4).map(|range| range.end().as_secs()).collect();
    assert_eq!(ranges, [90, 270, 300, 300]);
}

#[test]
fn the_longest_durations_saturate() {
    for builder in [Policy::exponential(), Policy::fibonacci(), Policy::linear()] {
        let policy = builder.initial_delay(Duration::MAX).forever().build();
        assert_eq!((policy.max_delay(), policy.base_delays().nth(3)), (None, Some(Duration::MAX)));
    }
    let policy = Policy::linear().increment(Duration::MAX).forever().build();
    assert_eq!((policy.max_delay(), policy.base_delays().nth(1)), (None, Some(Duration::MAX)));
}

/// Builders with a growth, and with the default cap.
fn growing() -> impl Strategy<Value = PolicyBuilder> {
    // A growth of a nanosecond or more, which rounding keeps.
    let initial = prop_oneof![1_000_u64..1_000_000_000, 1_000_000_000..10_u64.pow(16)].prop_map(ns);
    let increment = prop_oneof![1_u64..1_000_000_000, 1_000_000_000..10_u64.pow(16)].prop_map(ns);
    let multiplier = prop_oneof![1.001..10.0_f64, 10.0..1e300_f64];
    let limits = (proptest::option::of(1_u32..9), proptest::option::of(1_u64..u64::MAX));
    (0_u8..2, initial, increment, multiplier, limits).prop_map(|(kind, initial, increment, multiplier, limits)| {
        let builder = match kind {
            0 => Policy::exponential().initial_delay(initial).multiplier(multiplier),
            _ => Policy::linear().initial_delay(initial).increment(increment),
        };
        let (attempts, elapsed) = limits;
        let builder = attempts.map_or(builder, |attempts| builder.max_attempts(attempts));
        elapsed.map_or(builder, |elapsed| builder.max_elapsed(ns(elapsed)))
    })
}

proptest! {
    #[test]
    fn the_second_base_delay_is_longer_than_the_first(builder in growing()) {
        if let Ok(policy) = builder.try_build() {
            let endless = policy.edit().forever().build();
            let delays: Vec<_> = endless.base_delays().take(2).collect();
            prop_assert!(delays[1] > delays[0], "{delays:?}");
        }
    }
}

#[test]
fn a_first_delay_below_the_default_cap_changes_nothing() {
    assert_eq!(Policy::exponential().initial_delay(ms(1_999)).build().max_delay(), Some(secs(20)));
    assert_eq!(Policy::constant(secs(60)).build().max_delay(), None);
}
