//! Durations as text: the attribute and the settings read the same grammar, and nothing panics.
#![no_main]

#[path = "../../backoff-macros/src/args/duration.rs"]
#[allow(unreachable_pub, reason = "this is a module of another crate")]
mod duration;

use backoff_core::Policy;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|text: &str| {
    let by_attribute = duration::parse(text);
    let by_settings = serde_json::from_value::<Policy>(json!({ "max_push_back": text }));
    match (by_attribute, by_settings) {
        (Ok(duration), Ok(policy)) => {
            assert_eq!(policy.max_push_back(), Some(duration));
            let written = serde_json::to_value(policy).expect("a policy can be written");
            assert_eq!(serde_json::from_value::<Policy>(written).expect("and read again"), policy);
        }
        (Err(message), Err(error)) => {
            assert!(message.starts_with("invalid duration ") && error.to_string().contains("max_push_back"));
        }
        (by_attribute, by_settings) => panic!("{text:?} is {by_attribute:?} and {by_settings:?}"),
    }
});
