//! The events that a subscriber of each level receives, in a process with one subscriber at a time. Failures that no
//! subscriber of that level receives take a shorter path, and later events must not miss what it left out.
#![cfg(all(feature = "tracing", feature = "macros", feature = "tokio", not(feature = "metrics")))]

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backoff_core::{Policy, retry};
use support::Events;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};

const LEVELS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// One received event: its level, the number of the attempt, and the time since the first failure.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    level: Level,
    attempt: u64,
    since_first_failure: Option<u64>,
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "retry.attempt" => self.attempt = value,
            "retry.since_first_failure_ms" => self.since_first_failure = Some(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// The received events.
type Lines = Arc<Mutex<Vec<Line>>>;

/// Returns a subscriber that keeps the events up to this level.
fn log(filter: LevelFilter, lines: &Lines) -> impl Subscriber + Send + Sync + use<> {
    let lines = Arc::clone(lines);
    Events::up_to(filter, move |event| {
        let mut line = Line { level: *event.metadata().level(), attempt: 0, since_first_failure: None };
        event.record(&mut line);
        lines.lock().expect("no test panics in it").push(line);
    })
}

/// Runs a call on paused time under a subscriber of this level. Returns what it received.
fn logged(filter: LevelFilter, call: impl Future) -> Vec<Line> {
    let lines = Lines::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    tracing::subscriber::with_default(log(filter, &lines), || {
        runtime.expect("a runtime without i/o can always be made").block_on(call)
    });
    lines.lock().expect("no test panics in it").clone()
}

/// Takes ten milliseconds, and succeeds from the fourth attempt on if the call may recover.
async fn attempt(calls: &Cell<u64>, recovers: bool) -> Result<(), &'static str> {
    tokio::time::sleep(Duration::from_millis(10)).await;
    calls.set(calls.get() + 1);
    if recovers && calls.get() == 4 { Ok(()) } else { Err("down") }
}

/// Waits whole milliseconds and adds them up, because a timer rounds.
async fn wait(slept: &Cell<u64>, delay: Duration) {
    let millis = u64::try_from(delay.as_millis()).expect("a short delay");
    slept.set(slept.get() + millis);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[retry(max_attempts = 5, initial_delay = "1s", sleep = |delay| wait(slept, delay))]
async fn annotated(calls: &Cell<u64>, slept: &Cell<u64>, recovers: bool) -> Result<(), &'static str> {
    attempt(calls, recovers).await
}

async fn built(calls: &Cell<u64>, slept: &Cell<u64>, recovers: bool) -> Result<(), &'static str> {
    const POLICY: Policy = Policy::exponential().initial_delay(Duration::from_secs(1)).max_attempts(5).build();
    POLICY.retry(|| attempt(calls, recovers)).sleep(|delay| wait(slept, delay)).await
}

/// The events of a call that made `attempts` attempts, the last of which ended the call.
fn expected(
    filter: LevelFilter,
    attempts: u64,
    end: Level,
    since_first_failure: u64,
) -> Vec<(Level, u64, Option<u64>)> {
    let mut lines = Vec::new();
    if filter >= LevelFilter::DEBUG {
        lines.extend((1..attempts).map(|attempt| (Level::DEBUG, attempt, None)));
    }
    if filter >= end {
        lines.push((end, attempts, Some(since_first_failure)));
    }
    lines
}

/// One test, because `tracing` takes the most detailed level of all subscribers.
#[test]
fn events_report_the_time_since_the_first_failure_at_every_level_if_it_was_recorded() {
    a_time_since_the_first_failure_that_nobody_recorded_is_not_reported();
    a_subscriber_of_any_level_receives_its_events_with_the_time_since_the_first_failure();
}

fn a_subscriber_of_any_level_receives_its_events_with_the_time_since_the_first_failure() {
    for filter in LEVELS {
        for (recovers, attempts, end) in [(true, 4, Level::INFO), (false, 5, Level::WARN)] {
            let (calls, slept) = (Cell::new(0), Cell::new(0));
            let by_attribute = logged(filter, annotated(&calls, &slept, recovers));
            let since_first_failure = slept.get() + 10 * (attempts - 1);
            check(filter, &by_attribute, &expected(filter, attempts, end, since_first_failure));

            let (calls, slept) = (Cell::new(0), Cell::new(0));
            let by_policy = logged(filter, built(&calls, &slept, recovers));
            let since_first_failure = slept.get() + 10 * (attempts - 1);
            check(filter, &by_policy, &expected(filter, attempts, end, since_first_failure));
        }
    }
}

#[track_caller]
fn check(filter: LevelFilter, lines: &[Line], expected: &[(Level, u64, Option<u64>)]) {
    let seen: Vec<_> = lines
        .iter()
        .zip(expected)
        .map(|(line, (.., time))| (line.level, line.attempt, time.and(line.since_first_failure)))
        .collect();
    assert_eq!((lines.len(), &*seen), (expected.len(), expected), "at level {filter}");
}

/// The subscriber comes while the call waits after its first failure.
fn a_time_since_the_first_failure_that_nobody_recorded_is_not_reported() {
    const POLICY: Policy = Policy::exponential().initial_delay(Duration::from_secs(1)).max_attempts(3).build();
    for is_annotated in [true, false] {
        logged(LevelFilter::OFF, async {}); // until another one comes, `tracing` keeps the level of the last subscriber
        let lines = Lines::default();
        let guard = Cell::new(None);
        let attempts = Cell::new(0);
        let mut call = std::pin::pin!(async {
            let operation = || {
                attempts.set(attempts.get() + 1);
                if attempts.get() == 2 {
                    guard.set(Some(tracing::subscriber::set_default(log(LevelFilter::TRACE, &lines))));
                }
                std::future::ready(Err::<(), _>("down"))
            };
            if is_annotated {
                let _ = annotated_by(operation).await;
            } else {
                let _ = POLICY.retry(operation).sleep(|_| std::future::ready(())).await;
            }
        });
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(call.as_mut().poll(&mut context).is_ready());
        drop(guard.take());
        let lines = lines.lock().expect("no test panics in it").clone();
        let attempts: Vec<_> = lines.iter().map(|line| (line.attempt, line.since_first_failure)).collect();
        assert_eq!(attempts, [(2, None), (3, None)], "by the attribute: {is_annotated}");
    }
}

#[retry(max_attempts = 3, initial_delay = "1s", sleep = |_| std::future::ready(()))]
async fn annotated_by<F: Future<Output = Result<(), &'static str>>>(
    operation: impl Fn() -> F,
) -> Result<(), &'static str> {
    operation().await
}
