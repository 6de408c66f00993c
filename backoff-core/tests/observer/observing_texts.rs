//! Error texts in logs and in messages: one line that cannot be forged, with the sources of the error on request.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backoff_core::observe::{CallEvent, GiveUpEvent, RetryEvent};
use backoff_core::overrides::{self, Override, Overrides};
use backoff_core::{Policy, retry};
use support::{Events, paused};
use tracing::field::{Field, Visit};

/// Keeps the field `error` of each event.
#[derive(Clone, Default)]
struct Errors(Arc<Mutex<Vec<String>>>);

impl Visit for &Errors {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "error" {
            self.0.lock().expect("no test panics in it").push(format!("{value:?}"));
        }
    }
}

const FORGED: &str = "no such user 'x'\n2026-01-01 INFO payment accepted\r\u{1b}[2K\u{202e}\u{2028}";
const ONE_LINE: &str = r"no such user 'x'\n2026-01-01 INFO payment accepted\r\u{1b}[2K\u{202e}\u{2028}";

const TWICE: Policy = Policy::constant(Duration::ZERO).max_attempts(2).build();

static GLOBAL: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn no_error_can_begin_a_line_of_a_log_or_steer_a_terminal() {
    #[derive(Debug, thiserror::Error)]
    #[error("{}", FORGED)]
    struct Own(#[source] io::Error);
    #[derive(Debug)]
    #[expect(dead_code, reason = "it is shown by `Debug`")]
    struct OnlyDebug(u32);
    #[retry(max_attempts = 1)]
    fn display() -> Result<(), &'static str> {
        Err(FORGED)
    }
    #[retry(max_attempts = 1)]
    fn sources() -> Result<(), Own> {
        Err(Own(io::Error::other("refused\nforged")))
    }
    #[retry(max_attempts = 1)]
    fn erased() -> anyhow::Result<()> {
        Err(anyhow::anyhow!("refused\nforged").context(FORGED))
    }
    #[retry(max_attempts = 1)]
    fn debug() -> Result<(), OnlyDebug> {
        Err(OnlyDebug(7))
    }
    crate::observe(|event: &CallEvent<'_>| {
        if event.name().contains("no_error_can_begin_a_line_of_a_log_or_steer_a_terminal") {
            GLOBAL.lock().expect("no test panics in it").push(event.error().to_string());
        }
    });
    let errors = Errors::default();
    let log = errors.clone();
    tracing::subscriber::with_default(Events::all(move |event| event.record(&mut &log)), || {
        // Another thread may be the first to emit this event, without a subscriber: until `tracing` knows that one
        // listens.
        while errors.0.lock().expect("no test panics in it").is_empty() {
            tracing::callsite::rebuild_interest_cache();
            assert!(debug().is_err());
        }
        errors.0.lock().expect("no test panics in it").clear();
        GLOBAL.lock().expect("no test panics in it").clear();
        assert_eq!(display(), Err(FORGED), "the error itself is untouched");
        assert_eq!(sources().unwrap_err().to_string(), FORGED);
        assert_eq!(erased().unwrap_err().to_string(), FORGED);
        assert!(debug().is_err());
    });
    let with_source = format!(r"{ONE_LINE}: refused\nforged");
    let logged = errors.0.lock().expect("no test panics in it");
    assert_eq!(*logged, [ONE_LINE, &with_source, &with_source, "OnlyDebug(7)"]);
    let told = GLOBAL.lock().expect("no test panics in it");
    assert_eq!(*told, [ONE_LINE, ONE_LINE, ONE_LINE, "OnlyDebug(7)"]);
}

#[test]
fn the_line_of_an_event_is_one_line() {
    let mut lines = Vec::new();
    let call = TWICE.retry(|| Err::<(), _>(FORGED));
    let _ = call.on_retry(|event| lines.extend([event.to_string(), format!("{event:#}")])).call();
    assert_eq!(lines, vec![format!("attempt 1 of 2 failed: {ONE_LINE}; next in 0 ms"); 2]);
    let mut lines = Vec::new();
    let call = TWICE.retry(|| Err::<(), _>(FORGED));
    let _ = call.on_give_up(|event| lines.push(event.to_string())).call();
    assert_eq!(lines, [format!("gave up after 2 attempts: no attempts left: {ONE_LINE}")]);
}

#[test]
fn a_text_that_needs_no_escape_is_written_without_allocation() {
    let mut line = String::with_capacity(200);
    let mut count = None;
    let call = TWICE.retry(|| Err::<(), _>("connection refused by 10.0.0.1:5432"));
    let _ = call
        .on_retry(|event| {
            count = Some(allocation_counter::measure(|| write!(line, "{event}").expect("it has room")).count_total);
        })
        .call();
    assert_eq!(
        (count, line.as_str()),
        (Some(0), "attempt 1 of 2 failed: connection refused by 10.0.0.1:5432; next in 0 ms")
    );
}

