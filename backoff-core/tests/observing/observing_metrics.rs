//! The counters in `metrics`: four names, a closed set of labels, and every call once.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use backoff_core::{Fault, Jitter, Policy, StopReason, retry};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use support::{Virtual, paused, secs};

/// The series of a run, as Prometheus would write them. A histogram is the list of its values.
type Series = BTreeMap<String, Value>;

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Count(u64),
    Seconds(Vec<f64>),
}

/// Returns the counts of this thread while `run` runs.
fn counted<R>(run: impl FnOnce() -> R) -> Series {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, run);
    let series = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => Value::Count(count),
            DebugValue::Histogram(values) => Value::Seconds(values.into_iter().map(f64::from).collect()),
            DebugValue::Gauge(value) => panic!("there is no gauge, but {value}"),
        };
        (format!("{}{{{}}}", key.key().name(), labels.join(",")), value)
    };
    snapshotter.snapshot().into_vec().into_iter().map(series).collect()
}

#[track_caller]
fn count(series: &Series, name: &str) -> u64 {
    match series.get(name) {
        Some(Value::Count(count)) => *count,
        other => panic!("{name} is {other:?} in {series:#?}"),
    }
}

#[track_caller]
fn seconds<'s>(series: &'s Series, name: &str) -> &'s [f64] {
    match series.get(name) {
        Some(Value::Seconds(values)) => values,
        other => panic!("{name} is {other:?} in {series:#?}"),
    }
}

fn names(series: &Series) -> Vec<&str> {
    series.keys().map(String::as_str).collect()
}

/// An attempt that succeeds after some failures.
fn after(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    calls.set(calls.get() + 1);
    if calls.get() <= failures { Err("down") } else { Ok(calls.get()) }
}

/// Five retries.
#[retry(max_attempts = 6, delay = "0s", name = "fetch")]
fn fetch(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    after(failures, calls)
}

#[retry(max_attempts = 6, delay = "0s", name = "fetch")]
async fn fetch_async(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    after(failures, calls)
}

#[retry(max_attempts = 6, max_elapsed = "1h", delay = "0s", name = "fetch")]
fn fetch_timed(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    after(failures, calls)
}

#[retry(max_attempts = 6, delay = "0s", name = "fetch", seed = 1)]
fn fetch_full(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    after(failures, calls)
}

const SIX: Policy = Policy::constant(Duration::ZERO).max_attempts(6).build();

fn fetch_builder(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    SIX.retry(|| after(failures, calls)).name("fetch").call()
}

async fn fetch_builder_async(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    SIX.retry(|| std::future::ready(after(failures, calls))).name("fetch").await
}

type Call = fn(u32, &Cell<u32>) -> Result<u32, &'static str>;

/// The same function in every form.
const FORMS: [Call; 6] = [
    fetch,
    |failures, calls| paused(fetch_async(failures, calls)),
    fetch_timed,
    fetch_full,
    fetch_builder,
    |failures, calls| paused(fetch_builder_async(failures, calls)),
];

#[test]
fn three_failures_and_a_success_are_one_retried_call_and_three_retries() {
    for (form, fetch) in FORMS.into_iter().enumerate() {
        let series = counted(|| assert_eq!(fetch(3, &Cell::new(0)), Ok(4)));
        assert_eq!(
            names(&series),
            [
                "retry_calls_total{name=fetch,retried=true,result=success}",
                "retry_delay_seconds{name=fetch}",
                "retry_elapsed_seconds{name=fetch}",
                "retry_retries_total{name=fetch,fault=transient}",
            ],
            "form {form}"
        );
        assert_eq!(count(&series, "retry_calls_total{name=fetch,retried=true,result=success}"), 1);
        assert_eq!(count(&series, "retry_retries_total{name=fetch,fault=transient}"), 3);
        assert_eq!(seconds(&series, "retry_delay_seconds{name=fetch}"), [0.0, 0.0, 0.0]);
        assert_eq!(seconds(&series, "retry_elapsed_seconds{name=fetch}").len(), 1);
    }
}

#[test]
fn two_calls_that_always_fail_are_two_retried_calls_and_ten_retries() {
    for (form, fetch) in FORMS.into_iter().enumerate() {
        let calls = Cell::new(0);
        let series = counted(|| {
            assert_eq!(fetch(u32::MAX, &calls), Err("down"));
            assert_eq!(fetch(u32::MAX, &calls), Err("down"));
        });
        assert_eq!(calls.get(), 12);
        assert_eq!(
            count(&series, "retry_calls_total{name=fetch,retried=true,result=max_attempts,fault=transient}"),
            2,
            "form {form}"
        );
        assert_eq!(count(&series, "retry_retries_total{name=fetch,fault=transient}"), 10);
        assert_eq!(seconds(&series, "retry_elapsed_seconds{name=fetch}").len(), 2);
        assert_eq!(series.len(), 4, "{series:#?}");
    }
}

#[test]
fn a_success_at_the_first_attempt_is_a_call_that_was_not_retried() {
    for (form, fetch) in FORMS.into_iter().enumerate() {
        let series = counted(|| assert_eq!(fetch(0, &Cell::new(0)), Ok(1)));
        assert_eq!(
            names(&series),
            ["retry_calls_total{name=fetch,retried=false,result=success}", "retry_elapsed_seconds{name=fetch}"],
            "form {form}"
        );
        assert_eq!(count(&series, "retry_calls_total{name=fetch,retried=false,result=success}"), 1);
    }
}

