use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Jitter;

fn parsed(text: &str) -> Result<Overrides, String> {
    text.parse().map_err(|error: InvalidOverride| error.to_string())
}

#[test]
fn the_example_of_the_docs_is_read() {
    let overrides = parsed("billing::charge: max_attempts=2, max_delay=5s; search::*: disabled").unwrap();
    let mut expected = Overrides::new();
    expected.insert("billing::charge", Override::new().max_attempts(2).max_delay(Duration::from_secs(5))).unwrap();
    expected.insert("search::*", Override::new().disabled()).unwrap();
    assert_eq!(overrides, expected);
}

#[test]
fn blanks_quotes_and_empty_entries_do_not_matter() {
    let plain = parsed("a::b: max_delay=1h 30m, jitter=0.5").unwrap();
    assert_eq!(parsed(" ;; a::b :max_delay = \"1h 30m\" , jitter=0.5;").unwrap(), plain);
    assert_eq!(parsed("  "), Ok(Overrides::new()));
}

#[test]
fn a_name_may_hold_any_sign_and_a_semicolon_in_brackets() {
    for name in [
        "<[u8; 4] as c::T>::run",
        "<[[u8; 4]; 2] as c::T>::run",
        "<a::S as a::T>::t",
        "db:query",
        "a.b, c=d",
        "GET /retries",
        "a::",
        "a::::",
        "::::::*",
    ] {
        let overrides = parsed(&format!("{name}: disabled")).unwrap();
        assert_eq!(overrides.find(name).map(|(key, _)| key), Some(name));
        assert_eq!(parsed(&overrides.to_string()), Ok(overrides));
    }
}

/// Returns the refusal of `insert`.
fn inserted(key: &str, settings: Override) -> Result<(), String> {
    Overrides::new().insert(key, settings).map_err(|error| error.to_string())
}

#[test]
fn a_name_that_the_text_form_cannot_contain_is_refused_with_the_prefix_to_write() {
    for (key, message) in [
        ("a;b", "override `a;b`: a `;` outside of `[..]` ends an override; cut the name there: `a*`"),
        (
            "[u8; 4];b*",
            "override `[u8; 4];b*`: a `;` outside of `[..]` ends an override; cut the name there: `[u8; 4]*`",
        ),
        ("a[b", "override `a[b`: a `[` is not closed; cut the name there: `a*`"),
        ("<[u8; 4*", "override `<[u8; 4*`: a `[` is not closed; cut the name there: `<*`"),
        ("a[b[c]", "override `a[b[c]`: a `[` is not closed; cut the name there: `a*`"),
        ("a::]b[", "override `a::]b[`: a `]` closes no `[`; cut the name there: `a::*`"),
        ("db:disabled", "override `db:disabled`: a setting follows the `:` in the name; cut the name there: `db*`"),
        ("a: delay x", "override `a: delay x`: a setting follows the `:` in the name; cut the name there: `a*`"),
    ] {
        assert_eq!(inserted(key, Override::new().disabled()), Err(message.to_owned()));
        let cure = message.rsplit('`').nth(1).unwrap();
        assert_eq!(inserted(cure, Override::new().disabled()), Ok(()), "{cure}");
    }
    let open = "override `a[b`: a `[` is not closed; cut the name there: `a*`";
    assert_eq!(parsed("a[b: disabled; c: disabled"), Err(open.to_owned()));
}

#[test]
fn an_override_without_settings_is_refused_as_in_a_text() {
    let refused = parsed("a::b:").unwrap_err();
    assert_eq!(inserted("a::b", Override::new()), Err(refused));
    let mut kept = parsed("a::b: disabled").unwrap();
    assert!(kept.insert("a::b", Override::new()).is_err());
    assert_eq!(parsed("a::b: disabled"), Ok(kept));
}