#[derive(Debug, thiserror::Error)]
#[error("error sending request")]
struct SendError(#[source] io::Error);

fn refused() -> SendError {
    SendError(io::ErrorKind::ConnectionRefused.into())
}

const RETRY: &str = "attempt 1 of 2 failed: error sending request; next in 0 ms";
const RETRY_WITH_SOURCES: &str = "attempt 1 of 2 failed: error sending request: connection refused; next in 0 ms";
const GAVE_UP: &str = "gave up after 2 attempts: no attempts left: error sending request";
const GAVE_UP_WITH_SOURCES: &str =
    "gave up after 2 attempts: no attempts left: error sending request: connection refused";

#[test]
fn in_hooks_of_the_attribute_the_alternate_line_has_the_sources() {
    type Lines = Vec<String>;
    fn note<E: fmt::Display>(lines: &mut Lines, event: &RetryEvent<'_, E>) {
        lines.extend([format!("{event}"), format!("{event:#}")]);
    }
    fn note_end<E: fmt::Display>(lines: &mut Lines, event: &GiveUpEvent<'_, E>) {
        lines.extend([format!("{event}"), format!("{event:#}")]);
    }
    #[retry(max_attempts = 2, delay = "0s", on_retry = |e| note(lines, e), on_give_up = |e| note_end(lines, e))]
    fn own(lines: &mut Lines) -> Result<(), SendError> {
        Err(refused())
    }
    #[retry(max_attempts = 2, delay = "0s", on_retry = |e| note(lines, e), on_give_up = |e| note_end(lines, e))]
    fn erased(lines: &mut Lines) -> anyhow::Result<()> {
        Err(refused().into())
    }
    #[retry(max_attempts = 2, delay = "0s", on_retry = |e| note(lines, e), on_give_up = |e| note_end(lines, e))]
    fn boxed(lines: &mut Lines) -> Result<(), Box<dyn Error + Send + Sync>> {
        Err(refused().into())
    }
    #[retry(max_attempts = 2, delay = "0s", on_retry = |e| note(lines, e), on_give_up = |e| note_end(lines, e))]
    fn borrowed<'e>(lines: &mut Lines, error: &'e SendError) -> Result<(), &'e SendError> {
        Err(error)
    }
    #[retry(max_attempts = 2, delay = "0s", on_retry = async |e| note(lines, e), on_give_up = async |e| note_end(lines, e))]
    async fn awaited(lines: &mut Lines) -> Result<(), SendError> {
        Err(refused())
    }
    #[retry(max_attempts = 2, delay = "0s", seed = 1, on_retry = |e| note(lines, e), on_give_up = |e| note_end(lines, e))]
    fn full(lines: &mut Lines) -> Result<(), SendError> {
        Err(refused())
    }
    let error = refused();
    let calls: [&dyn Fn(&mut Lines) -> bool; 6] = [
        &|lines| own(lines).is_err(),
        &|lines| erased(lines).is_err(),
        &|lines| boxed(lines).is_err(),
        &|lines| borrowed(lines, &error).is_err(),
        &|lines| paused(awaited(lines)).is_err(),
        &|lines| full(lines).is_err(),
    ];
    for (form, call) in calls.into_iter().enumerate() {
        let mut lines = Vec::new();
        assert!(call(&mut lines));
        assert_eq!(lines, [RETRY, RETRY_WITH_SOURCES, GAVE_UP, GAVE_UP_WITH_SOURCES], "form {form}");
    }
}

#[test]
fn an_event_that_an_async_hook_holds_across_an_await_is_send() {
    #[retry(max_attempts = 2, delay = "0s", on_retry = async |event| {
        tokio::task::yield_now().await;
        drop(event.to_string());
    }, on_give_up = async |event| {
        tokio::task::yield_now().await;
        drop(event.to_string());
    })]
    async fn awaited() -> Result<(), SendError> {
        Err(refused())
    }
    fn assert_send<F: Send>(future: F) -> F {
        future
    }
    assert!(paused(assert_send(awaited())).is_err());
}

#[test]
fn an_error_with_display_alone_has_its_own_alternate_form() {
    struct Text;
    impl fmt::Display for Text {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(if f.alternate() { "long" } else { "short" })
        }
    }
    #[retry(max_attempts = 2, delay = "0s", on_retry = |event| lines.extend([format!("{event}"), format!("{event:#}")]))]
    fn fails(lines: &mut Vec<String>) -> Result<(), Text> {
        Err(Text)
    }
    let mut lines = Vec::new();
    assert!(fails(&mut lines).is_err());
    assert_eq!(lines, ["attempt 1 of 2 failed: short; next in 0 ms", "attempt 1 of 2 failed: long; next in 0 ms"]);
}