#[test]
fn the_result_is_the_reason_and_retried_says_whether_there_was_a_second_attempt() {
    #[retry(max_attempts = 3, delay = "0s", name = "ask", when = |_| fault)]
    fn ask(fault: Fault, calls: &Cell<u32>) -> Result<u32, &'static str> {
        after(9, calls)
    }
    #[retry(max_elapsed = "1s", delay = "1ms", name = "ask", when = |_| Fault::PushBack(secs(3600)))]
    fn slow() -> Result<u32, &'static str> {
        Err("down")
    }
    #[retry(max_attempts = 2, delay = "0s", name = "ask", until = |_| false, unmet = last)]
    fn poll() -> Result<u32, &'static str> {
        Ok(1)
    }
    let calls = Cell::new(0);
    let series = counted(|| {
        let _ = (ask(Fault::Permanent, &calls), ask(Fault::Ambiguous, &calls));
        let _ = (ask(Fault::PushBack(secs(3600)), &calls), ask(Fault::Transient, &calls), slow(), poll());
    });
    for (retried, result, fault) in [
        (false, StopReason::Permanent, "permanent"),
        (false, StopReason::Ambiguous, "ambiguous"),
        (false, StopReason::PushBackTooLong, "push_back"),
        (false, StopReason::MaxElapsed, "push_back"),
    ] {
        let name = format!("retry_calls_total{{name=ask,retried={retried},result={},fault={fault}}}", result.as_str());
        assert_eq!(count(&series, &name), 1, "{result:?}");
    }
    assert_eq!(
        count(&series, "retry_calls_total{name=ask,retried=true,result=max_attempts,fault=transient}"),
        2,
        "one of them unmet"
    );
}

#[test]
fn delays_and_elapsed_time_are_in_seconds() {
    let clock = Virtual::new();
    let policy = Policy::exponential().initial_delay(secs(1)).jitter(Jitter::None).max_attempts(4).build();
    let call = policy.retry(|| Err::<(), _>("down")).name("slow");
    let series = counted(|| call.clock(|| clock.now()).sleep(|delay| clock.advance(delay)).call());
    assert_eq!(seconds(&series, "retry_delay_seconds{name=slow}"), [1.0, 2.0, 4.0]);
    assert_eq!(seconds(&series, "retry_elapsed_seconds{name=slow}"), [7.0]);
}

#[test]
fn a_call_that_is_dropped_in_its_delay_has_its_retry_counted_and_no_result() {
    #[retry(max_attempts = 3, delay = "1h", name = "dropped")]
    async fn ask() -> Result<(), &'static str> {
        Err("down")
    }
    let series = counted(|| paused(async { assert!(tokio::time::timeout(secs(1), ask()).await.is_err()) }));
    assert_eq!(
        names(&series),
        ["retry_delay_seconds{name=dropped}", "retry_retries_total{name=dropped,fault=transient}"]
    );
}

#[test]
fn a_call_without_a_name_and_a_manual_loop_are_counted_under_the_empty_name() {
    let series = counted(|| {
        assert_eq!(SIX.retry(|| Ok::<_, ()>(1)).call(), Ok(1));
        let mut attempts = SIX.start();
        while attempts.pause("down").is_ok() {}
    });
    assert_eq!(count(&series, "retry_calls_total{name=,retried=false,result=success}"), 1);
    assert_eq!(count(&series, "retry_calls_total{name=,retried=true,result=max_attempts,fault=transient}"), 1);
}

#[retry(max_attempts = 2, name = "metrics.allocates")]
fn at_once() -> Result<u32, &'static str> {
    Ok(7)
}

#[test]
fn a_success_at_the_first_attempt_allocates_its_labels_once_per_function() {
    let first = allocation_counter::measure(|| assert_eq!(at_once(), Ok(7)));
    let second = allocation_counter::measure(|| assert_eq!(at_once(), Ok(7)));
    assert!(first.count_total > 0, "the labels of the function are made by its first call");
    assert_eq!(second.count_total, 0);
}

#[retry(max_attempts = 3, delay = "1h", name = "dropped")]
async fn waits() -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_call_that_is_dropped_counts_its_retry_and_no_end() {
    let series = counted(|| {
        paused(async {
            assert!(tokio::time::timeout(secs(1), waits()).await.is_err());
        });
    });
    assert_eq!(count(&series, "retry_retries_total{name=dropped,fault=transient}"), 1);
    assert!(!names(&series).iter().any(|name| name.starts_with("retry_calls_total")), "{series:#?}");
}

#[test]
fn every_metric_has_a_text_and_a_unit() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        backoff_core::observe::describe_metrics();
        let calls = Cell::new(0);
        let policy = Policy::constant(Duration::ZERO).max_elapsed(secs(60)).build();
        assert_eq!(policy.retry(|| after(1, &calls)).name("described").call(), Ok(2));
    });
    let metrics = snapshotter.snapshot().into_vec();
    let names: Vec<_> = metrics.iter().map(|(key, ..)| key.key().name()).collect();
    for name in ["retry_calls_total", "retry_retries_total", "retry_delay_seconds", "retry_elapsed_seconds"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for (key, unit, text, _) in metrics {
        assert!(unit.is_some() && text.is_some_and(|text| !text.is_empty()), "{key:?}");
    }
}
