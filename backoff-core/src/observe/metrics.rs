//! Counters and histograms for the `metrics` facade, with a closed set of labels.

use std::time::Duration;

use metrics::{Key, Label, Metadata};

use super::{CallEvent, Elapsed, EventKind};

const CALLS: &str = "retry_calls_total";
const RETRIES: &str = "retry_retries_total";
const DELAY: &str = "retry_delay_seconds";
const ELAPSED: &str = "retry_elapsed_seconds";

/// Counts one event.
pub(super) fn publish(event: &CallEvent<'_>) {
    match event.kind {
        EventKind::Retry { delay } => {
            metrics::counter!(RETRIES, "name" => event.name, "fault" => event.failed.label()).increment(1);
            metrics::histogram!(DELAY, "name" => event.name).record(delay.as_secs_f64());
        }
        EventKind::GaveUp { reason } => {
            let (retried, result) = (retried(event), reason.as_str());
            let fault = event.failed.label();
            metrics::counter!(CALLS, "name" => event.name, "retried" => retried, "result" => result, "fault" => fault)
                .increment(1);
            ended(event);
        }
        EventKind::Recovered => {
            metrics::counter!(CALLS, "name" => event.name, "retried" => retried(event), "result" => "success")
                .increment(1);
            ended(event);
        }
        // `SuccessKeys` counts first successes.
        EventKind::ValueMoved { .. } | EventKind::Succeeded => {}
    }
}

/// The metric keys for successes at the first attempt of one call site. They are created once for each site, because
/// keys with labels are allocated and every success has the same labels.
#[derive(Debug)]
pub(crate) struct SuccessKeys {
    calls: Key,
    elapsed: Key,
}

/// The keys of calls without a name, which need no allocation.
static UNNAMED: SuccessKeys = SuccessKeys::unnamed();

/// Counts a success at the first attempt of a call without a call site.
pub(crate) fn count_success_of(name: &'static str, elapsed: Option<Duration>) {
    if name.is_empty() { UNNAMED.count(elapsed) } else { SuccessKeys::of(name).count(elapsed) }
}

impl SuccessKeys {
    const fn unnamed() -> Self {
        static OF_CALLS: [Label; 3] = [
            Label::from_static_parts("name", ""),
            Label::from_static_parts("retried", "false"),
            Label::from_static_parts("result", "success"),
        ];
        static OF_ELAPSED: [Label; 1] = [Label::from_static_parts("name", "")];
        Self { calls: Key::from_static_parts(CALLS, &OF_CALLS), elapsed: Key::from_static_parts(ELAPSED, &OF_ELAPSED) }
    }

    pub(crate) fn of(name: &'static str) -> Self {
        let labels = &[("name", name), ("retried", "false"), ("result", "success")];
        Self { calls: Key::from_parts(CALLS, labels), elapsed: Key::from_parts(ELAPSED, &[("name", name)]) }
    }

    /// Counts a success at the first attempt. Other observers receive no event for it.
    pub(crate) fn count(&self, elapsed: Option<Duration>) {
        const METADATA: &Metadata<'static> = &Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));
        metrics::with_recorder(|recorder| {
            recorder.register_counter(&self.calls, METADATA).increment(1);
            if let Some(elapsed) = elapsed {
                recorder.register_histogram(&self.elapsed, METADATA).record(elapsed.as_secs_f64());
            }
        });
    }
}

const fn retried(event: &CallEvent<'_>) -> &'static str {
    if event.attempts > 1 { "true" } else { "false" }
}

fn ended(event: &CallEvent<'_>) {
    if let Elapsed::SinceStart(time) = event.elapsed {
        metrics::histogram!(ELAPSED, "name" => event.name).record(time.as_secs_f64());
    }
}
