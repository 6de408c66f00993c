//! The policy that an attribute describes.

use std::time::Duration;

use attribute::{Argument, Attribute, Mistake, Value};
use backoff_core::Policy;
use serde_json::{Map, Value as Json};

/// The policy of an attribute, and what only the attribute has.
pub(crate) struct Described {
    pub(crate) policy: Policy,
    /// The settings as a configuration file has them.
    pub(crate) settings: Map<String, Json>,
    /// The timeout of the whole call.
    pub(crate) timeout: Option<Duration>,
    /// The names of the arguments that no picture shows.
    pub(crate) not_drawn: Vec<&'static str>,
}

/// Returns the policy, or the arguments that only a program can evaluate.
pub(crate) fn describe(attribute: &Attribute) -> Result<Described, Vec<Mistake>> {
    let (mut settings, mut mistakes, mut not_drawn) = (Map::new(), Vec::new(), Vec::new());
    let mut timeout = None;
    for argument in &attribute.arguments {
        match (argument.name, setting(argument)) {
            ("policy", _) => mistakes.push(only_in_program(argument)),
            ("timeout", Some(Json::String(text))) => timeout = humantime::parse_duration(&text).ok(),
            (name, _) if !argument.is_policy_setting => not_drawn.push(name),
            (_, None) => mistakes.push(only_in_program(argument)),
            (name, Some(value)) => {
                settings.insert(name.to_owned(), value);
            }
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let policy = build(settings.clone(), timeout.is_some()).map_err(|message| vec![whole(message, attribute)])?;
    Ok(Described { policy, settings, timeout, not_drawn })
}

/// Returns the policy for an outage: a request may be repeated, and its attempts are limited.
///
/// The limit keeps a simulation short. It changes nothing where a policy has a smaller one.
pub(crate) fn for_requests(described: &Described, most_attempts: u32) -> Option<Policy> {
    let mut settings = described.settings.clone();
    settings.insert("idempotent".to_owned(), Json::Bool(true));
    if described.policy.max_attempts().is_none_or(|attempts| attempts > most_attempts) {
        settings.remove("forever");
        settings.remove("max_retries");
        settings.insert("max_attempts".to_owned(), most_attempts.into());
    }
    build(settings, false).ok()
}

fn build(mut settings: Map<String, Json>, has_timeout: bool) -> Result<Policy, String> {
    let limits = ["max_attempts", "max_retries", "max_elapsed", "forever"];
    if has_timeout && !limits.iter().any(|limit| settings.contains_key(*limit)) {
        // The timeout is the limit of the call, so that the default number of attempts does not apply.
        settings.insert("forever".to_owned(), Json::Bool(true));
    }
    serde_json::from_value(Json::Object(settings)).map_err(|error| error.to_string())
}

/// Returns the value that a configuration file has for an argument.
fn setting(argument: &Argument) -> Option<Json> {
    match &argument.value {
        Value::Flag(flag) => Some(Json::Bool(*flag)),
        Value::Whole(number) => Some(Json::from(*number)),
        Value::Number(number) => Some(Json::from(*number)),
        Value::Word(text) | Value::Text(text) => Some(Json::String(text.clone())),
        Value::Code => None,
    }
}

fn only_in_program(argument: &Argument) -> Mistake {
    let name = argument.name;
    let message = match name {
        "policy" => {
            "`policy` is a value of your program, which this page does not have; write its settings here".to_owned()
        }
        _ => {
            format!("the value of `{name}` is computed by your program, which this page does not have; write a literal")
        }
    };
    Mistake { message, place: argument.place.clone() }
}

fn whole(message: String, attribute: &Attribute) -> Mistake {
    let end = attribute.arguments.iter().map(|argument| argument.place.end).max().unwrap_or_default();
    Mistake { message, place: 0..end }
}