#[test]
fn every_mistake_names_its_override_and_the_cure() {
    const KNOWN: &str = "`disabled`, `backoff`, `initial_delay`, `multiplier`, `increment`, `delay`, `max_delay`, `jitter`, \
                         `max_attempts`, `max_retries`, `max_elapsed`, `forever`, `since`, `reset_after`, `max_push_back`, `push_back`, `idempotent`";
    for (text, message) in [
        ("a", "override `a`: `a` has no settings; write `a: ` and settings such as `max_attempts=2`"),
        ("a::b", "override `a::b`: `a::b` has no settings; write `a::b: ` and settings such as `max_attempts=2`"),
        (": disabled", "an override has no name; write one such as `billing::charge: max_attempts=2`"),
        ("a: : disabled", "override `a:`: a prefix does not end with half of a `::`; write `a` or `a::*`"),
        ("a*b: disabled", "override `a*b`: `*` stands at the end of a prefix only; cut the name there"),
        ("a:", "override `a`: a setting is missing; write one such as `max_attempts=2`, or `disabled`"),
        ("a: disabled,,", "override `a`: a setting is missing; write one such as `max_attempts=2`, or `disabled`"),
        ("a: max_attempts", "override `a`: `max_attempts` has no value; write `max_attempts=` and the value"),
        ("a: disabled; a: forever", "override `a`: it is given twice; keep one of them"),
        (
            "a: max_attempts=2, b: disabled",
            "override `a`: a `;` is missing between its settings and the next name; write `a: disabled; b: disabled`",
        ),
        (
            "a::b: disabled\nc: disabled",
            "override `a::b`: a `;` is missing between its settings and the next name; write `a: disabled; b: disabled`",
        ),
        ("a: max_delay=0s", "override `a`: `max_delay` is 0s; use a longer one, or `delay=0s` for no delay"),
        ("a: disabled, disabled=false", "override `a`: `disabled` is given twice; keep one of them"),
        ("a: max_attempts=0", "override `a`: `max_attempts` is 0; use at least 1: the first attempt counts"),
        ("a: multiplier=0.5", "override `a`: `multiplier` is 0.5; use a finite number of at least 1"),
        ("a: jitter=50", "override `a`: the jitter factor is 50; use a ratio in 0.0..=1.0, such as 0.5"),
        (
            "a: max_delay=5",
            "override `a`: `max_delay` is \"5\": time unit needed, for example 5sec or 5ms; use a number and a unit, such as \"60s\"",
        ),
        (
            "a: delay=1s, multiplier=2",
            "override `a`: `multiplier` does not belong to constant backoff; remove `multiplier`, or choose its backoff",
        ),
        (
            "a: forever, max_attempts=3",
            "override `a`: `forever` is named beside `max_attempts`; remove `forever` or `max_attempts`",
        ),
        (
            "a: backoff=constant",
            "override `a`: `backoff` is constant, and `delay` is missing; add one such as `delay` = \"2s\"",
        ),
        (
            "a: initial_delay=1s, max_delay=50ms",
            "override `a`: `max_delay` (50ms) is shorter than `initial_delay` (1s); raise `max_delay` or lower `initial_delay`",
        ),
    ] {
        assert_eq!(parsed(text), Err(message.to_owned()));
    }
    assert_eq!(
        parsed("search: dsiabled"),
        Err(format!("override `search`: unknown setting `dsiabled`; expected one of {KNOWN}"))
    );
}

#[test]
fn a_setting_that_only_some_annotations_can_have_is_not_refused_before_it_meets_one() {
    for text in [
        "a: max_delay=1ms",    // shorter than the default initial delay
        "a: max_elapsed=1ms",  // shorter than the default first delay
        "a: increment=1s",     // linear
        "a: multiplier=3",     // exponential
        "a: initial_delay=1h", // longer than the default cap
        "a: jitter=decorrelated",
        "a: backoff=linear",
        "a: idempotent=false",
    ] {
        assert!(parsed(text).is_ok(), "{text}");
    }
}

#[test]
fn the_best_match_is_the_name_then_the_longest_prefix() {
    let text = "*: forever; a: max_attempts=1; a::b: max_attempts=2; a::b*: max_attempts=3; a::b::c: max_attempts=4; d::: disabled";
    let overrides = parsed(text).unwrap();
    for (name, key) in [
        ("a::b::c", "a::b::c"),
        ("a::b::cd", "a::b"), // at the same length, the one that ends with a part
        ("a::bc", "a::b*"),
        ("a::b", "a::b"),
        ("a.x", "a"),
        ("d::e", "d::"),
        ("ab", "*"),
    ] {
        assert_eq!(overrides.find(name).map(|(found, _)| found), Some(key), "{name}");
    }
    assert_eq!(parsed("a::*: disabled").unwrap().find("a"), None);
}

/// The rule of the documentation, implemented by a check of every key.
fn found_by_looking_at_all<'o>(overrides: &'o Overrides, name: &str) -> Option<&'o str> {
    let length = |key: &str| match key.strip_suffix('*') {
        Some(start) => name.starts_with(start).then_some((start.len(), 0)),
        None if key == name => Some((key.len(), 1)),
        None => {
            let rest = name.strip_prefix(key)?;
            let is_part = [".", "::"].iter().any(|sign| rest.starts_with(sign) || key.ends_with(sign));
            is_part.then_some((key.len(), 1))
        }
    };
    let keys = overrides.iter().filter_map(|(key, _)| Some((length(key)?, key)));
    keys.max().map(|(_, key)| key)
}

