//! Suggestions for unknown words: the nearest known word, or the argument for a name of another library.

mod foreign;

use core::fmt::Display;
use std::time::Duration;

use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Lit, Token, token};

use self::foreign::Answer::{self, Form, Millis, Noted, Rename, Urllib3};
use self::foreign::FOREIGN;
use crate::args::{Argument, Literal};

/// Suffixes of names that specify units.
const SUFFIXES: [(&str, &str); 10] = [
    ("_ms", "ms"),
    ("_millis", "ms"),
    ("_msec", "ms"),
    ("_milliseconds", "ms"),
    ("_sec", "s"),
    ("_secs", "s"),
    ("_seconds", "s"),
    ("_s", "s"),
    ("_mins", "m"),
    ("_minutes", "m"),
];

/// Returns the error for an unknown argument, after reading its value, and the argument that it seems to mean.
pub(crate) fn unknown_argument(
    key: &Ident,
    input: ParseStream,
    known: &'static [Argument],
) -> (syn::Error, Option<&'static str>) {
    let (mut name, mut place) = (key.to_string(), key.to_token_stream());
    while input.peek(Token![-]) && input.peek2(Ident::peek_any) {
        let (Ok(dash), Ok(word)) = (input.parse::<Token![-]>(), input.call(Ident::parse_any)) else { break };
        name = format!("{name}-{word}");
        dash.to_tokens(&mut place);
        word.to_tokens(&mut place);
    }
    if let Some(error) = policy_without_key(key, input) {
        return (error, None);
    }
    let mut value = None;
    if input.peek(Token![=]) && !input.peek(Token![==]) {
        value = input.parse::<Token![=]>().and_then(|_| input.parse::<Expr>()).ok();
    } else if input.peek(token::Paren) {
        drop(input.parse::<proc_macro2::TokenTree>());
    }
    let (message, meant) = if let Some((cure, meant)) = cure(&name, value.as_ref(), known) {
        (format!("unknown argument `{name}`; {cure}"), meant)
    } else {
        let names: Vec<&str> = known.iter().map(|argument| argument.name).collect();
        (format!("unknown argument `{name}` in `#[retry(...)]`; expected one of {}", listed(&names)), None)
    };
    (syn::Error::new_spanned(place, message), meant)
}

/// Returns the error for a policy without a key: the name of a constant, or a path.
fn policy_without_key(key: &Ident, input: ParseStream) -> Option<syn::Error> {
    let ends = input.is_empty() || input.peek(Token![,]);
    let name = key.to_string();
    let is_constant = ends && name.len() > 1 && !name.contains(char::is_lowercase);
    if !is_constant && !input.peek(Token![::]) {
        return None;
    }
    let written = if is_constant { name } else { format!("{name}::..") };
    Some(syn::Error::new(key.span(), format!("expected an argument before its value; use `policy = {written}`")))
}

/// Writes `maxRetries` or `MaxRetries` as `max_retries`.
fn to_snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for character in name.chars() {
        if character.is_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = character.is_lowercase();
        snake.extend(character.to_lowercase());
    }
    snake
}

/// Returns the message for an unknown word.
pub(crate) fn unknown_word(key: impl Display, word: &Ident, words: &[&str], or: Option<&str>) -> String {
    let typed = word.to_string();
    if let Some(near) = nearest(&typed, words.iter().copied()) {
        return format!("unknown value `{typed}` of `{key}`; use `{key} = {near}`");
    }
    let or = or.map_or_else(String::new, |or| format!(", or {or}"));
    format!("unknown value `{typed}` of `{key}`; expected one of {}{or}", listed(words))
}

/// Lists words for a message.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

/// Returns the candidate that differs from the typed name by at most a few letters.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let near = candidates.map(|name| (strsim::osa_distance(&typed, &name.to_lowercase()), name));
    let (distance, name) = near.min_by_key(|(distance, _)| *distance)?;
    let allowed = (name.chars().count().max(typed.chars().count()) / 3).clamp(1, 3);
    (distance <= allowed && distance < name.chars().count()).then_some(name)
}

/// Returns the form to type instead, and its argument.
fn cure(name: &str, value: Option<&Expr>, known: &'static [Argument]) -> Option<(String, Option<&'static str>)> {
    let snake = to_snake_case(name).replace('-', "_");
    let bare = snake.trim_start_matches("with_").trim_end_matches('_');
    let answered = |answer: Answer, unit| (answer_text(answer, value, unit, known), answer.argument());
    if let Some(answer) = foreign(bare) {
        return Some(answered(answer, None));
    }
    for (suffix, unit) in SUFFIXES {
        let Some(stem) = bare.strip_suffix(suffix) else {
            continue;
        };
        let ours = known.iter().find(|argument| argument.name == stem).map(|argument| Rename(argument.name));
        if let Some(answer) = ours.or_else(|| foreign(stem)) {
            return Some(answered(answer, Some(unit)));
        }
    }
    let own = known.iter().map(|argument| argument.name);
    let near =
        own.clone().find(|key| *key == bare).or_else(|| nearest(name, own.clone())).or_else(|| nearest(bare, own))?;
    Some((format!("use `{near}`"), Some(near)))
}

