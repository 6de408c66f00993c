//! The same policy as an attribute, as a builder and as TOML, to copy.

use std::time::Duration;

use attribute::{Argument, Attribute, Value};

/// Returns the attribute with all its arguments.
pub(crate) fn attribute(text: &str) -> String {
    let text = text.trim().trim_end_matches(',');
    if text.is_empty() { "#[retry]".to_owned() } else { format!("#[retry({text})]") }
}

/// Returns the builder of the policy.
pub(crate) fn builder(attribute: &Attribute) -> String {
    let settings: Vec<&Argument> = attribute.arguments.iter().filter(|argument| argument.is_policy_setting).collect();
    let find = |name: &str| settings.iter().find(|argument| argument.name == name);
    let start = match (find("delay"), find("backoff").map(|backoff| &backoff.value)) {
        (Some(delay), _) => format!("constant({})", argument(delay)),
        (None, Some(Value::Word(word))) => format!("{word}()"),
        (None, _) => "exponential()".to_owned(),
    };
    let setters = settings.iter().filter(|setting| !matches!(setting.name, "delay" | "backoff"));
    let lines: Vec<String> = setters.map(|setting| setter(setting)).chain(["build()".to_owned()]).collect();
    format!("Policy::{start}\n    .{}", lines.join("\n    ."))
}

fn setter(setting: &Argument) -> String {
    match setting.value {
        Value::Flag(true) => format!("{}()", setting.name),
        Value::Flag(false) => format!("{}_if(false)", setting.name),
        _ => format!("{}({})", setting.name, argument(setting)),
    }
}

fn argument(setting: &Argument) -> String {
    match (setting.name, &setting.value) {
        ("jitter", Value::Word(word)) => format!("Jitter::{}", variant(word)),
        ("jitter", Value::Number(factor)) => format!("Jitter::Factor({factor:?})"),
        ("jitter", Value::Whole(factor)) => format!("Jitter::Factor({factor}.0)"),
        ("since", Value::Word(word)) => format!("Since::{}", variant(word)),
        ("push_back", Value::Word(word)) => format!("PushBackMode::{}", variant(word)),
        ("multiplier", Value::Whole(number)) => format!("{number}.0"),
        (_, Value::Text(text)) => humantime::parse_duration(text).map_or_else(|_| format!("{text:?}"), duration),
        (_, Value::Whole(number)) => number.to_string(),
        (_, Value::Number(number)) => format!("{number:?}"),
        (_, Value::Word(text)) => text.clone(),
        (_, Value::Flag(flag)) => flag.to_string(),
        (_, Value::Code) => String::new(),
    }
}

/// Returns `FirstFailure` for `first_failure`.
fn variant(word: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    word.split('_').map(capital).collect()
}

fn duration(time: Duration) -> String {
    let nanos = time.as_nanos();
    let units = [("secs", 1_000_000_000), ("millis", 1_000_000), ("micros", 1_000)];
    match units.into_iter().find(|(_, unit)| nanos % unit == 0) {
        Some((unit, size)) => format!("Duration::from_{unit}({})", nanos / size),
        None => format!("Duration::from_nanos({nanos})"),
    }
}

/// Returns the settings of the policy for a configuration file.
pub(crate) fn toml(attribute: &Attribute) -> String {
    let settings = attribute.arguments.iter().filter(|argument| argument.is_policy_setting);
    let lines = settings.map(|setting| {
        let value = match &setting.value {
            Value::Word(text) | Value::Text(text) => format!("{text:?}"),
            Value::Whole(number) => number.to_string(),
            Value::Number(number) => format!("{number:?}"),
            Value::Flag(flag) => flag.to_string(),
            Value::Code => String::new(),
        };
        format!("{} = {value}", setting.name)
    });
    lines.collect::<Vec<_>>().join("\n")
}
