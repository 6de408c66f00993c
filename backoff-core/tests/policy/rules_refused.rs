//! Every refusal of a policy, and its message.

use std::panic::catch_unwind;
use std::time::Duration;

use backoff_core::{Jitter, List, Policy, PolicyBuilder};
use support::{ms, ns, secs};

#[track_caller]
fn refused(builder: PolicyBuilder) -> String {
    builder.try_build().expect_err("the policy is refused").to_string()
}

fn is_accepted(builder: PolicyBuilder) -> bool {
    builder.try_build().is_ok()
}

#[test]
fn zero_attempts_are_refused_with_the_cure() {
    let message = "`max_attempts` is 0; use at least 1: the first attempt counts";
    assert_eq!(refused(Policy::exponential().max_attempts(0)), message);
    assert_eq!(refused(Policy::constant(ms(0)).max_elapsed(secs(1)).max_attempts(0)), message);
    assert!(is_accepted(Policy::exponential().max_attempts(1)));
}

#[test]
fn a_reset_after_no_time_is_refused() {
    let message = "`reset_after` is zero, so that every failure would be the first; use a longer time, or leave it out";
    assert_eq!(refused(Policy::exponential().reset_after(Duration::ZERO)), message);
    assert!(is_accepted(Policy::exponential().reset_after(ns(1))));
}

#[test]
fn a_multiplier_below_one_or_not_finite_is_refused() {
    for (multiplier, shown) in [
        (0.5, "0.5"),
        (0.0, "0"),
        (-2.0, "-2"),
        (0.999_999, "0.999999"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "NaN"),
    ] {
        let message = format!("`multiplier` is {shown}; use a finite number of at least 1");
        assert_eq!(refused(Policy::exponential().multiplier(multiplier)), message);
    }
    for multiplier in [1.0, 1.000_001, 2.0, 1e300, f64::MAX] {
        assert!(is_accepted(Policy::exponential().multiplier(multiplier)), "{multiplier}");
    }
}

#[test]
fn a_growing_backoff_from_zero_is_refused() {
    for (builder, name) in
        [(Policy::exponential(), "exponential"), (Policy::linear(), "linear"), (Policy::fibonacci(), "fibonacci")]
    {
        let message = format!(
            "`initial_delay` is zero and {name} backoff cannot grow from it; use a longer `initial_delay`, or constant \
             backoff for no delay"
        );
        assert_eq!(refused(builder.initial_delay(Duration::ZERO)), message);
        assert!(is_accepted(builder.initial_delay(ns(1))));
    }
    assert!(is_accepted(Policy::constant(Duration::ZERO)));
}

#[test]
fn a_named_cap_below_the_first_delay_is_refused() {
    assert_eq!(
        refused(Policy::exponential().initial_delay(ms(100)).max_delay(ms(50))),
        "`max_delay` (50ms) is shorter than `initial_delay` (100ms); raise `max_delay` or lower `initial_delay`"
    );
    assert_eq!(
        refused(Policy::constant(secs(2)).max_delay(secs(1))),
        "`max_delay` (1s) is shorter than the constant delay (2s); raise `max_delay` or shorten the delay"
    );
    assert!(is_accepted(Policy::exponential().initial_delay(ms(100)).max_delay(ms(100))));
    assert!(is_accepted(Policy::exponential().initial_delay(secs(90))), "an unnamed cap gives way");
    let nanosecond_short = Policy::linear().initial_delay(ms(100)).max_delay(ns(99_999_999));
    assert!(refused(nanosecond_short).starts_with("`max_delay` (99.999999ms) is shorter than"));
}

