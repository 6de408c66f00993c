use alloc::vec;

use proptest::prelude::*;

use super::*;
#[cfg(feature = "overrides")]
use crate::Schedule;

fn text(text: &str) -> Value {
    Value::Text(text.to_string())
}

fn set(key: &str, value: &Value) -> Result<Settings, String> {
    let mut settings = Settings::default();
    settings.set(key, value).map(|()| settings)
}

#[test]
fn text_may_stand_for_every_value() {
    assert_eq!(set("max_attempts", &text("7")).unwrap().max_attempts, Some(7));
    assert_eq!(set("multiplier", &text("1.5")).unwrap().multiplier, Some(1.5));
    assert_eq!(set("jitter", &text("0.25")).unwrap().jitter, Some(Jitter::Factor(0.25)));
    assert_eq!(set("forever", &text("true")).unwrap().forever, Some(true));
    assert_eq!(set("max_delay", &text("1h 30m")).unwrap().max_delay, Some(Duration::from_secs(5_400)));
    assert_eq!(set("max_delay", &text("1h30m5s")).unwrap().max_delay, Some(Duration::from_secs(5_405)));
}

#[test]
fn a_value_of_the_wrong_kind_is_answered_with_the_setting_and_the_cure() {
    for (key, value, message) in [
        ("max_delay", Value::Integer(5), "`max_delay` is 5; use a duration with its unit, such as \"5s\""),
        ("max_delay", Value::Flag(true), "`max_delay` is true; use a duration such as \"60s\""),
        ("delay", text(""), "`delay` is \"\": it is empty; use a number and a unit, such as \"60s\""),
        (
            "delay",
            text("18446744073709551615s 999999999ns 1ns"),
            "`delay` is \"18446744073709551615s 999999999ns 1ns\": it is too large for a duration; use a smaller number",
        ),
        ("max_attempts", Value::Integer(-1), "`max_attempts` is -1; use a whole number in 1..=4294967295"),
        ("max_attempts", Value::Number(2.5), "`max_attempts` is 2.5; use a whole number in 1..=4294967295"),
        ("multiplier", text("twice"), "`multiplier` is \"twice\"; use a number such as 2 or 1.5"),
        (
            "jitter",
            text("much"),
            "`jitter` is \"much\"; use one of `full`, `equal`, `decorrelated`, `none`, or a ratio such as 0.5",
        ),
        ("since", text("now"), "`since` is \"now\"; use one of `call`, `first_failure`"),
        ("push_back", text("5s"), "`push_back` is \"5s\"; use one of `add`, `replace`, `longest`"),
        ("idempotent", text("yes"), "`idempotent` is \"yes\"; use `true` or `false`"),
        (
            "backoff",
            text("cubic"),
            "`backoff` is \"cubic\"; use one of `exponential`, `constant`, `linear`, `fibonacci`",
        ),
    ] {
        assert_eq!(set(key, &value), Err(message.to_string()));
    }
}

/// Values for every key that differ from its default, and the key on which a setting depends.
const VALUES: [(&str, &str, Option<(&str, &str)>); KEYS.len()] = [
    ("backoff", "fibonacci", None),
    ("initial_delay", "7ms", None),
    ("multiplier", "3.5", None),
    ("increment", "7ms", Some(("backoff", "linear"))),
    ("delay", "7ms", None),
    ("max_delay", "7s", None),
    ("jitter", "equal", None),
    ("max_attempts", "7", None),
    ("max_retries", "7", None),
    ("max_elapsed", "7s", None),
    ("forever", "true", None),
    ("since", "first_failure", Some(("max_elapsed", "7s"))),
    ("reset_after", "7s", None),
    ("max_push_back", "7s", None),
    ("push_back", "longest", None),
    ("idempotent", "true", None),
];

#[test]
fn every_setting_reaches_the_policy_and_is_written_again() {
    assert_eq!(VALUES.map(|(key, _, _)| key), KEYS);
    for (key, value, beside) in VALUES {
        let mut settings = Settings::default();
        if let Some((other, value)) = beside {
            settings.set(other, &text(value)).unwrap();
        }
        let without = settings.policy().unwrap();
        settings.set(key, &text(value)).unwrap();
        let with = settings.policy().unwrap();
        assert_ne!(with, without, "`{key}` has no effect");
        let written = Settings::of(&with).entries();
        // A number of retries is serialized as the number of attempts.
        let key = if key == "max_retries" { "max_attempts" } else { key };
        assert!(written.iter().any(|(name, _)| *name == key), "`{key}` is lost: {written:?}");
    }
}

