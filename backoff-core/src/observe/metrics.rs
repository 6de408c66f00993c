//! Counters and histograms for the `metrics` facade, with a closed set of labels.

use super::{CallEvent, Elapsed, What};

const CALLS: &str = "retry_calls_total";
const RETRIES: &str = "retry_retries_total";
const DELAY: &str = "retry_delay_seconds";
const ELAPSED: &str = "retry_elapsed_seconds";

/// Counts one event.
pub(super) fn publish(event: &CallEvent<'_>) {
    match event.what {
        What::Retry { delay } => {
            metrics::counter!(RETRIES, "name" => event.name).increment(1);
            metrics::histogram!(DELAY, "name" => event.name).record(delay.as_secs_f64());
        }
        What::GaveUp { reason } => ended(event, reason.as_str()),
        What::Recovered => ended(event, "success"),
        What::Adjusted { .. } => {}
    }
}

/// Counts a success at the first attempt, which is no event for anybody else.
pub(crate) fn succeeded_at_once(name: &'static str, elapsed: Option<std::time::Duration>) {
    count_call(name, false, "success");
    if let Some(elapsed) = elapsed {
        metrics::histogram!(ELAPSED, "name" => name).record(elapsed.as_secs_f64());
    }
}

fn ended(event: &CallEvent<'_>, result: &'static str) {
    count_call(event.name, event.attempts > 1, result);
    if let Elapsed::SinceStart(time) = event.elapsed {
        metrics::histogram!(ELAPSED, "name" => event.name).record(time.as_secs_f64());
    }
}

fn count_call(name: &'static str, retried: bool, result: &'static str) {
    let retried = if retried { "true" } else { "false" };
    metrics::counter!(CALLS, "name" => name, "retried" => retried, "result" => result).increment(1);
}
