//! Counters and histograms for the `metrics` facade, with a closed set of labels.

use std::time::Duration;

use metrics::{Key, Label, Metadata, Unit};

use super::{CallEvent, Elapsed, EventKind};
use crate::Fault;

const CALLS: &str = "retry_calls_total";
const RETRIES: &str = "retry_retries_total";
const DELAY: &str = "retry_delay_seconds";
const ELAPSED: &str = "retry_elapsed_seconds";

/// Describes the metrics of this library to the recorder: their texts for people, and their units.
///
/// Call it once, after the recorder is installed. Exporters show the texts beside the values, as Prometheus does in
/// `# HELP`. Nothing else depends on them.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, observe};
/// use metrics_util::debugging::DebuggingRecorder;
///
/// let recorder = DebuggingRecorder::new(); // or that of an exporter
/// let page = recorder.snapshotter();
/// # metrics::with_local_recorder(&recorder, || {
/// // After `recorder.install()`:
/// observe::describe_metrics();
/// let policy = Policy::default();
/// assert_eq!(policy.retry(|| Ok::<_, ()>(1)).call(), Ok(1));
/// # });
/// for (_, _, text, _) in page.snapshot().into_vec() {
///     assert!(text.is_some_and(|text| !text.is_empty()));
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub fn describe_metrics() {
    metrics::describe_counter!(CALLS, Unit::Count, "Calls that ended, by their result and whether they made retries");
    metrics::describe_counter!(RETRIES, Unit::Count, "Retries that were scheduled, by the fault of the failed attempt");
    metrics::describe_histogram!(DELAY, Unit::Seconds, "Delays before retries");
    metrics::describe_histogram!(ELAPSED, Unit::Seconds, "Elapsed time of calls, attempts and delays included");
}

/// Counts one event.
pub(super) fn publish(event: &CallEvent<'_>) {
    match event.kind {
        EventKind::Retry { delay } => {
            metrics::counter!(RETRIES, "name" => event.name, "fault" => fault_of(event)).increment(1);
            metrics::histogram!(DELAY, "name" => event.name).record(delay.as_secs_f64());
        }
        EventKind::GaveUp { reason } => {
            let (retried, result) = (retried(event), reason.as_str());
            let fault = fault_of(event);
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

/// Returns the label `fault`: `none` if a limit ended the call during a delay.
fn fault_of(event: &CallEvent<'_>) -> &'static str {
    event.fault().map_or("none", Fault::label)
}

const fn retried(event: &CallEvent<'_>) -> &'static str {
    if event.attempts > 1 { "true" } else { "false" }
}

fn ended(event: &CallEvent<'_>) {
    if let Elapsed::SinceStart(time) = event.elapsed {
        metrics::histogram!(ELAPSED, "name" => event.name).record(time.as_secs_f64());
    }
}