#[test]
fn a_jitter_factor_outside_of_its_range_is_refused() {
    for (factor, shown) in [(1.5, "1.5"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message = format!("the jitter factor is {shown}; use a ratio in 0.0..=1.0, such as 0.5");
        assert_eq!(refused(Policy::exponential().jitter(Jitter::Factor(factor))), message);
        assert_eq!(refused(Policy::constant(secs(1)).jitter(Jitter::Factor(factor))), message);
    }
}

#[test]
fn jitter_named_on_a_zero_delay_is_refused() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Factor(0.5)] {
        assert_eq!(
            refused(Policy::constant(Duration::ZERO).jitter(jitter)),
            "jitter on a zero delay has no effect; remove `jitter`, or name a longer delay"
        );
    }
    assert!(is_accepted(Policy::constant(Duration::ZERO).jitter(Jitter::None)));
    assert!(is_accepted(Policy::constant(Duration::ZERO)), "unnamed jitter gives way");
}

#[test]
fn decorrelated_jitter_beside_a_multiplier_or_another_backoff_is_refused() {
    assert_eq!(
        refused(Policy::exponential().multiplier(3.0).jitter(Jitter::Decorrelated)),
        "decorrelated jitter replaces the growth by `multiplier` (3); remove one of the two"
    );
    for (builder, name) in
        [(Policy::constant(secs(1)), "constant"), (Policy::linear(), "linear"), (Policy::fibonacci(), "fibonacci")]
    {
        let message = format!(
            "decorrelated jitter belongs to exponential backoff, and this one is {name}; use full or equal jitter, or \
             exponential backoff"
        );
        assert_eq!(refused(builder.jitter(Jitter::Decorrelated)), message);
    }
    assert!(is_accepted(Policy::exponential().jitter(Jitter::Decorrelated)));
}

#[test]
fn decorrelated_jitter_on_an_edited_policy_with_a_multiplier_is_refused_with_a_cure_that_can_be_followed() {
    assert_eq!(
        refused(Policy::exponential().multiplier(2.5).build().edit().jitter(Jitter::Decorrelated)),
        "decorrelated jitter replaces the growth by `multiplier`, which the edited policy names; start from a policy \
         without `multiplier`, or use full or equal jitter"
    );
    assert_eq!(
        refused(Policy::exponential().jitter(Jitter::Decorrelated).build().edit().multiplier(2.5)),
        "decorrelated jitter replaces the growth by `multiplier` (2.5); remove one of the two"
    );
}

#[test]
fn a_first_delay_that_is_always_beyond_the_time_limit_is_refused() {
    let message = "the first delay is at least 1s, longer than `max_elapsed` (500ms), so that no retry could start; \
                   shorten the delay, raise `max_elapsed`, or use `max_attempts` = 1 for no retries";
    let late = Policy::constant(secs(1)).jitter(Jitter::None);
    assert_eq!(refused(late.max_elapsed(ms(500))), message);
    assert!(is_accepted(late.max_elapsed(secs(1))), "a retry at the very limit starts");
    assert!(is_accepted(late.max_elapsed(ms(500)).max_attempts(1)), "no retries are wanted");
    assert!(!is_accepted(late.max_elapsed(ms(500)).max_attempts(2)));
}

#[test]
fn the_smallest_possible_first_delay_is_what_counts() {
    let with = |jitter| Policy::exponential().initial_delay(secs(1)).jitter(jitter).max_elapsed(ms(500));
    assert!(is_accepted(with(Jitter::Full)), "from 0");
    assert!(is_accepted(with(Jitter::Equal)), "from 500 ms");
    assert!(is_accepted(with(Jitter::Factor(0.5))), "from 500 ms");
    assert!(refused(with(Jitter::Factor(0.4))).starts_with("the first delay is at least 600ms"));
    assert!(refused(with(Jitter::Decorrelated)).starts_with("the first delay is at least 1s"));
}

#[test]
fn forever_beside_a_limit_is_refused() {
    for (builder, limit) in [
        (Policy::exponential().forever().max_attempts(3), "max_attempts"),
        (Policy::exponential().max_attempts(3).forever(), "max_attempts"),
        (Policy::exponential().forever().max_elapsed(secs(1)), "max_elapsed"),
        (Policy::constant(ms(0)).max_elapsed(secs(1)).forever(), "max_elapsed"),
    ] {
        let message = format!("`forever` is named beside `{limit}`; remove `forever` or `{limit}`");
        assert_eq!(refused(builder), message);
    }
    assert!(is_accepted(Policy::exponential().forever().max_push_back(secs(1))), "it limits no attempts and no time");
}

