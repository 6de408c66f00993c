//! Changes of an attribute's text: the page has sliders, and the text is what counts.

use attribute::{Argument, readable};
use backoff_rules::{Argument as Rule, Kind};

/// Returns the text with this value of an argument, and without the arguments that contradict it.
///
/// `value` is as the attribute has it: `"250ms"` with its quotes, `full`, `5`. An empty value is a word alone.
#[must_use]
pub fn set(text: &str, name: &str, value: &str) -> String {
    let mut text = text.to_owned();
    for other in contradicting(name, value) {
        text = remove(&text, other);
    }
    if (name, value) == ("backoff", "constant") {
        // The attribute has no such word: `delay` alone makes the backoff constant.
        return if find(&text, "delay").is_some() { text } else { set(&text, "delay", "\"1s\"") };
    }
    let written = if value.is_empty() { name.to_owned() } else { format!("{name} = {value}") };
    if let Some(found) = find(&text, name) {
        text.replace_range(found.place, &written);
        return text;
    }
    let kept = text.trim_end().trim_end_matches(',');
    let comma = if kept.is_empty() { "" } else { ", " };
    format!("{kept}{comma}{written}")
}

/// Returns the text without an argument, and without the comma beside it.
#[must_use]
pub fn remove(text: &str, name: &str) -> String {
    let Some(found) = find(text, name) else { return text.to_owned() };
    let (Some(before), Some(after)) = (text.get(..found.place.start), text.get(found.place.end..)) else {
        return text.to_owned();
    };
    match after.trim_start().strip_prefix(',') {
        Some(after) => format!("{before}{}", after.trim_start()),
        None => format!("{}{after}", before.trim_end().trim_end_matches(',')),
    }
}

fn find(text: &str, name: &str) -> Option<Argument> {
    readable(text).into_iter().find(|argument| argument.name == name)
}

/// Lists the arguments that cannot be beside this one.
fn contradicting(name: &str, value: &str) -> Vec<&'static str> {
    let kind = match name {
        "backoff" => Kind::from_word(value),
        "delay" => Some(Kind::Constant),
        _ => None,
    };
    if let Some(kind) = kind {
        let rules = [Rule::Delay, Rule::InitialDelay, Rule::Multiplier, Rule::Increment, Rule::Backoff];
        // The attribute makes a backoff constant by `delay`, so that `backoff` is not beside it.
        let is_foreign = |rule: &Rule| !rule.belongs_to(kind) || (kind == Kind::Constant && *rule == Rule::Backoff);
        return rules.into_iter().filter(is_foreign).map(Rule::name).collect();
    }
    match name {
        "max_attempts" => vec!["max_retries", "forever"],
        "max_elapsed" => vec!["forever"],
        _ => Vec::new(),
    }
}
