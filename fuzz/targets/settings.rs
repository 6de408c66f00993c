//! Overrides as text and as JSON, policies as JSON: no panic, a message for every refusal, and what is written is read
//! again.
#![no_main]

use backoff_core::Policy;
use backoff_core::overrides::Overrides;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<Overrides>() {
        Ok(overrides) => is_read_again(&overrides),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match serde_json::from_str::<Overrides>(text) {
        Ok(overrides) => {
            let json = serde_json::to_string(&overrides).expect("overrides can be written");
            assert_eq!(serde_json::from_str::<Overrides>(&json).expect("and read again"), overrides);
            is_read_again(&overrides);
            let _ = overrides.find(text);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(policy) = serde_json::from_str::<Policy>(text) {
        let json = serde_json::to_string(&policy).expect("a policy can be written");
        assert_eq!(serde_json::from_str::<Policy>(&json).expect("and read again"), policy, "{json}");
        assert!(policy.ranges().take(64).all(|range| policy.max_delay().is_none_or(|cap| *range.end() <= cap)));
    }
});

fn is_read_again(overrides: &Overrides) {
    let written = overrides.to_string();
    let again: Overrides = written.parse().unwrap_or_else(|error| panic!("{written:?}: {error}"));
    assert_eq!(again, *overrides, "{written:?}");
    for (key, _) in overrides.iter() {
        assert!(overrides.find(key).is_some(), "{key:?} is a name of its own");
    }
}
