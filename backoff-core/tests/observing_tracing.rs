//! The events in `tracing`: the fields by name, the levels, and no arguments of the function.
//!
//! This is a separate binary. If a thread without a subscriber emits an event for the first time while another thread
//! sets a subscriber, `tracing` may cache for ever that nothing listens to it.

use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backoff_core::{Fault, Jitter, Policy, permanent, retry};
use support::{Events, Virtual, paused, secs};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

/// One event as a subscriber receives it: its level, its message, its fields in order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Line {
    level: String,
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Line {
    fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|(name, _)| *name).collect()
    }

    #[track_caller]
    fn get(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(known, _)| *known == name);
        field.map_or_else(|| panic!("no `{name}` in {self:?}"), |(_, value)| value.as_str())
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.fields.push((field.name(), text));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }
}

/// Returns the log events of this thread while `run` runs.
fn logged<R>(run: impl FnOnce() -> R) -> Vec<Line> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let keep = move |event: &Event<'_>| {
        let mut line = Line { level: event.metadata().level().to_string(), ..Line::default() };
        event.record(&mut line);
        log.lock().expect("no test panics in it").push(line);
    };
    tracing::subscriber::with_default(Events::all(keep), run);
    lines.lock().expect("no test panics in it").clone()
}

/// An attempt that succeeds after some failures.
fn after(failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    calls.set(calls.get() + 1);
    if calls.get() <= failures { Err("declined") } else { Ok(calls.get()) }
}

#[retry(max_attempts = 3, delay = "0s", name = "billing.charge")]
fn charge(card: &str, failures: u32, calls: &Cell<u32>) -> Result<u32, &'static str> {
    assert_eq!(card, CARD);
    after(failures, calls)
}

const CARD: &str = "4111-1111-1111-1111";

fn charged(failures: u32) -> Vec<Line> {
    logged(|| charge(CARD, failures, &Cell::new(0)))
}

const RETRY: [&str; 7] =
    ["retry.name", "retry.attempt", "retry.max_attempts", "retry.delay_ms", "retry.fault", "error", "retry.elapsed_ms"];
const GAVE_UP: [&str; 7] =
    ["retry.name", "retry.attempt", "retry.max_attempts", "retry.reason", "retry.fault", "error", "retry.elapsed_ms"];
const RECOVERED: [&str; 4] = ["retry.name", "retry.attempt", "retry.max_attempts", "retry.elapsed_ms"];

#[test]
fn a_success_at_the_first_attempt_logs_nothing() {
    assert_eq!(charged(0), []);
}

#[test]
fn a_scheduled_retry_is_logged_at_debug_with_these_fields() {
    let lines = charged(1);
    let line = &lines[0];
    assert_eq!((line.level.as_str(), line.message.as_str()), ("DEBUG", "retry scheduled"));
    assert_eq!(line.names(), RETRY);
    assert_eq!((line.get("retry.name"), line.get("retry.attempt")), ("billing.charge", "1"));
    assert_eq!((line.get("retry.max_attempts"), line.get("retry.delay_ms")), ("3", "0"));
    assert_eq!(line.get("error"), "declined");
}

#[test]
fn a_recovery_is_logged_at_info_without_an_error() {
    let lines = charged(2);
    assert_eq!(lines.len(), 3);
    let line = &lines[2];
    assert_eq!((line.level.as_str(), line.message.as_str()), ("INFO", "recovered"));
    assert_eq!(line.names(), RECOVERED);
    assert_eq!((line.get("retry.name"), line.get("retry.attempt")), ("billing.charge", "3"));
}

#[test]
fn a_give_up_after_a_retry_is_logged_at_warn_with_its_reason() {
    let lines = charged(9);
    assert_eq!(lines.iter().map(|line| line.level.as_str()).collect::<Vec<_>>(), ["DEBUG", "DEBUG", "WARN"]);
    let line = &lines[2];
    assert_eq!((line.message.as_str(), line.names()), ("gave up", GAVE_UP.to_vec()));
    assert_eq!((line.get("retry.attempt"), line.get("retry.reason")), ("3", "max_attempts"));
    assert_eq!(line.get("error"), "declined");
}

#[test]
fn every_reason_is_its_own_word() {
    #[retry(max_attempts = 3, delay = "0s", when = |_| fault)]
    fn fails(fault: Fault) -> Result<(), &'static str> {
        Err("down")
    }
    #[retry(max_elapsed = "1s", delay = "1ms", when = |_| Fault::PushBack(secs(3600)))]
    fn slow() -> Result<(), &'static str> {
        Err("down")
    }
    let reason = |lines: Vec<Line>| lines.last().unwrap().get("retry.reason").to_owned();
    assert_eq!(reason(logged(|| fails(Fault::Permanent))), "permanent");
    assert_eq!(reason(logged(|| fails(Fault::Ambiguous))), "ambiguous");
    assert_eq!(reason(logged(|| fails(Fault::PushBack(secs(3600))))), "push_back_too_long");
    assert_eq!(reason(logged(slow)), "max_elapsed");
}

