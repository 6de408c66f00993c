//! OpenTelemetry: an observer of the process that counts calls and retries with the instruments of a meter.
//!
//! | instrument | kind | unit | attributes |
//! |---|---|---|---|
//! | `retry.calls` | counter | `{call}` | `retry.name`, `retry.outcome`, and `retry.stop_reason` of a call that gave up |
//! | `retry.retries` | counter | `{retry}` | `retry.name`, `retry.fault` |
//! | `retry.delay` | histogram | `s` | `retry.name` |
//! | `retry.call.duration` | histogram | `s` | `retry.name`, `retry.outcome` |
//!
//! The outcome is `succeeded` (at the first attempt), `recovered` or `gave_up`. All attributes have few values, so the
//! number of time series is bounded. The names follow the conventions of OpenTelemetry: dots between the words of a
//! namespace, a plural for what is counted, and the unit beside the name instead of in it.
//!
//! Two properties of the events shape the metrics:
//!
//! - A success at the first attempt is an event only for an observer that is set by
//!   [`observe::set_global_with_successes`] (feature `successes`). Without it, `retry.calls` has no value to divide by.
//! - A call reads the clock at its start only if a setting needs the time, such as `max_elapsed`. A call without one
//!   has no duration, so `retry.call.duration` counts fewer calls than `retry.calls`.

pub mod readings;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use backoff_core::observe::{self, CallEvent, Elapsed, EventKind, GlobalObserver};
use backoff_core::{Fault, StopReason, retry};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use tower::BoxError;

use self::readings::Reading;

/// The buckets of the conventions for durations in seconds. Those of the SDK fit milliseconds.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// An observer that records events with the instruments of a meter.
#[derive(Debug)]
pub struct MeterObserver {
    calls: Counter<u64>,
    retries: Counter<u64>,
    delay: Histogram<f64>,
    duration: Histogram<f64>,
}

impl MeterObserver {
    /// Makes the instruments. They are made once, because an observer runs in every call.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        let seconds = |name, about| {
            let boundaries = SECONDS.to_vec();
            meter.f64_histogram(name).with_unit("s").with_description(about).with_boundaries(boundaries).build()
        };
        let count = |name, unit, about| meter.u64_counter(name).with_unit(unit).with_description(about).build();
        Self {
            calls: count("retry.calls", "{call}", "Calls that have ended."),
            retries: count("retry.retries", "{retry}", "Attempts after the first."),
            delay: seconds("retry.delay", "Delay before a retry."),
            duration: seconds("retry.call.duration", "Time from the start of a call to its end, with all delays."),
        }
    }

    fn ended(&self, event: &CallEvent<'_>, outcome: &'static str, reason: Option<StopReason>) {
        let mut attributes = vec![name_of(event), KeyValue::new("retry.outcome", outcome)];
        if let Elapsed::SinceStart(time) = event.elapsed() {
            self.duration.record(time.as_secs_f64(), &attributes);
        }
        attributes.extend(reason.map(|reason| KeyValue::new("retry.stop_reason", reason.as_str())));
        self.calls.add(1, &attributes);
    }
}

fn name_of(event: &CallEvent<'_>) -> KeyValue {
    KeyValue::new("retry.name", event.name())
}

impl GlobalObserver for MeterObserver {
    fn event(&self, event: &CallEvent<'_>) {
        match event.kind() {
            EventKind::Retry { delay, .. } => {
                let fault = event.fault().map_or("none", |fault| fault.kind().as_str());
                self.retries.add(1, &[name_of(event), KeyValue::new("retry.fault", fault)]);
                self.delay.record(delay.as_secs_f64(), &[name_of(event)]);
            }
            EventKind::Succeeded => self.ended(event, "succeeded", None),
            EventKind::Recovered => self.ended(event, "recovered", None),
            EventKind::GaveUp { reason, .. } => self.ended(event, "gave_up", Some(reason)),
            _ => {} // a setting that was moved to an allowed value; later versions may have more events
        }
    }
}

/// Returns the next result of a shop: as many failures as requested, and then successes.
fn answer(failures: &AtomicU32) -> Result<(), &'static str> {
    match failures.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)) {
        Ok(_) => Err("the shop is busy"),
        Err(_) => Ok(()),
    }
}

/// An order has a time limit, so the durations of its calls are known.
#[retry(max_attempts = 3, max_elapsed = "10s", initial_delay = "20ms", jitter = none, name = "shop.order")]
async fn order(failures: &AtomicU32) -> Result<(), &'static str> {
    answer(failures)
}

/// A payment has no time limit, and is never repeated after an ambiguous failure.
#[retry(max_attempts = 3, name = "shop.pay", when = |_| Fault::Ambiguous)]
async fn pay(failures: &AtomicU32) -> Result<(), &'static str> {
    answer(failures)
}

/// Observes some calls, and returns the metrics that were exported.
///
/// A process has one observer, so this can run once.
///
/// # Errors
///
/// Returns an error if the process has an observer already, or if the export fails.
pub async fn run() -> Result<Vec<Reading>, BoxError> {
    // A program uses the exporter of OTLP here.
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
    observe::set_global_with_successes(MeterObserver::new(&provider.meter("backoff")))?;

    for failures in [0, 0, 0, 1, 2, 9] {
        let _ = order(&AtomicU32::new(failures)).await;
    }
    for failures in [0, 1] {
        let _ = pay(&AtomicU32::new(failures)).await;
    }

    provider.force_flush()?;
    let readings = readings::read(&exporter)?;
    provider.shutdown()?;
    Ok(readings)
}