#[test]
fn a_setting_that_the_backoff_does_not_have_is_refused() {
    for (builder, argument, backoff) in [
        (Policy::constant(secs(1)).initial_delay(secs(1)), "initial_delay", "constant"),
        (Policy::constant(secs(1)).multiplier(2.0), "multiplier", "constant"),
        (Policy::constant(secs(1)).increment(secs(1)), "increment", "constant"),
        (Policy::exponential().increment(secs(1)), "increment", "exponential"),
        (Policy::exponential().delay(secs(1)), "delay", "exponential"),
        (Policy::linear().multiplier(2.0), "multiplier", "linear"),
        (Policy::linear().delay(secs(1)), "delay", "linear"),
        (Policy::fibonacci().multiplier(2.0), "multiplier", "fibonacci"),
        (Policy::fibonacci().increment(secs(1)), "increment", "fibonacci"),
    ] {
        let message =
            format!("`{argument}` does not belong to {backoff} backoff; remove `{argument}`, or choose its backoff");
        assert_eq!(refused(builder), message);
    }
}

#[test]
fn custom_backoffs_are_checked_as_far_as_they_are_known() {
    let list = || Policy::with_backoff(List::new([secs(5)]));
    assert!(list().max_attempts(0).try_build().is_err());
    assert!(list().jitter(Jitter::Factor(2.0)).try_build().is_err());
    assert!(list().forever().max_elapsed(secs(1)).try_build().is_err());
    let message = "decorrelated jitter belongs to exponential backoff, and this one is custom; use full or equal \
                   jitter, or exponential backoff";
    assert_eq!(list().jitter(Jitter::Decorrelated).try_build().unwrap_err().to_string(), message);
    assert!(list().max_elapsed(secs(1)).max_delay(ms(1)).try_build().is_ok());
    assert!(list().max_elapsed(secs(1)).try_build().is_err(), "its first delay never fits");
}

#[test]
fn build_panics_with_the_rule_and_the_cure() {
    let panics = |builder: PolicyBuilder| {
        let payload = catch_unwind(|| builder.build()).unwrap_err();
        payload.downcast_ref::<&str>().map(ToString::to_string).or_else(|| payload.downcast_ref::<String>().cloned())
    };
    for (builder, rule) in [
        (Policy::exponential().max_attempts(0), "`max_attempts` is 0; use at least 1: the first attempt counts"),
        (
            Policy::exponential().multiplier(0.5),
            "`multiplier` is below 1 or not finite; use a finite number of at least 1",
        ),
        (Policy::exponential().forever().max_attempts(2), "`forever` is named beside a limit; keep one of the two"),
        (
            Policy::constant(ms(1)).initial_delay(ms(1)),
            "`initial_delay` does not belong to constant backoff; remove `initial_delay`, or use `delay`",
        ),
        (
            Policy::linear().multiplier(2.0),
            "`multiplier` belongs to exponential backoff; remove `multiplier`, or start from exponential backoff",
        ),
        (
            Policy::fibonacci().increment(ms(1)),
            "`increment` belongs to linear backoff; remove `increment`, or start from linear backoff",
        ),
        (
            Policy::exponential().delay(ms(1)),
            "`delay` belongs to constant backoff; use `initial_delay`, or start from a policy of constant backoff",
        ),
    ] {
        assert_eq!(panics(builder).as_deref(), Some(rule));
    }
}

#[test]
fn a_refusal_is_an_error_that_travels() {
    fn read(attempts: u32) -> Result<Policy, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Policy::exponential().max_attempts(attempts).try_build()?)
    }
    assert!(read(0).unwrap_err().to_string().contains("`max_attempts` is 0"));
    assert_eq!(read(2).unwrap().max_attempts(), Some(2));
}