#[test]
fn the_level_of_a_retry_is_that_of_the_attribute_and_the_others_stay() {
    macro_rules! at {
        ($level:literal) => {{
            #[retry(max_attempts = 2, delay = "0s", log = $level)]
            fn fails() -> Result<(), &'static str> {
                Err("down")
            }
            logged(fails).into_iter().map(|line| line.level).collect::<Vec<_>>()
        }};
    }
    assert_eq!(at!("trace"), ["TRACE", "WARN"]);
    assert_eq!(at!("debug"), ["DEBUG", "WARN"]);
    assert_eq!(at!("info"), ["INFO", "WARN"]);
    assert_eq!(at!("warn"), ["WARN", "WARN"]);
    assert_eq!(at!("error"), ["ERROR", "WARN"]);
}

#[test]
fn no_argument_of_the_function_is_logged() {
    for failures in [1, 9] {
        let text = format!("{:?}", charged(failures));
        assert!(text.contains("declined") && !text.contains(CARD), "{text}");
    }
}

#[test]
fn an_error_is_shown_by_display_else_by_debug_else_by_the_name_of_its_type() {
    #[derive(Debug)]
    struct OnlyDebug;
    struct Nothing;
    #[retry(max_attempts = 1)]
    fn debug() -> Result<(), OnlyDebug> {
        Err(OnlyDebug)
    }
    #[retry(max_attempts = 1)]
    fn nothing() -> Result<(), Nothing> {
        Err(Nothing)
    }
    #[retry(max_attempts = 1)]
    fn marked() -> anyhow::Result<()> {
        Err(permanent(std::io::Error::other("no such page")).into())
    }
    #[retry(max_attempts = 1)]
    fn none() -> Option<()> {
        None
    }
    let error = |lines: Vec<Line>| lines[0].get("error").to_owned();
    assert_eq!(error(logged(debug)), "OnlyDebug");
    assert!(error(logged(nothing)).ends_with("::Nothing"));
    assert_eq!(error(logged(marked)), "no such page");
    assert_eq!(logged(none).len(), 1);
}

#[test]
fn an_unmet_condition_has_no_error_and_an_unlimited_call_no_max_attempts() {
    #[retry(max_elapsed = "1m", delay = "0s", until = |done| *done > 1, unmet = last)]
    fn progress(calls: &Cell<u32>) -> Result<u32, &'static str> {
        after(0, calls)
    }
    let lines = logged(|| progress(&Cell::new(0)));
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].names(), ["retry.name", "retry.attempt", "retry.delay_ms", "retry.fault", "retry.elapsed_ms"]);
    assert_eq!(lines[1].names(), ["retry.name", "retry.attempt", "retry.elapsed_ms"]);
}

#[test]
fn a_call_by_the_builder_has_the_name_that_it_was_given_and_the_type_of_its_error() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(2).build();
    let lines = logged(|| policy.retry(|| Err::<(), _>(fmt::Error)).name("search").call());
    let levels: Vec<_> = lines.iter().map(|line| (line.level.as_str(), line.get("retry.name"))).collect();
    assert_eq!(levels, [("DEBUG", "search"), ("WARN", "search")]);
    assert_eq!(lines[0].names(), RETRY);
    // The builder has no bound on the error's type.
    assert_eq!(lines[0].get("error"), std::any::type_name::<fmt::Error>());
}

#[test]
fn times_are_those_of_the_clock_and_the_delay_is_the_one_that_is_slept() {
    let clock = Virtual::new();
    let policy = Policy::exponential().initial_delay(secs(1)).jitter(Jitter::None).max_attempts(3).build();
    let attempt = || {
        clock.advance(Duration::from_millis(250));
        Err::<(), _>("down")
    };
    let call = policy.retry(attempt).clock(|| clock.now()).sleep(|delay| clock.advance(delay));
    let lines = logged(|| call.call());
    let times: Vec<_> = lines.iter().map(|line| line.get("retry.elapsed_ms")).collect();
    assert_eq!(times, ["250", "1500", "3750"]);
    assert_eq!((lines[0].get("retry.delay_ms"), lines[1].get("retry.delay_ms")), ("1000", "2000"));
}

#[test]
fn an_annotated_async_function_reports_tokios_time_and_its_push_back() {
    #[retry(max_attempts = 3, delay = "1s", jitter = none, when = |_| Fault::PushBack(secs(2)))]
    async fn busy() -> Result<(), &'static str> {
        Err("busy")
    }
    let lines = logged(|| paused(busy()));
    let times: Vec<_> = lines.iter().map(|line| line.get("retry.elapsed_ms")).collect();
    assert_eq!(times, ["0", "3000", "6000"]);
    assert_eq!(lines[0].get("retry.delay_ms"), "3000");
}