proptest! {
    #[test]
    fn a_look_up_finds_what_looking_at_every_key_finds(
        keys in proptest::collection::vec("[ab\u{e9}.]{0,4}(::)?[ab!\u{ea}]{1,2}(::)?[*]?", 0..40),
        name in "[ab\u{e9}.]{0,4}(::)?[ab!\u{ea}]{1,3}(::[ab.]{0,4})?",
    ) {
        let mut overrides = Overrides::new();
        for key in &keys {
            let _refused = overrides.insert(key, Override::new().disabled());
        }
        let found = overrides.find(&name).map(|(key, _)| key);
        prop_assert_eq!(found, found_by_looking_at_all(&overrides, &name));
        prop_assert_eq!(found.is_some(), overrides.matching(&name).next().is_some());
    }
}

/// Returns names of functions, and short texts of the signs and words that have a meaning in the text form.
fn keys() -> impl Strategy<Value = String> {
    let parts = [
        "a",
        "b",
        ":",
        "::",
        ";",
        "[",
        "]",
        "*",
        ",",
        "=",
        " ",
        ".",
        "\n",
        "\"",
        "disabled",
        "delay",
        "max_attempts=3",
    ];
    let made = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..7).prop_map(|parts| parts.concat());
    let names =
        prop::sample::select(vec!["a::b", "<[u8; 4] as c::T>::run", "<[[u8; 4]; 2] as c::T>::run", "[u8;*", "GET /a"]);
    prop_oneof![3 => made, 1 => names.prop_map(str::to_owned)]
}

fn overrides() -> impl Strategy<Value = Override> {
    let flag = prop::option::of(any::<bool>());
    let time = || prop::option::of((0_u64..100_000, 0_u32..1_000_000_000).prop_map(|(s, n)| Duration::new(s, n)));
    let jitter = prop::option::of(prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        (0.0..=1.0).prop_map(Jitter::Factor),
    ]);
    (flag, time(), time(), jitter, prop::option::of(1_u32..), prop::option::of(1.0..1e9_f64)).prop_map(
        |(disabled, max_elapsed, reset_after, jitter, max_attempts, multiplier)| {
            let mut made = Override { disabled, ..Override::new() };
            made.settings.max_elapsed = max_elapsed;
            made.settings.reset_after = reset_after;
            made.settings.jitter = jitter;
            made.settings.max_attempts = max_attempts;
            made.settings.multiplier = multiplier;
            made
        },
    )
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = text.parse::<Overrides>();
    }

    #[test]
    fn a_refusal_contains_the_name_of_the_override(
        settings in "[a-z_]{0,12}(=[0-9a-z .\"-]{0,8})?(, ?[a-z_]{0,12}(=[0-9a-z .-]{0,8})?)?",
    ) {
        if let Err(error) = format!("billing::charge: {settings}").parse::<Overrides>() {
            prop_assert_eq!(error.key(), Some("billing::charge"));
            prop_assert!(error.to_string().starts_with("override `billing::charge`: "));
        }
    }

    #[test]
    fn a_refused_value_is_named(
        key in prop::sample::select(crate::policy::settings::KEYS.to_vec()),
        value in "[^;,:=]{0,10}",
    ) {
        if let Err(error) = format!("a: {key}={value}").parse::<Overrides>() {
            let message = error.to_string();
            let named = key == "jitter" || message.contains(&format!("`{key}`"));
            prop_assert!(named, "{}", message);
        }
    }

    #[test]
    fn serialized_values_are_read_back(one in overrides()) {
        let mut all = Overrides::new();
        if all.insert("a::b", one).is_ok() {
            prop_assert_eq!(all.to_string().parse::<Overrides>(), Ok(all));
        }
    }

    #[test]
    fn every_set_has_a_text_that_is_read_as_the_same_set(
        keys in prop::collection::vec(keys(), 0..5),
        settings in prop::collection::vec(overrides(), 5),
    ) {
        let mut all = Overrides::new();
        for (key, one) in keys.iter().zip(settings) {
            let _refused = all.insert(key, one);
        }
        prop_assert_eq!(all.to_string().parse::<Overrides>(), Ok(all));
    }
}