#[test]
fn in_any_hook_an_event_has_a_line_with_the_sources() {
    #[retry(max_attempts = 2, delay = "0s", on_retry = |event| lines.push(event.with_sources().to_string()))]
    fn attribute(lines: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
        Err(refused().into())
    }
    let mut lines = Vec::new();
    let call = TWICE.retry(|| Err::<(), _>(refused()));
    let _ = call.on_retry(|event| lines.push(event.with_sources().to_string())).call();
    let call = TWICE.retry(|| Err::<(), _>(refused()));
    let _ = call.on_give_up(|event| lines.push(event.with_sources().to_string())).call();
    let call = TWICE.retry(|| std::future::ready(Err::<(), anyhow::Error>(refused().into())));
    let _ = paused(call.on_retry(|event| lines.push(event.with_sources().to_string())).into_future());
    assert!(attribute(&mut lines).is_err());
    assert_eq!(lines, [RETRY_WITH_SOURCES, GAVE_UP_WITH_SOURCES, RETRY_WITH_SOURCES, RETRY_WITH_SOURCES]);
    let mut unmet = None;
    let call = TWICE.retry(|| Ok::<_, io::Error>(0)).until(|_| false);
    let _ = call.on_retry(|event| unmet = Some(event.with_sources().to_string())).call();
    assert_eq!(unmet.as_deref(), Some("attempt 1 of 2 did not meet the condition; next in 0 ms"));
}

/// Refuses `text`, whatever reads it, and returns every message.
fn refusals(text: &str) -> Vec<String> {
    let json = |json: serde_json::Value| json.to_string();
    let refused: Vec<Option<String>> = vec![
        overrides::load(text).err().map(|error| error.to_string()),
        overrides::load(&format!("{text}: max_attempts=0")).err().map(|error| error.to_string()),
        Overrides::new().insert(&format!("{text}:"), Override::new()).err().map(|error| error.to_string()),
        overrides::load(&format!("a: {text}=1")).err().map(|error| error.to_string()),
        overrides::load(&format!("a: max_attempts={text}")).err().map(|error| error.to_string()),
        overrides::load(&format!("a: max_delay={text}")).err().map(|error| error.to_string()),
        overrides::load(&format!("a: max_delay=1{text}")).err().map(|error| error.to_string()),
        overrides::load(&format!("a: jitter={text}")).err().map(|error| error.to_string()),
        overrides::load(&format!("a: idempotent={text}")).err().map(|error| error.to_string()),
        Overrides::new().insert(&format!("*{text}"), Override::new()).err().map(|error| error.to_string()),
        serde_json::from_str::<Policy>(&json(serde_json::json!({ text: 1 }))).err().map(|error| error.to_string()),
        serde_json::from_str::<Policy>(&json(serde_json::json!({ "backoff": text })))
            .err()
            .map(|error| error.to_string()),
        serde_json::from_str::<Overrides>(&json(serde_json::json!({ text: 1 }))).err().map(|error| error.to_string()),
        serde_json::from_str::<Overrides>(&json(serde_json::json!({ text: { "x": 1 } })))
            .err()
            .map(|error| error.to_string()),
        serde_json::from_str::<Overrides>(&json(serde_json::json!({ "a": { text: 1 } })))
            .err()
            .map(|error| error.to_string()),
    ];
    refused.into_iter().enumerate().map(|(at, error)| error.unwrap_or_else(|| panic!("{at} is taken"))).collect()
}

#[test]
fn a_refusal_repeats_the_beginning_of_what_it_refuses_and_no_more() {
    for message in refusals(&"x".repeat(1_000_000)) {
        assert!(message.len() < 600, "{} bytes", message.len());
    }
    let error = overrides::load(&format!("{}: max_attempts=0", "é".repeat(100))).expect_err("zero attempts");
    assert_eq!(error.key().map(|key| key.chars().count()), Some(100), "the key itself is whole");
    let shown = "é".repeat(80);
    assert_eq!(
        error.to_string(),
        format!("override `{shown}..`: `max_attempts` is 0; use at least 1: the first attempt counts")
    );
}

#[test]
fn a_refusal_is_one_line_whatever_it_repeats() {
    for message in refusals("x\ny\u{1b}[2K\u{202e}z") {
        assert!(!message.contains(['\n', '\u{1b}', '\u{202e}']), "{message:?}");
    }
}

#[test]
fn a_key_that_matches_nothing_is_reported_in_one_short_line() {
    let key = format!("no\u{1b}such::{}", "f".repeat(10_000));
    overrides::set(&key, Override::new().disabled()).expect("a good override");
    let unmatched = overrides::unmatched().into_iter().find(|it| it.key() == key).expect("no function has this name");
    let text = unmatched.to_string();
    assert!(text.starts_with(r"no function that has failed is named `no\u{1b}such::fff") && text.len() < 200, "{text}");
    overrides::remove(&key);
}