#[test]
fn the_name_of_a_function_without_a_name_is_its_path() {
    #[retry(max_attempts = 1)]
    fn lookup() -> Result<(), &'static str> {
        Err("down")
    }
    let lines = logged(lookup);
    assert_eq!(
        lines[0].get("retry.name"),
        concat!(module_path!(), "::the_name_of_a_function_without_a_name_is_its_path::lookup")
    );
    assert_eq!(lines[0].level, Level::DEBUG.to_string());
}

#[test]
fn a_call_that_ends_without_a_retry_is_logged_at_the_level_of_a_retry_and_one_with_a_retry_as_a_warning() {
    macro_rules! at {
        ($level:literal, $fault:expr) => {{
            #[retry(max_attempts = 2, delay = "0s", log = $level, when = |_| $fault)]
            fn fails() -> Result<(), &'static str> {
                Err("no such page")
            }
            logged(fails).into_iter().map(|line| (line.level, line.message)).collect::<Vec<_>>()
        }};
    }
    let gave_up = |level: &str| (level.to_owned(), "gave up".to_owned());
    assert_eq!(at!("trace", Fault::Permanent), [gave_up("TRACE")]);
    assert_eq!(at!("debug", Fault::Ambiguous), [gave_up("DEBUG")]);
    assert_eq!(at!("info", Fault::Permanent), [gave_up("INFO")]);
    assert_eq!(at!("error", Fault::Permanent), [gave_up("ERROR")]);
    assert_eq!(at!("trace", Fault::Transient).last(), Some(&gave_up("WARN")));
    let policy = Policy::constant(Duration::ZERO).max_attempts(2).build();
    let lines = logged(|| policy.retry(|| Err::<(), _>("no such page")).when(|_| false).call());
    assert_eq!(lines[0].level, "DEBUG");
    let lines = logged(|| {
        let mut attempts = policy.start();
        attempts.pause_as("no such page", Fault::Permanent)
    });
    assert_eq!(lines[0].level, "DEBUG");
    let lines =
        logged(|| paused(policy.retry(|| async { Err::<(), _>("no such page") }).when(|_| false).into_future()));
    assert_eq!(lines[0].level, "DEBUG");
}

#[test]
fn an_error_is_logged_with_its_sources_once_each() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot load the page")]
    struct Own(#[source] std::io::Error);
    #[derive(Debug, thiserror::Error)]
    #[error("cannot load the page: {0}")]
    struct TellsItsSource(#[source] std::io::Error);
    fn refused() -> std::io::Error {
        std::io::ErrorKind::ConnectionRefused.into()
    }
    #[retry(max_attempts = 1)]
    fn own() -> Result<(), Own> {
        Err(Own(refused()))
    }
    #[retry(max_attempts = 1)]
    fn tells() -> Result<(), TellsItsSource> {
        Err(TellsItsSource(refused()))
    }
    #[retry(max_attempts = 1)]
    fn erased() -> anyhow::Result<()> {
        Err(anyhow::Error::new(refused()).context("cannot load the page"))
    }
    #[retry(max_attempts = 1)]
    fn boxed() -> Result<(), Box<dyn std::error::Error>> {
        Err(Own(refused()).into())
    }
    #[retry(max_attempts = 1)]
    fn borrowed<'a>(error: &'a Own) -> Result<(), &'a Own> {
        Err(error)
    }
    let own_error = Own(refused());
    for lines in [
        logged(own),
        logged(tells),
        logged(|| erased().is_err()),
        logged(|| boxed().is_err()),
        logged(|| borrowed(&own_error).is_err()),
    ] {
        assert_eq!(lines[0].get("error"), "cannot load the page: connection refused");
    }
}

#[test]
fn the_fault_and_the_push_back_of_a_failure_are_fields() {
    #[retry(max_attempts = 2, delay = "0s", push_back = replace, idempotent, when = |_| fault)]
    fn pushed(fault: Fault) -> Result<(), &'static str> {
        Err("503")
    }
    let of = |fault| {
        let _test = backoff_core::testing::no_waits();
        let lines = logged(|| pushed(fault));
        assert_eq!(lines.len(), 2);
        lines
            .iter()
            .map(|line| (line.get("retry.fault").to_owned(), line.names().contains(&"retry.push_back_ms")))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(Fault::Transient), vec![("transient".to_owned(), false); 2]);
    assert_eq!(of(Fault::PushBack(secs(2))), vec![("transient".to_owned(), true); 2]);
    assert_eq!(of(Fault::AmbiguousPushBack(secs(2))), vec![("ambiguous".to_owned(), true); 2]);
}
