//! Successes at the first attempt, for a global observer that requested them. It belongs to the whole process, so this
//! is a separate binary.

use std::cell::Cell;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use backoff_core::observe::{CallEvent, Elapsed, EventKind, set_global, set_global_with_successes};
use backoff_core::{Policy, call_sites, retry, testing};
use support::paused;

/// Kind, attempts, largest number of attempts, and time of an event.
type Seen = (EventKind, u32, Option<u32>, Elapsed);

static SEEN: Mutex<Vec<(String, Seen)>> = Mutex::new(Vec::new());

fn note(event: &CallEvent<'_>) {
    let seen = (event.kind(), event.attempts(), event.max_attempts(), event.elapsed());
    SEEN.lock().expect("no test panics in it").push((event.name().to_owned(), seen));
    assert!(event.name() != "successes.panics", "the observer broke");
    // A call that the observer makes is not reported. Otherwise this one would never end.
    let _ = inside();
}

#[retry(name = "successes.inside")]
fn inside() -> Result<(), &'static str> {
    Ok(())
}

fn watch() {
    static SET: OnceLock<()> = OnceLock::new();
    SET.get_or_init(|| set_global_with_successes(note).expect("nobody else observes"));
}

/// Returns the events of the calls of this name. Every test uses separate names, because all share one process.
fn events(name: &str) -> Vec<Seen> {
    SEEN.lock().expect("no test panics in it").iter().filter(|(of, _)| of == name).map(|(_, seen)| *seen).collect()
}

fn kinds(name: &str) -> Vec<EventKind> {
    events(name).into_iter().map(|(kind, ..)| kind).collect()
}

const QUICK: Policy = Policy::constant(Duration::ZERO).max_attempts(2).build();

/// Succeeds after some failures.
fn after(failures: u32, calls: &Cell<u32>) -> Result<(), &'static str> {
    calls.set(calls.get() + 1);
    if calls.get() <= failures { Err("down") } else { Ok(()) }
}

#[retry(max_attempts = 2, delay = "0s", name = "successes.counted")]
fn counted(failures: u32, calls: &Cell<u32>) -> Result<(), &'static str> {
    after(failures, calls)
}

#[retry(policy = QUICK, name = "successes.full")]
fn full(failures: u32, calls: &Cell<u32>) -> Result<(), &'static str> {
    after(failures, calls)
}

#[retry(max_attempts = 2, delay = "0s", name = "successes.async")]
async fn later(failures: u32, calls: &Cell<u32>) -> Result<(), &'static str> {
    after(failures, calls)
}

fn blocking(failures: u32, calls: &Cell<u32>) -> Result<(), &'static str> {
    QUICK.retry(|| after(failures, calls)).name("successes.blocking").call()
}

async fn built(failures: u32, calls: &Cell<u32>) -> Result<(), &'static str> {
    QUICK.retry(|| async { after(failures, calls) }).name("successes.built").await
}

async fn lending(failures: u32, calls: &Cell<u32>) -> Result<(), &'static str> {
    QUICK.retry_mut(async || after(failures, calls)).name("successes.lending").call().await
}

fn by_hand(failures: u32, calls: &Cell<u32>) -> Result<(), &'static str> {
    let mut attempts = QUICK.start().name("successes.by_hand");
    loop {
        match after(failures, calls) {
            Ok(()) => {
                attempts.success();
                return Ok(());
            }
            Err(error) => attempts.pause(error)?,
        }
    }
}

/// A call of one driver.
type Call = fn(u32, &Cell<u32>) -> Result<(), &'static str>;

#[test]
fn every_call_of_every_driver_ends_with_one_event() {
    watch();
    let drivers: [(&str, Call); 7] = [
        ("counted", counted),
        ("full", full),
        ("async", |failures, calls| paused(later(failures, calls))),
        ("blocking", blocking),
        ("built", |failures, calls| paused(built(failures, calls))),
        ("lending", |failures, calls| paused(lending(failures, calls))),
        ("by_hand", by_hand),
    ];
    for (name, call) in drivers {
        let name = format!("successes.{name}");
        let results = [0, 1, 9].map(|failures| call(failures, &Cell::new(0)).is_ok());
        assert_eq!(results, [true, true, false], "{name}");
        let ends = kinds(&name).into_iter().filter(|kind| !matches!(kind, EventKind::Retry { .. }));
        let ends = ends.map(|kind| match kind {
            EventKind::Succeeded => "succeeded",
            EventKind::Recovered => "recovered",
            EventKind::GaveUp { .. } => "gave up",
            other => panic!("{other:?}"),
        });
        assert_eq!(ends.collect::<Vec<_>>(), ["succeeded", "recovered", "gave up"], "{name}");
    }
}

#[retry(max_attempts = 2, delay = "0s", name = "successes.plain")]
fn plain() -> Option<()> {
    Some(())
}

#[retry(max_attempts = 5, max_elapsed = "1m", initial_delay = "1ms", name = "successes.timed")]
async fn timed() -> Option<()> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    Some(())
}

#[test]
fn the_event_has_the_time_only_if_the_call_reads_the_clock_for_another_reason() {
    watch();
    assert!(plain().is_some() && paused(timed()).is_some());
    let [(kind, attempts, limit, elapsed)] = events("successes.plain")[..] else { panic!("one event") };
    assert_eq!((kind, attempts, limit), (EventKind::Succeeded, 1, Some(2)));
    // The feature `metrics` is such a reason.
    assert_eq!(elapsed == Elapsed::Unknown, !cfg!(feature = "metrics"), "{elapsed:?}");
    let two_seconds = Elapsed::SinceStart(Duration::from_secs(2));
    assert_eq!(events("successes.timed"), [(EventKind::Succeeded, 1, Some(5), two_seconds)]);
}

#[retry(name = "successes.panics")]
fn with_an_observer_that_panics() -> Option<u8> {
    Some(7)
}

#[test]
fn a_panic_of_the_observer_does_not_change_the_success() {
    watch();
    assert_eq!(with_an_observer_that_panics(), Some(7));
    assert_eq!(kinds("successes.panics"), [EventKind::Succeeded]);
}

#[retry(name = "successes.unlisted")]
fn unlisted() -> Option<()> {
    Some(())
}

#[test]
fn calls_of_the_observer_are_not_reported_and_a_success_lists_no_call_site() {
    watch();
    assert!(unlisted().is_some() && inside().is_ok());
    assert!(call_sites().all(|site| site.name() != "successes.unlisted"));
    assert_eq!(kinds("successes.inside"), [EventKind::Succeeded], "only the call of this test");
}

#[retry(max_attempts = 2, delay = "0s", name = "successes.lost")]
fn lost() -> Result<(), &'static str> {
    Ok(())
}

#[test]
fn a_success_whose_reply_a_test_loses_is_no_success() {
    watch();
    {
        let _guard = testing::lose_replies(1);
        assert!(lost().is_ok());
    }
    assert_eq!(kinds("successes.lost").last(), Some(&EventKind::Recovered));
    assert!(!kinds("successes.lost").contains(&EventKind::Succeeded));
}

#[test]
fn the_process_has_one_observer_of_either_kind() {
    watch();
    assert!(set_global(note).is_err() && set_global_with_successes(note).is_err());
}