#[test]
fn every_word_has_its_meaning() {
    let kinds = [
        ("exponential", Kind::Exponential),
        ("constant", Kind::Constant),
        ("linear", Kind::Linear),
        ("fibonacci", Kind::Fibonacci),
    ];
    for (word, kind) in kinds {
        assert_eq!(set("backoff", &text(word)).unwrap().backoff, Some(kind));
    }
    assert_eq!(set("since", &text("call")).unwrap().since, Some(Since::Call));
    assert_eq!(set("since", &text("first_failure")).unwrap().since, Some(Since::FirstFailure));
}

#[cfg(feature = "overrides")]
mod on_top_of_a_policy {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn over(policy: &Policy, settings: Settings) -> Policy {
        let (policy, notes) = settings.over(policy);
        assert!(notes.is_empty(), "{notes:?}");
        policy
    }

    #[test]
    fn nothing_named_changes_nothing() {
        assert!(Settings::default().is_empty());
        assert!(!Settings { max_attempts: Some(3), ..Settings::default() }.is_empty());
        let policy = Policy::exponential().multiplier(3.0).max_attempts(5).build();
        assert_eq!(over(&policy, Settings::default()), policy);
    }

    #[test]
    fn a_delay_makes_the_backoff_constant_and_keeps_the_rest() {
        let policy = Policy::exponential().multiplier(3.0).max_attempts(5).build();
        let constant = over(&policy, Settings { delay: Some(SECOND), ..Settings::default() });
        assert_eq!(*constant.backoff(), Schedule::constant(SECOND));
        assert_eq!((constant.max_attempts(), constant.jitter()), (Some(5), Jitter::Factor(0.1)));
        let named = Settings { delay: Some(SECOND), backoff: Some(Kind::Constant), ..Settings::default() };
        assert_eq!(over(&policy, named), constant);
    }

    #[test]
    fn another_backoff_starts_from_the_present_first_delay() {
        let policy = Policy::constant(SECOND).build();
        let with = |kind| *over(&policy, Settings { backoff: Some(kind), ..Settings::default() }).backoff();
        assert_eq!(with(Kind::Exponential), Schedule::exponential(SECOND, 2.0));
        assert_eq!(with(Kind::Linear), Schedule::linear(SECOND, SECOND));
        assert_eq!(with(Kind::Fibonacci), Schedule::fibonacci(SECOND));
        let none = Policy::constant(Duration::ZERO).build();
        let grown = over(&none, Settings { backoff: Some(Kind::Fibonacci), ..Settings::default() });
        assert_eq!(*grown.backoff(), Schedule::fibonacci(Duration::from_millis(100)));
    }

    #[test]
    fn the_same_backoff_keeps_its_settings() {
        let policy = Policy::exponential().multiplier(3.0).build();
        let same = Settings { backoff: Some(Kind::Exponential), max_attempts: Some(9), ..Settings::default() };
        assert_eq!(*over(&policy, same).backoff(), *policy.backoff());
    }
}

#[test]
fn a_setting_given_twice_is_refused() {
    let mut settings = set("max_attempts", &Value::Integer(2)).unwrap();
    assert_eq!(
        settings.set("max_attempts", &Value::Integer(3)),
        Err("`max_attempts` is given twice; keep one of them".to_string())
    );
}

#[test]
fn every_key_can_be_set_and_is_written_again() {
    let values = vec![
        text("linear"),
        text("1s"),
        Value::Number(1.5),
        text("2s"),
        text("3s"),
        text("4s"),
        Value::Number(0.5),
        Value::Integer(5),
        Value::Integer(4),
        text("6s"),
        Value::Flag(true),
        text("first_failure"),
        text("7s"),
        text("8s"),
        text("longest"),
        Value::Flag(false),
    ];
    let mut settings = Settings::default();
    for (key, value) in KEYS.into_iter().zip(&values) {
        settings.set(key, value).unwrap();
    }
    assert!(settings.entries().into_iter().eq(KEYS.into_iter().zip(values)));
}

proptest! {
    #[test]
    fn every_duration_is_read_as_it_is_written(secs: u64, nanos in 0_u32..1_000_000_000) {
        let time = Duration::new(secs, nanos);
        prop_assert_eq!(set("delay", &Value::from_duration(time)).unwrap().delay, Some(time));
    }

    #[test]
    fn no_text_panics_and_every_refusal_names_the_setting(key in prop::sample::select(KEYS.to_vec()), value: String) {
        if let Err(message) = set(key, &Value::Text(value)) {
            prop_assert!(message.contains(key), "{}", message);
        }
    }

    #[test]
    fn no_duration_panics(value in "([0-9]{1,20}(\\.[0-9]{1,20})? ?(ns|us|ms|s|m|h|days|weeks|months|years|y|x)? ?){0,4}") {
        if let Err(message) = set("delay", &Value::Text(value)) {
            prop_assert!(message.starts_with("`delay` is "), "{}", message);
        }
    }
}
