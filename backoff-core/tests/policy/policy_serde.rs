//! Policies in configuration files: the names of the attribute's arguments, with the defaults and refusals of the
//! builder.

use std::collections::BTreeMap;
use std::time::Duration;

use backoff_core::{Jitter, Policy, PushBackMode, Schedule, Since};
use proptest::prelude::*;

fn read(text: &str) -> Result<Policy, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

fn read_json(text: &str) -> Result<Policy, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn every_setting_has_the_name_of_an_argument() {
    let refused = read("zzz = 1").unwrap_err();
    let (_, settings) = refused.split_once("expected one of ").unwrap();
    let reference = include_str!("../../src/retry.md");
    for setting in settings.split('`').filter(|part| part.contains(char::is_alphabetic)) {
        assert!(reference.contains(&format!("\n| `{setting}` |")), "{setting}");
    }
}

#[test]
fn every_setting_is_read_in_the_words_of_the_attribute() {
    let text = r#"
        backoff = "exponential"
        initial_delay = "100ms"
        multiplier = 2.5
        max_delay = "1m 30s"
        jitter = 0.5
        max_attempts = 7
        max_elapsed = "1h"
        since = "first_failure"
        reset_after = "10m"
        max_push_back = "5m"
        push_back = "longest"
        idempotent = true
    "#;
    let expected = Policy::exponential()
        .initial_delay(ms(100))
        .multiplier(2.5)
        .max_delay(secs(90))
        .jitter(Jitter::Factor(0.5))
        .max_attempts(7)
        .max_elapsed(secs(3_600))
        .since(Since::FirstFailure)
        .reset_after(secs(600))
        .max_push_back(secs(300))
        .push_back(PushBackMode::Longest)
        .idempotent()
        .build();
    assert_eq!(read(text), Ok(expected));
    let json = r#"{
        "backoff": "exponential", "initial_delay": "100ms", "multiplier": 2.5, "max_delay": "1m 30s", "jitter": 0.5,
        "max_attempts": 7, "max_elapsed": "1h", "since": "first_failure", "reset_after": "10m", "max_push_back": "5m",
        "push_back": "longest", "idempotent": true
    }"#;
    assert_eq!(read_json(json), Ok(expected));
}

#[test]
fn every_backoff_can_be_named() {
    assert_eq!(read("delay = '2s'"), Ok(Policy::constant(secs(2)).build()));
    assert_eq!(read("backoff = 'constant'\ndelay = '2s'"), Ok(Policy::constant(secs(2)).build()));
    assert_eq!(read("backoff = 'fibonacci'"), Ok(Policy::fibonacci().build()));
    assert_eq!(
        read("backoff = 'linear'\ninitial_delay = '1s'\nincrement = '3s'"),
        Ok(Policy::linear().initial_delay(secs(1)).increment(secs(3)).build())
    );
    assert_eq!(read("jitter = 'decorrelated'"), Ok(Policy::exponential().jitter(Jitter::Decorrelated).build()));
    assert_eq!(read("jitter = 'none'"), Ok(Policy::exponential().jitter(Jitter::None).build()));
    assert_eq!(read("jitter = 1"), Ok(Policy::exponential().jitter(Jitter::Factor(1.0)).build()));
}

#[test]
fn an_empty_file_is_the_default_and_a_limit_lifts_the_three_attempts() {
    assert_eq!(read(""), Ok(Policy::default()));
    assert_eq!(read("max_elapsed = '60s'").unwrap().max_attempts(), None);
    assert_eq!(read("forever = true"), Ok(Policy::exponential().forever().build()));
    assert_eq!(read("forever = false\nidempotent = false"), Ok(Policy::default()));
    assert_eq!(read("initial_delay = '1m'").unwrap().max_delay(), Some(secs(600)));
    assert_eq!(read("max_retries = 3"), Ok(Policy::exponential().max_attempts(4).build()));
    assert_eq!(read("max_retries = 4294967295").unwrap().max_attempts(), Some(u32::MAX));
}

