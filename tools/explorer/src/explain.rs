//! All that the page shows of one attribute.

use std::time::Duration;

use attribute::{Argument, Mistake, read, readable};
use backoff_core::Policy;
use serde_json::{Value as Json, json};

use crate::forms;
use crate::policy::{Described, describe};
use crate::timeline::{Path, follow, ranges};

/// Bars that are drawn.
const BARS: usize = 12;

/// Explains the attribute `#[retry(text)]`, for calls whose attempts always fail after `attempt` seconds.
#[must_use]
pub fn explain(text: &str, attempt: f64) -> Json {
    let attempt = Duration::try_from_secs_f64(attempt).unwrap_or_default();
    let attribute = match read(text) {
        Ok(attribute) => attribute,
        Err(mistakes) => return refused(text, &mistakes),
    };
    let described = match describe(&attribute) {
        Ok(described) => described,
        Err(mistakes) => return refused(text, &mistakes),
    };
    let paths = [("shortest", u64::MIN), ("middle", u64::MAX / 2), ("longest", u64::MAX)];
    json!({
        "attribute": forms::attribute(text),
        "builder": forms::builder(&attribute),
        "toml": forms::toml(&attribute),
        "section": attribute.section,
        "settings": settings(&described),
        "given": names(&attribute.arguments),
        "not_drawn": described.not_drawn,
        "ranges": ranges(&described.policy, BARS).into_iter()
            .map(|(low, high)| json!({ "low": low.as_secs_f64(), "high": high.as_secs_f64() })).collect::<Vec<_>>(),
        "paths": paths.map(|(name, number)| path(name, &follow(&described, attempt, number))),
    })
}

fn path(name: &str, path: &Path) -> Json {
    json!({
        "name": name,
        "starts": path.starts.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
        "ends": path.end.map(|(at, _)| at.as_secs_f64()),
        "reason": path.end.map(|(_, reason)| reason.to_string()),
    })
}

/// Returns the values that are in force, for the sliders. A time is in seconds.
fn settings(described: &Described) -> Json {
    let policy = &described.policy;
    let written = serde_json::to_value(policy).unwrap_or_default();
    json!({
        "backoff": written.get("backoff"),
        "first_delay": first_delay(policy),
        "multiplier": written.get("multiplier").and_then(Json::as_f64).unwrap_or(backoff_rules::defaults::MULTIPLIER),
        "max_delay": policy.max_delay().map(|cap| cap.as_secs_f64()),
        "max_attempts": policy.max_attempts(),
        "max_elapsed": policy.max_elapsed().map(|limit| limit.as_secs_f64()),
        "jitter": policy.jitter().word().map_or_else(Json::from, Json::from),
    })
}

/// Returns the delay of the first retry before jitter.
fn first_delay(policy: &Policy) -> Option<f64> {
    // A policy without retries has no delay; its first one is that of the same policy with a retry.
    let one_retry = policy.edit().max_attempts(2).try_build();
    one_retry.ok().as_ref().unwrap_or(policy).base_delays().next().map(|delay| delay.as_secs_f64())
}

fn refused(text: &str, mistakes: &[Mistake]) -> Json {
    let mistakes = mistakes.iter().map(|mistake| {
        // A page counts in units of UTF-16.
        let units = |end: usize| text.get(..end).unwrap_or(text).encode_utf16().count();
        json!({
            "message": mistake.message,
            "start": units(mistake.place.start),
            "end": units(mistake.place.end),
            "excerpt": text.get(mistake.place.clone()).unwrap_or_default(),
        })
    });
    json!({ "mistakes": mistakes.collect::<Vec<_>>(), "given": names(&readable(text)) })
}

fn names(arguments: &[Argument]) -> Vec<&'static str> {
    arguments.iter().map(|argument| argument.name).collect()
}
