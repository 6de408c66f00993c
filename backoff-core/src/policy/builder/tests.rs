//! Values known only at run time: none is refused, and the first one that was moved is reported.

use alloc::string::{String, ToString};
use core::time::Duration;

use crate::{Jitter, Policy, PolicyBuilder, Schedule};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn adjusted(builder: PolicyBuilder) -> (Policy, Option<String>) {
    let (policy, moved) = builder.build_adjusted();
    (policy, moved.map(|moved| moved.to_string()))
}

fn exponential() -> PolicyBuilder {
    Policy::exponential().adjusting()
}

#[test]
fn no_attempts_are_one() {
    let (policy, moved) = adjusted(exponential().max_attempts(0));
    assert_eq!(policy.max_attempts(), Some(1));
    assert_eq!(moved.unwrap(), "`max_attempts` is 0; use at least 1: the first attempt counts");
    assert_eq!(adjusted(exponential().max_attempts(2)), (Policy::exponential().max_attempts(2).build(), None));
}

#[test]
fn a_time_limit_of_zero_is_a_nanosecond() {
    let (policy, moved) = adjusted(exponential().max_elapsed(Duration::ZERO));
    assert_eq!((policy.max_elapsed(), policy.max_attempts()), (Some(Duration::from_nanos(1)), None));
    assert!(moved.unwrap().starts_with("`max_elapsed` is zero"));
    assert_eq!(adjusted(exponential().max_elapsed(Duration::from_nanos(1))).1, None);
}

#[test]
fn retries_are_one_less_than_attempts_and_never_too_many() {
    assert_eq!(adjusted(exponential().max_retries(0)), (Policy::exponential().max_attempts(1).build(), None));
    assert_eq!(adjusted(exponential().max_retries(u32::MAX)).0.max_attempts(), Some(u32::MAX));
    let (policy, moved) = adjusted(exponential().max_attempts(9).max_retries(3));
    assert_eq!(policy.max_attempts(), Some(4), "the last one holds");
    assert!(moved.unwrap().starts_with("`max_attempts` and `max_retries` are the same limit"));
}

#[test]
fn a_growth_below_one_is_one_and_an_infinite_one_the_largest() {
    for (given, taken) in [(0.5, 1.0), (-1.0, 1.0), (f64::NAN, 1.0), (f64::INFINITY, f64::MAX), (1.5, 1.5)] {
        let (policy, moved) = adjusted(exponential().multiplier(given));
        let Schedule::Exponential { multiplier, .. } = *policy.backoff() else { panic!("{policy:?}") };
        assert_eq!(multiplier.to_bits(), taken.to_bits(), "{given}");
        assert_eq!(moved.is_none(), given.to_bits() == taken.to_bits(), "{given}: {moved:?}");
    }
}

#[test]
fn a_growing_delay_of_zero_is_a_nanosecond() {
    let (policy, moved) = adjusted(exponential().initial_delay(Duration::ZERO));
    assert_eq!(policy.backoff().base_delay(1), Duration::from_nanos(1));
    assert!(moved.unwrap().starts_with("`initial_delay` is zero and exponential backoff cannot grow"));
}

#[test]
fn a_factor_is_moved_to_the_nearest_ratio() {
    for (given, taken) in [(1.5, 1.0), (-0.5, 0.0), (f64::NAN, 0.0), (0.3, 0.3), (1.0, 1.0), (0.0, 0.0)] {
        let (policy, moved) = adjusted(exponential().jitter(Jitter::Factor(given)));
        assert_eq!(policy.jitter(), Jitter::Factor(taken), "{given}");
        assert_eq!(moved.is_none(), given.to_bits() == f64::to_bits(taken), "{given}: {moved:?}");
    }
}

#[test]
fn a_cap_is_raised_to_the_first_delay() {
    let (policy, moved) = adjusted(exponential().initial_delay(ms(500)).max_delay(ms(20)));
    assert_eq!(policy.max_delay(), Some(ms(500)));
    assert!(moved.unwrap().starts_with("`max_delay` (20ms) is shorter than `initial_delay` (500ms)"));
    assert_eq!(adjusted(exponential().initial_delay(ms(500)).max_delay(ms(500))).1, None);
}

#[test]
fn a_jitter_that_does_not_fit_is_left_out() {
    let (policy, moved) = adjusted(Policy::constant(Duration::ZERO).adjusting().jitter(Jitter::Full));
    assert_eq!((policy.jitter(), moved.is_some()), (Jitter::None, true));
    let (policy, moved) = adjusted(Policy::linear().adjusting().jitter(Jitter::Decorrelated));
    assert_eq!((policy.jitter(), moved.is_some()), (Jitter::Full, true));
    let (policy, moved) = adjusted(exponential().jitter(Jitter::Decorrelated));
    assert_eq!((policy.jitter(), moved), (Jitter::Decorrelated, None));
}

#[test]
fn a_setting_that_the_backoff_does_not_have_is_left_out() {
    let (policy, moved) = adjusted(Policy::constant(ms(5)).adjusting().multiplier(2.0));
    assert_eq!(policy, Policy::constant(ms(5)).build());
    assert!(moved.unwrap().contains("`multiplier`"));
}

#[test]
fn the_first_value_that_was_moved_is_reported() {
    let (policy, moved) = adjusted(exponential().jitter(Jitter::Factor(7.0)).max_attempts(0).multiplier(0.0));
    assert_eq!((policy.jitter(), policy.max_attempts()), (Jitter::Factor(1.0), Some(1)));
    assert!(moved.unwrap().contains("jitter"));
}

#[test]
fn a_reset_after_no_time_is_none() {
    let (policy, moved) = adjusted(exponential().reset_after(Duration::ZERO));
    assert_eq!(policy.reset_after(), None);
    assert!(moved.unwrap().starts_with("`reset_after` is zero"));
    assert_eq!(adjusted(exponential().reset_after(Duration::from_nanos(1))).1, None);
}

#[test]
fn forever_beside_a_timeout_is_refused_unless_it_is_the_policy_s_own() {
    const FOREVER: Policy = Policy::constant(ms(5)).forever().build();
    let refused = Policy::constant(ms(5)).forever().limited_by_timeout().try_build().unwrap_err();
    assert_eq!(refused.to_string(), "`forever` is named beside `timeout`; remove `forever` or `timeout`");
    let timed = FOREVER.edit().limited_by_timeout().try_build().unwrap();
    assert_eq!((timed.max_attempts(), timed.max_push_back()), (None, Some(Duration::from_secs(3_600))));
    let lifted = timed.edit().forever().try_build().unwrap();
    assert_eq!(lifted.max_attempts(), None);
}
