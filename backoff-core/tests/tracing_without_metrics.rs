//! The time in events if the clock was not read before the first failure. With `metrics`, every call is timed from its
//! start.
#![cfg(all(feature = "tracing", feature = "macros", feature = "tokio", not(feature = "metrics")))]

use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backoff_core::{Jitter, Policy, retry};
use support::Events;
use tracing::Subscriber;
use tracing::field::{Field, Visit};

const ELAPSED: &str = "retry.elapsed_ms";
const SINCE: &str = "retry.since_first_failure_ms";

/// Keeps the fields of each event that contain a time.
#[derive(Clone, Default)]
struct Times(Arc<Mutex<Vec<(&'static str, u64)>>>);

impl Visit for &Times {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if [ELAPSED, SINCE].contains(&field.name()) {
            self.0.lock().expect("no test panics in it").push((field.name(), value));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl Times {
    fn subscriber(&self) -> impl Subscriber + Send + Sync + use<> {
        let times = self.clone();
        Events::all(move |event| event.record(&mut &times))
    }
}

/// Runs a future on tokio's paused time, and returns the times that were logged.
fn times(run: impl Future) -> Vec<(&'static str, u64)> {
    let times = Times::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    tracing::subscriber::with_default(times.subscriber(), || {
        runtime.expect("a runtime without i/o can always be made").block_on(run)
    });
    times.0.lock().expect("no test panics in it").clone()
}

/// Takes a second, and fails the first two times.
async fn slow(calls: &Cell<u32>) -> Result<u32, &'static str> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    calls.set(calls.get() + 1);
    if calls.get() <= 2 { Err("down") } else { Ok(calls.get()) }
}

#[retry(max_attempts = 3, delay = "4s", jitter = none)]
async fn lean(calls: &Cell<u32>) -> Result<u32, &'static str> {
    slow(calls).await
}

#[retry(max_attempts = 3, delay = "4s", jitter = none, max_elapsed = "1h")]
async fn timed(calls: &Cell<u32>) -> Result<u32, &'static str> {
    slow(calls).await
}

#[retry(max_attempts = 3, delay = "4s", jitter = none, seed = 1)]
async fn full(calls: &Cell<u32>) -> Result<u32, &'static str> {
    slow(calls).await
}

const POLICY: Policy = Policy::constant(Duration::from_secs(4)).jitter(Jitter::None).max_attempts(3).build();

#[test]
fn without_a_time_limit_time_counts_from_the_first_failure_and_is_reported_so() {
    let since = [(SINCE, 0), (SINCE, 5_000), (SINCE, 10_000)];
    let calls = Cell::new(0);
    assert_eq!(times(lean(&calls)), since);
    calls.set(0);
    assert_eq!(times(full(&calls)), since);
    calls.set(0);
    assert_eq!(times(async { POLICY.retry(|| slow(&calls)).await }), since);
}

#[test]
fn with_a_limit_or_a_hook_it_counts_from_the_start_of_the_call() {
    let elapsed = [(ELAPSED, 1_000), (ELAPSED, 6_000), (ELAPSED, 11_000)];
    let calls = Cell::new(0);
    assert_eq!(times(timed(&calls)), elapsed);
    calls.set(0);
    assert_eq!(times(async { POLICY.retry(|| slow(&calls)).on_retry(|_| ()).await }), elapsed);
    calls.set(0);
    let limited = POLICY.edit().max_elapsed(Duration::from_secs(3600)).build();
    assert_eq!(times(async { limited.retry(|| slow(&calls)).await }), elapsed);
}

#[test]
fn a_call_that_gives_up_reports_the_same_kind_of_time() {
    #[retry(max_attempts = 2, delay = "4s", jitter = none)]
    async fn fails() -> Result<(), &'static str> {
        Err("down")
    }
    assert_eq!(times(fails()), [(SINCE, 0), (SINCE, 4_000)]);
}

#[test]
fn a_call_that_is_cancelled_in_its_delay_reports_the_time() {
    #[retry(max_attempts = 3, delay = "1h", cancel = tokio::time::sleep(Duration::from_secs(7)))]
    async fn fails() -> Result<(), &'static str> {
        Err("down")
    }
    assert_eq!(times(fails()), [(SINCE, 0), (SINCE, 7_000)]);
}

/// Each attempt takes 20 ms; the second succeeds.
#[cfg(feature = "overrides")]
#[retry(max_attempts = 4, delay = "0s", name = "overridden")]
fn recovers_slowly(calls: &Cell<u32>) -> Result<(), &'static str> {
    std::thread::sleep(Duration::from_millis(20));
    calls.set(calls.get() + 1);
    if calls.get() < 2 { Err("down") } else { Ok(()) }
}

#[cfg(feature = "overrides")]
#[test]
fn a_recovery_under_an_override_reports_the_time_since_the_first_failure() {
    backoff_core::overrides::load("overridden: max_attempts=3").expect("a good override");
    let times = Times::default();
    tracing::subscriber::with_default(times.subscriber(), || recovers_slowly(&Cell::new(0)))
        .expect("the second succeeds");
    let told = times.0.lock().expect("no test panics in it").clone();
    let (name, last) = *told.last().expect("a recovery is told");
    assert_eq!(name, SINCE);
    assert!(last >= 20, "the second attempt is in it: {told:?}");
}