#[test]
fn configuration_refuses_what_the_builder_refuses_with_the_same_text() {
    for (text, builder) in [
        ("max_attempts = 0", Policy::exponential().max_attempts(0)),
        ("max_attempts = 4\nmax_retries = 3", Policy::exponential().max_attempts(4).max_retries(3)),
        ("forever = true\nmax_retries = 3", Policy::exponential().forever().max_retries(3)),
        ("max_elapsed = '0s'", Policy::exponential().max_elapsed(secs(0))),
        ("multiplier = 0.5", Policy::exponential().multiplier(0.5)),
        ("multiplier = inf", Policy::exponential().multiplier(f64::INFINITY)),
        ("initial_delay = '0s'", Policy::exponential().initial_delay(secs(0))),
        ("initial_delay = '1s'\nmax_delay = '50ms'", Policy::exponential().initial_delay(secs(1)).max_delay(ms(50))),
        ("delay = '1s'\nmax_delay = '50ms'", Policy::constant(secs(1)).max_delay(ms(50))),
        ("jitter = 50", Policy::exponential().jitter(Jitter::Factor(50.0))),
        ("delay = '0s'\njitter = 'full'", Policy::constant(secs(0)).jitter(Jitter::Full)),
        ("multiplier = 3\njitter = 'decorrelated'", Policy::exponential().multiplier(3.0).jitter(Jitter::Decorrelated)),
        ("delay = '5s'\nmax_elapsed = '1s'", Policy::constant(secs(5)).max_elapsed(secs(1))),
        ("forever = true\nmax_attempts = 3", Policy::exponential().forever().max_attempts(3)),
        ("increment = '1s'", Policy::exponential().increment(secs(1))),
        ("backoff = 'linear'\ndelay = '1s'", Policy::linear().delay(secs(1))),
        ("delay = '1s'\nmultiplier = 2", Policy::constant(secs(1)).multiplier(2.0)),
    ] {
        assert_eq!(read(text), Err(builder.try_build().unwrap_err().to_string()), "{text}");
    }
}