fn foreign(name: &str) -> Option<Answer> {
    FOREIGN.iter().find(|(names, _)| names.contains(&name)).map(|(_, answer)| *answer)
}

fn answer_text(answer: Answer, value: Option<&Expr>, unit: Option<&str>, known: &[Argument]) -> String {
    match answer {
        Rename(ours) => match value.and_then(|value| converted(ours, value, unit, known)) {
            Some(value) => format!("use `{ours} = {value}`"),
            None if unit.is_some() => format!("use `{ours}`, with a `Duration`"),
            None => format!("use `{ours}`"),
        },
        Millis(ours) => answer_text(Rename(ours), value, unit.or(Some("ms")), known),
        Noted(ours, note) => format!("{}; {note}", answer_text(Rename(ours), value, unit, known)),
        Urllib3 => {
            let first = value.and_then(number).map_or(Duration::from_secs(1), |factor| scaled(2.0 * factor));
            format!(
                "use `initial_delay = \"{}\"`; urllib3 waits 0, then the factor times 2, 4, 8, .. seconds; growth is `multiplier`",
                humantime::format_duration(first)
            )
        }
        Form(form, "") => format!("use `{form}`"),
        Form(form, note) => format!("use `{form}`; {note}"),
    }
}

/// Writes a literal in the form of an argument of this library.
fn converted(ours: &str, value: &Expr, unit: Option<&str>, known: &[Argument]) -> Option<String> {
    let Expr::Lit(literal) = value else {
        return None;
    };
    let kind = known.iter().find(|argument| argument.name == ours)?.literal?;
    let text = value.to_token_stream().to_string();
    let in_unit = |digits: &str| format!("\"{digits}{}\"", unit.unwrap_or("s"));
    match (kind, &literal.lit) {
        (Literal::Duration, Lit::Int(number)) => Some(in_unit(number.base10_digits())),
        (Literal::Duration, Lit::Float(number)) => Some(in_unit(number.base10_digits())),
        (Literal::Number, Lit::Int(_) | Lit::Float(_)) | (Literal::Duration | Literal::Text, Lit::Str(_)) => Some(text),
        _ => None,
    }
}

/// Returns the value of a literal number that is not negative.
fn number(value: &Expr) -> Option<f64> {
    let Expr::Lit(literal) = value else {
        return None;
    };
    match &literal.lit {
        Lit::Int(number) => number.base10_parse().ok(),
        Lit::Float(number) => number.base10_parse().ok(),
        _ => None,
    }
}

