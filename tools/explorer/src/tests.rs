use std::time::Duration;

use backoff_core::{Jitter, Policy, PushBackMode, Since};
use serde_json::{Value as Json, json};

use crate::{Outage, Retries, explain, nested, outage, remove, set};

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Checks the forms of an attribute: the builder is this code, and each form describes the policy that the code builds.
macro_rules! same_policy {
    ($text:literal, $($builder:tt)+) => {{
        let explained = explain($text, 0.0);
        let code = explained["builder"].as_str().unwrap();
        assert_eq!(without_space(code), without_space(stringify!($($builder)+)));
        let policy: Policy = $($builder)+;
        let toml = explained["toml"].as_str().unwrap();
        assert_eq!(toml::from_str::<Policy>(toml).unwrap(), policy, "{toml}");
        assert_eq!(explained["attribute"], if $text.is_empty() { "#[retry]".to_owned() } else { format!("#[retry({})]", $text) });
    }};
}

#[test]
fn every_form_describes_the_same_policy() {
    same_policy!("", Policy::exponential().build());
    same_policy!(
        "max_elapsed = \"60s\", initial_delay = \"250ms\", multiplier = 3",
        Policy::exponential()
            .max_elapsed(Duration::from_secs(60))
            .initial_delay(Duration::from_millis(250))
            .multiplier(3.0)
            .build()
    );
    same_policy!(
        "delay = \"1h 30m\", max_attempts = 5, jitter = 0.25, since = first_failure",
        Policy::constant(Duration::from_secs(5400))
            .max_attempts(5)
            .jitter(Jitter::Factor(0.25))
            .since(Since::FirstFailure)
            .build()
    );
    same_policy!(
        "max_attempts = 5, initial_delay = \"10us\", backoff = fibonacci, jitter = equal, idempotent, push_back = replace",
        Policy::fibonacci()
            .max_attempts(5)
            .initial_delay(Duration::from_micros(10))
            .jitter(Jitter::Equal)
            .idempotent()
            .push_back(PushBackMode::Replace)
            .build()
    );
    same_policy!("forever, backoff = linear", Policy::linear().forever().build());
}

#[test]
fn delays_and_ends_are_those_of_the_library() {
    let explained = explain("jitter = none, initial_delay = \"1s\", max_attempts = 4", 0.5);
    let bars = explained["ranges"].as_array().unwrap();
    assert_eq!(bars.iter().map(|bar| bar["high"].as_f64().unwrap()).collect::<Vec<_>>(), [1.0, 2.0, 4.0]);
    for path in explained["paths"].as_array().unwrap() {
        assert_eq!(path["starts"], json!([0.0, 1.5, 4.0, 8.5]));
        assert_eq!((&path["ends"], &path["reason"]), (&json!(9.0), &json!("no attempts left")));
    }
    let longest = &explain("max_elapsed = \"10s\"", 0.0)["paths"][2];
    assert_eq!(longest["reason"], "no time left");
    assert!(longest["ends"].as_f64().unwrap() <= 10.0);
}

#[test]
fn a_timeout_limits_the_call_by_itself_and_ends_it() {
    let path = &explain("timeout = \"2s\", jitter = none, initial_delay = \"1s\"", 0.6)["paths"][0];
    assert_eq!(path["starts"], json!([0.0, 1.6]));
    assert_eq!((&path["ends"], &path["reason"]), (&json!(2.0), &json!("the call timed out")));
}

#[test]
fn a_mistake_has_the_message_of_the_macro_and_its_place() {
    let explained = explain("max_atempts = 5, jitter = ful", 0.0);
    let mistakes = explained["mistakes"].as_array().unwrap();
    let message = |number: usize| mistakes[number]["message"].as_str().unwrap();
    assert!(message(0).contains("`max_atempts`") && message(0).contains("`max_attempts`"), "{}", message(0));
    assert_eq!((&mistakes[0]["start"], &mistakes[0]["end"]), (&json!(0), &json!(11)));
    assert_eq!(mistakes[1]["excerpt"], "ful");
    // Units of UTF-16, which a page counts in.
    let place = |text| explain(text, 0.0)["mistakes"][0]["start"].clone();
    assert_eq!(place("name = \"\u{1f980}\", max_atempts = 5"), json!(13));
}