#[test]
fn the_error_for_an_unknown_setting_lists_those_that_exist() {
    let message = read("max_atempts = 3").unwrap_err();
    assert!(
        message.starts_with("unknown field `max_atempts`, expected one of `backoff`, `initial_delay`, "),
        "{message}"
    );
    assert!(message.contains("`max_attempts`") && message.contains("`idempotent`"), "{message}");
    assert!(read_json(r#"{"max_atempts": 3}"#).unwrap_err().starts_with("unknown field `max_atempts`"));
}

#[test]
fn a_value_of_the_wrong_kind_names_the_setting() {
    assert_eq!(read("max_delay = 5").unwrap_err(), "`max_delay` is 5; use a duration with its unit, such as \"5s\"");
    assert_eq!(read("max_attempts = -1").unwrap_err(), "`max_attempts` is -1; use a whole number in 1..=4294967295");
    assert_eq!(read("max_retries = -1").unwrap_err(), "`max_retries` is -1; use a whole number in 0..=4294967295");
    assert!(read("jitter = [1]").unwrap_err().contains("expected text, a number, `true` or `false`"));
    assert!(read_json(r#"{"delay": "1s", "delay": "2s"}"#).unwrap_err().starts_with("`delay` is given twice"));
}

#[test]
fn a_policy_is_written_with_what_was_named() {
    let policy = Policy::constant(secs(2)).max_attempts(4).build();
    assert_eq!(toml::to_string(&policy).unwrap(), "backoff = \"constant\"\ndelay = \"2s\"\nmax_attempts = 4\n");
    assert_eq!(
        serde_json::to_string(&Policy::CENKALTI).unwrap(),
        r#"{"backoff":"exponential","initial_delay":"500ms","multiplier":1.5,"max_delay":"1m","jitter":0.5,"max_elapsed":"15m"}"#
    );
}

#[test]
fn a_policy_is_one_field_of_a_configuration() {
    #[derive(serde::Deserialize)]
    struct Configuration {
        name: String,
        retry: Policy,
    }
    let text = "name = 'billing'\n[retry]\nmax_attempts = 4\ninitial_delay = '1s'";
    let Configuration { name, retry } = toml::from_str(text).unwrap();
    assert_eq!((name.as_str(), retry.max_attempts()), ("billing", Some(4)));
    assert_eq!(retry.backoff().base_delay(2), secs(2));
}

/// The settings of a client, with the policy and others in one table.
#[derive(Debug, PartialEq, serde::Deserialize)]
struct Client {
    url: String,
    #[serde(flatten)]
    retry: Policy,
    #[serde(flatten)]
    tls: Tls,
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Tls {
    ca: String,
}

#[test]
fn a_flattened_policy_leaves_the_other_settings_to_the_fields_beside_it() {
    let expected = || Client {
        url: "x".to_owned(),
        retry: Policy::exponential().initial_delay(secs(1)).max_attempts(5).build(),
        tls: Tls { ca: "ca.pem".to_owned() },
        rest: BTreeMap::from([("max_connections".to_owned(), 7)]),
    };
    let text = "url = 'x'\nmax_attempts = 5\nca = 'ca.pem'\nmax_connections = 7\ninitial_delay = '1s'";
    assert_eq!(toml::from_str(text), Ok(expected()));
    let json = r#"{"url": "x", "max_attempts": 5, "ca": "ca.pem", "max_connections": 7, "initial_delay": "1s"}"#;
    assert_eq!(serde_json::from_str::<Client>(json).unwrap(), expected());
}

#[test]
fn a_typo_is_refused_in_a_table_of_its_own_and_not_seen_among_flattened_fields() {
    #[derive(Debug, serde::Deserialize)]
    struct Table {
        retry: Policy,
    }
    #[derive(Debug, serde::Deserialize)]
    struct Flat {
        #[serde(flatten)]
        retry: Policy,
    }
    const UNKNOWN: &str = "unknown field `max_atempts`, expected one of `backoff`, ";
    let refused = toml::from_str::<Table>("[retry]\nmax_atempts = 5").unwrap_err();
    assert!(refused.message().starts_with(UNKNOWN), "{refused}");
    let refused = serde_json::from_str::<Table>(r#"{"retry": {"max_atempts": 5}}"#).unwrap_err();
    assert!(refused.to_string().starts_with(UNKNOWN), "{refused}");
    assert_eq!(toml::from_str::<Table>("[retry]\nmax_attempts = 5").unwrap().retry.max_attempts(), Some(5));
    assert_eq!(toml::from_str::<Flat>("max_atempts = 5").unwrap().retry, Policy::default());
    assert_eq!(serde_json::from_str::<Flat>(r#"{"max_atempts": 5}"#).unwrap().retry, Policy::default());
}

#[test]
fn a_flattened_policy_refuses_values_as_one_by_itself() {
    let text = "url = 'x'\nmax_attempts = 0\nca = 'ca.pem'";
    let message = toml::from_str::<Client>(text).unwrap_err().message().to_owned();
    assert_eq!(message, read("max_attempts = 0").unwrap_err());
    let refused = serde_json::from_str::<Client>(r#"{"url": "x", "max_attempts": 0, "ca": "ca.pem"}"#).unwrap_err();
    assert!(refused.to_string().starts_with(&message), "{refused}");
}

fn policies() -> impl Strategy<Value = Policy> {
    let time = || (1_u64..1_000_000, 0_u32..1_000_000_000).prop_map(|(secs, nanos)| Duration::new(secs, nanos));
    let named = || prop::option::of(time());
    let start = prop_oneof![
        (time(), prop::option::of(1.0..100.0_f64)).prop_map(|(delay, multiplier)| {
            let builder = Policy::exponential().initial_delay(delay);
            multiplier.map_or(builder, |multiplier| builder.multiplier(multiplier))
        }),
        time().prop_map(Policy::constant),
        (time(), named()).prop_map(|(delay, increment)| {
            let builder = Policy::linear().initial_delay(delay);
            increment.map_or(builder, |increment| builder.increment(increment))
        }),
        time().prop_map(|delay| Policy::fibonacci().initial_delay(delay)),
    ];
    let jitter = prop::option::of(prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        (0.0..=1.0).prop_map(Jitter::Factor),
    ]);
    let limits =
        (prop::option::of(1_u32..), named(), any::<bool>(), named(), named(), named(), any::<(bool, bool, u8)>());
    (start, jitter, limits).prop_filter_map("the builder refuses it", |(mut builder, jitter, limits)| {
        let (attempts, elapsed, forever, cap, reset_after, push_back, (is_late, is_idempotent, mode)) = limits;
        builder = jitter.map_or(builder, |jitter| builder.jitter(jitter));
        builder = attempts.map_or(builder, |attempts| builder.max_attempts(attempts));
        builder = elapsed.map_or(builder, |limit| builder.max_elapsed(limit));
        builder = if forever { builder.forever() } else { builder };
        builder = cap.map_or(builder, |cap| builder.max_delay(cap));
        builder = reset_after.map_or(builder, |ran| builder.reset_after(ran));
        builder = push_back.map_or(builder, |longest| builder.max_push_back(longest));

        builder = builder.push_back(PushBackMode::ALL.into_iter().cycle().nth(mode.into()).unwrap_or_default());
        builder = if is_late { builder.since(Since::FirstFailure) } else { builder };
        builder = if is_idempotent { builder.idempotent() } else { builder };
        builder.try_build().ok()
    })
}

proptest! {
    #[test]
    fn every_policy_comes_back_equal(policy in policies()) {
        let text = toml::to_string(&policy).unwrap();
        prop_assert_eq!(read(&text), Ok(policy), "{}", text);
    }

    #[test]
    fn an_edited_policy_comes_back_equal(policy in policies(), attempts in 1_u32..) {
        let edited = policy.edit().max_attempts(attempts).build();
        prop_assert_eq!(read(&toml::to_string(&edited).unwrap()), Ok(edited));
    }
}

#[test]
fn the_schedule_that_is_read_computes_the_same_delays() {
    let policy = read("backoff = 'fibonacci'\ninitial_delay = '10ms'\njitter = 'none'\nmax_attempts = 6").unwrap();
    assert!(matches!(policy.backoff(), Schedule::Fibonacci { .. }));
    assert!(policy.delays().eq([10, 10, 20, 30, 50].map(ms)));
}

#[test]
fn a_value_that_is_not_a_map_is_refused_with_the_form_of_a_policy() {
    let error = serde_json::from_str::<Policy>("5").unwrap_err().to_string();
    assert!(error.contains("expected a map of retry settings"), "{error}");
}