/// Returns seconds as a duration; the longest one if they are too many.
fn scaled(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::ARGUMENTS;

    fn answer(argument: &str) -> String {
        let parse = |input: ParseStream| {
            let key = input.call(Ident::parse_any)?;
            Ok(unknown_argument(&key, input, &ARGUMENTS).0.to_string())
        };
        syn::parse::Parser::parse_str(parse, argument).unwrap()
    }

    #[test]
    fn a_slip_is_answered_with_the_nearest_argument() {
        assert_eq!(answer("max_elapse = \"1s\""), "unknown argument `max_elapse`; use `max_elapsed`");
        assert_eq!(answer("jiter = full"), "unknown argument `jiter`; use `jitter`");
        assert_eq!(answer("maxAttempts = 3"), "unknown argument `maxAttempts`; use `max_attempts`");
        assert_eq!(answer("max-attempts = 3"), "unknown argument `max-attempts`; use `max_attempts`");
        assert_eq!(answer("attempt-timeout = \"2s\""), "unknown argument `attempt-timeout`; use `attempt_timeout`");
        assert_eq!(answer("crate-path = a"), answer("crate_path = a").replace("crate_path", "crate-path"));
    }

    #[test]
    fn a_name_like_none_of_ours_is_answered_with_the_whole_list() {
        let message = answer("zzzzzz");
        assert!(message.starts_with(
            "unknown argument `zzzzzz` in `#[retry(...)]`; expected one of `max_attempts`, `max_retries`, `max_elapsed`, "
        ));
        for Argument { name, .. } in &ARGUMENTS {
            assert!(message.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn names_of_other_libraries_are_answered_with_our_word_and_value() {
        for (argument, cure) in [
            ("max_retry = 3", "use `max_retries = 3`"),
            ("retries = n", "use `max_retries`"),
            ("max_times = 0", "use `max_retries = 0`"),
            ("take(3)", "use `max_retries`"),
            ("num_retries = 4294967295", "use `max_retries = 4294967295`"),
            ("attempts = 3", "use `max_attempts = 3`"),
            ("tries = 3", "use `max_attempts = 3`"),
            ("max_tries = 3", "use `max_attempts = 3`"),
            ("stop_after_attempt(3)", "use `max_attempts`"),
            ("min_delay = \"1s\"", "use `initial_delay = \"1s\"`"),
            ("base = 1", "use `initial_delay = \"1s\"`"),
            ("initial_interval = Duration::from_secs(1)", "use `initial_delay`"),
            ("factor = 1.5", "use `multiplier = 1.5`"),
            (
                "backoff_factor = 0.5",
                "use `initial_delay = \"1s\"`; urllib3 waits 0, then the factor times 2, 4, 8, .. seconds; growth is `multiplier`",
            ),
            (
                "backoff_factor = 2",
                "use `initial_delay = \"4s\"`; urllib3 waits 0, then the factor times 2, 4, 8, .. seconds; growth is `multiplier`",
            ),
            ("giveup = is_fatal", "use `when = |error| !..`; `true` means that another attempt is worth it"),
            ("max_interval = \"60s\"", "use `max_delay = \"60s\"`"),
            ("interval = 2", "use `delay = \"2s\"`"),
            ("wait = \"2s\"", "use `delay = \"2s\"`"),
            ("delay_ms = 100", "use `delay = \"100ms\"`"),
            ("delay-ms = 100", "use `delay = \"100ms\"`"),
            ("max_push_back_ms = 100", "use `max_push_back = \"100ms\"`"),
            ("delay_ms = ms", "use `delay`, with a `Duration`"),
            ("wait_ms = 100", "use `delay = \"100ms\"`"),
            ("timeout_ms = 100", "use `timeout = \"100ms\"`"),
            ("max_delay_secs = 20", "use `max_delay = \"20s\"`"),
            ("max_elapsed_time = 60", "use `max_elapsed = \"60s\"`"),
            ("total_delay = \"60s\"", "use `max_elapsed = \"60s\"`; the time of the attempts counts, too"),
            ("call_timeout = \"9s\"", "use `timeout = \"9s\"`"),
            ("operation_attempt_timeout = \"9s\"", "use `attempt_timeout = \"9s\"`"),
            ("before = log", "use `before_retry`; it runs before attempts 2, 3, .."),
            ("max_duration = \"60s\"", "use `max_elapsed = \"60s\"`"),
            ("deadline = \"60s\"", "use `max_elapsed = \"60s\"`"),
            ("randomization_factor = 0.5", "use `jitter = 0.5`"),
            ("notify = |e| log(e)", "use `on_retry`"),
            ("before_sleep = log", "use `on_retry`"),
            ("on_failure = log", "use `on_give_up`"),
            ("on = is_timeout", "use `when`"),
            ("retry_on = is_timeout", "use `when`"),
            ("retry_if = is_timeout", "use `when`"),
            ("predicate = is_timeout", "use `when`"),
            ("condition = is_timeout", "use `when`"),
            ("filter = is_timeout", "use `when`"),
            ("exceptions = (A, B)", "use `when = |error| matches!(error, ..)`; errors are told apart by a closure"),
            ("nested = stop", "use `inner_retries`"),
            ("stop = 3", "use `max_attempts = 5`; or `max_elapsed = \"60s\"`"),
            ("exponential_backoff", "use `backoff = exponential`"),
            ("context = ctx", "use `attempt = ctx`; it binds the number of the attempt for the body"),
            ("fallback = none", "use `or_else`"),
            ("with_max_delay = \"1s\"", "use `max_delay`"),
            ("maxRetries = 3", "use `max_retries`"),
            ("MaxRetryAttempts = 3", "use `max_retries = 3`"),
            ("ExponentialBackoff", "use `backoff = exponential`"),
            ("minTimeout = 300", "use `initial_delay = \"300ms\"`"),
            ("max_timeout = Duration::MAX", "use `max_delay`, with a `Duration`"),
            ("max_retry_time = \"60s\"", "use `max_elapsed = \"60s\"`"),
            ("wait_fixed = 2000", "use `delay = \"2000ms\"`"),
            (
                "min = 4",
                "use `initial_delay = \"4s\"`; tenacity's `min` is the shortest delay, and here no delay has a floor",
            ),
        ] {
            let (name, _) = argument.split_once([' ', '(']).unwrap_or((argument, ""));
            assert_eq!(answer(argument), format!("unknown argument `{name}`; {cure}"));
        }
    }

    #[test]
    fn no_name_from_elsewhere_is_one_of_ours_or_stands_twice() {
        let mut seen = Vec::new();
        for name in FOREIGN.iter().flat_map(|(names, _)| *names) {
            assert!(!seen.contains(name) && ARGUMENTS.iter().all(|argument| argument.name != *name), "{name}");
            seen.push(name);
        }
        for (_, answer) in FOREIGN {
            if let Rename(ours) | Millis(ours) | Noted(ours, _) = answer {
                assert!(ARGUMENTS.iter().any(|argument| argument.name == *ours), "{ours}");
            }
        }
    }
}