#[test]
fn a_value_that_only_a_program_knows_is_refused_with_its_name() {
    for (text, name) in [("max_attempts = LIMIT", "`max_attempts`"), ("policy = POLICY", "`policy`")] {
        let explained = explain(text, 0.0);
        let message = explained["mistakes"][0]["message"].as_str().unwrap();
        assert!(message.contains(name) && message.contains("your program"), "{message}");
    }
    assert_eq!(explain("when = |e| true, name = \"orders\"", 0.0)["not_drawn"], json!(["when", "name"]));
}

#[test]
fn no_text_is_without_an_explanation() {
    for text in
        ["(", "\"", "max_attempts", "max_attempts = ", "= 5", ",,", "max_attempts = 0", "delay = \"1x\"", "\u{1f980}"]
    {
        let explained = explain(text, 0.0);
        let mistakes = explained["mistakes"].as_array().unwrap_or_else(|| panic!("{text}: {explained}"));
        assert!(!mistakes.is_empty() && mistakes.iter().all(|mistake| mistake["message"] != ""), "{text}");
    }
}

#[test]
fn an_argument_is_changed_added_and_removed_in_the_text() {
    assert_eq!(set("", "max_attempts", "5"), "max_attempts = 5");
    assert_eq!(set("max_attempts = 5, idempotent", "max_attempts", "7"), "max_attempts = 7, idempotent");
    assert_eq!(set("idempotent,", "max_elapsed", "\"60s\""), "idempotent, max_elapsed = \"60s\"");
    assert_eq!(set("forever", "max_attempts", "2"), "max_attempts = 2");
    assert_eq!(remove("max_attempts = 5, idempotent", "max_attempts"), "idempotent");
    assert_eq!(remove("idempotent, max_attempts = 5", "max_attempts"), "idempotent");
    assert_eq!(remove("idempotent", "max_attempts"), "idempotent");
    // Beside a mistake, the other arguments can be changed.
    assert_eq!(set("jiter = full, max_attempts = 5", "max_attempts", "6"), "jiter = full, max_attempts = 6");
}

#[test]
fn each_backoff_can_be_chosen_after_each_other() {
    let mut text = "initial_delay = \"2s\", multiplier = 3, max_attempts = 4".to_owned();
    for backoff in ["linear", "constant", "fibonacci", "constant", "exponential"] {
        text = set(&text, "backoff", backoff);
        let explained = explain(&text, 0.0);
        assert_eq!(explained["settings"]["backoff"], backoff, "{text}: {explained}");
        assert_eq!(explained["settings"]["max_attempts"], 4);
    }
}

#[test]
fn a_budget_lowers_the_peak_of_requests_that_retries_cause() {
    let setting = Outage { clients: 100, load: 0.8, lasts: 30.0, ratio: 0.1 };
    let peak = |retries| outage("max_attempts = 3", setting, retries)["peak"].as_f64().unwrap();
    let (none, policy, budget) = (peak(Retries::None), peak(Retries::Policy), peak(Retries::Budget));
    assert!(none < budget && 2.0 * budget < policy, "{none} {budget} {policy}");
    assert_eq!(outage("max_attempts = 0", setting, Retries::Policy), Json::Null);
}

#[test]
fn retries_of_nested_services_multiply_and_a_scope_adds_them_up() {
    let calls = nested("max_attempts = 3", 3, 0.1);
    assert_eq!((&calls["every"], &calls["scope"]), (&json!(27.0), &json!(3.0)));
    assert!(calls["budget"].as_f64().unwrap() < 10.0, "{calls}");
    // A policy without a limit on attempts is given one.
    assert_eq!(nested("max_elapsed = \"60s\"", 2, 0.1)["every"], json!(100.0));
}
