//! The observer of the whole process: there is one, and it receives the events of every call on every thread.

use std::cell::Cell;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use backoff_core::observe::{CallEvent, Elapsed, EventKind, Level, set_global};
use backoff_core::{Fault, Policy, StopReason, retry};
use support::{Virtual, paused, secs};

use crate::observe;

/// An event, without borrowed parts.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    name: String,
    what: EventKind,
    attempts: u32,
    max_attempts: Option<u32>,
    error: String,
    level: Level,
    elapsed: Elapsed,
}

static SEEN: Mutex<Vec<Seen>> = Mutex::new(Vec::new());

fn note(event: &CallEvent<'_>) {
    SEEN.lock().expect("no test panics in it").push(Seen {
        name: event.name().to_owned(),
        what: event.kind(),
        attempts: event.attempts(),
        max_attempts: event.max_attempts(),
        error: event.error().to_string(),
        level: event.level(),
        elapsed: event.elapsed(),
    });
}

/// Returns the events of the calls of this name. Every test uses separate names, because all share one process.
fn events(name: &str) -> Vec<Seen> {
    static SET: OnceLock<()> = OnceLock::new();
    SET.get_or_init(|| observe(note));
    SEEN.lock().expect("no test panics in it").iter().filter(|seen| seen.name == name).cloned().collect()
}

/// Returns the kind, the number of attempts and the error of each event.
fn outline(name: &str) -> Vec<(EventKind, u32, String)> {
    events(name).into_iter().map(|seen| (seen.what, seen.attempts, seen.error)).collect()
}

fn after(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    calls.set(calls.get() + 1);
    if calls.get() <= failures { Err("down") } else { Ok(calls.get()) }
}

fn is_retry(kind: EventKind) -> bool {
    matches!(kind, EventKind::Retry { .. })
}

#[test]
fn it_receives_retries_recoveries_and_give_ups_but_no_first_success() {
    #[retry(max_attempts = 3, delay = "0s", name = "global.attribute", log = "warn")]
    fn ask(is_up: bool) -> Result<u32, &'static str> {
        if is_up { Ok(1) } else { Err("down") }
    }
    assert_eq!(events("global.attribute"), []);
    assert_eq!(ask(true), Ok(1));
    assert_eq!(events("global.attribute"), []);
    assert_eq!(ask(false), Err("down"));
    let seen = events("global.attribute");
    assert_eq!(seen.len(), 3);
    assert!(is_retry(seen[0].what) && is_retry(seen[1].what));
    let last = &seen[2];
    assert!(matches!(last.what, EventKind::GaveUp { reason: StopReason::MaxAttempts, .. }), "{last:?}");
    assert_eq!((last.attempts, last.max_attempts, last.error.as_str(), last.level), (3, Some(3), "down", Level::Warn));
}

#[test]
fn it_receives_builder_calls_under_their_name() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
    assert_eq!(events("global.builder"), []);
    let calls = Cell::new(0);
    assert_eq!(policy.retry(|| after(1, &calls)).name("global.builder").call(), Ok(2));
    let seen = outline("global.builder");
    assert_eq!((seen.len(), seen[1].0, seen[1].1, seen[1].2.as_str()), (2, EventKind::Recovered, 2, ""));
    assert!(is_retry(seen[0].0));
}

#[test]
fn it_receives_async_calls_with_their_delay_and_time() {
    #[retry(max_attempts = 2, delay = "1s", jitter = none, name = "global.async", when = |_| Fault::PushBack(secs(4)))]
    async fn ask() -> Result<(), &'static str> {
        Err("busy")
    }
    assert_eq!(events("global.async"), []);
    assert_eq!(paused(ask()), Err("busy"));
    let seen = events("global.async");
    assert!(matches!(seen[0].what, EventKind::Retry { delay, .. } if delay == secs(5)), "{:?}", seen[0]);
    assert_eq!((seen[0].level, seen[1].elapsed.time()), (Level::Debug, Some(secs(5))));
}

#[test]
fn there_is_one_for_the_whole_process() {
    assert_eq!(events("global.none"), []);
    let error = set_global(|_: &CallEvent<'_>| panic!("it is not used")).unwrap_err();
    assert_eq!(error.to_string(), "the global observer is set already; set it once, at the start of the process");
    assert_eq!(Policy::default().retry(|| Err::<(), _>(())).when(|()| false).name("global.once").call(), Err(()));
    assert_eq!(events("global.once").len(), 1);
}

#[test]
fn a_retry_event_has_the_number_in_the_sequence_and_an_end_event_all_attempts() {
    assert_eq!(events("sequences"), []);
    paused(async {
        let policy = Policy::constant(secs(1)).max_attempts(2).reset_after(secs(5)).build();
        let calls = Cell::new(0);
        let call = policy.retry(|| async {
            calls.set(calls.get() + 1);
            tokio::time::sleep(secs(if calls.get() < 4 { 5 } else { 1 })).await;
            Err::<(), _>("down")
        });
        assert_eq!(call.name("sequences").await, Err("down"));
    });
    let seen: Vec<_> = events("sequences").into_iter().map(|seen| (seen.attempts, seen.max_attempts)).collect();
    assert_eq!(seen, [(1, Some(2)), (1, Some(2)), (1, Some(2)), (4, Some(2))]);
}

#[test]
fn both_steps_of_a_loop_publish_the_events_of_a_call() {
    const POLICY: Policy = Policy::exponential().max_attempts(4).max_elapsed(secs(60)).build();
    assert_eq!(events("loop"), []);
    let taken = || {
        let mut seen = SEEN.lock().expect("no test panics in it");
        let (taken, others) = std::mem::take(&mut *seen).into_iter().partition::<Vec<_>, _>(|seen| seen.name == "loop");
        *seen = others;
        taken
    };
    let (seed, down) = (7, Fault::PushBack(secs(1)));
    for failures in 0..5 {
        let time = Virtual::new();
        let calls = Cell::new(0);
        let call = POLICY.retry(|| after(failures, &calls)).when(|_| down).seed(seed).name("loop");
        let result = call.clock(|| time.now()).sleep(|delay| time.advance(delay)).call();
        let expected = taken();

        let (time, calls) = (Virtual::new(), Cell::new(0));
        let attempts = POLICY.start().seed(seed).name("loop");
        let mut attempts = attempts.clock(|| time.now()).sleep(|delay| time.advance(delay));
        let by_hand = loop {
            match after(failures, &calls) {
                Ok(value) => break Ok(value), // the loop is dropped here
                Err(error) => {
                    if let Err(error) = attempts.failed_as(error, down) {
                        break Err(error);
                    }
                }
            }
            assert_eq!(attempts.wait(), Ok(()));
        };
        drop(attempts);
        assert_eq!(by_hand, result);
        assert_eq!(taken(), expected, "after {failures}");
        assert_eq!(expected.len(), [0, 2, 3, 4, 4][failures as usize]);
    }
}
