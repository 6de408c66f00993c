//! `attempt`, `once`, `before_retry`, `clone`, hooks and `or_else` on every shape of function in which they could
//! break.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::fmt::Display;
use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use backoff_core::{Attempt, GiveUpEvent, RecoveredEvent, RetryError, RetryEvent, StopReason, retry};
use tokio::task::yield_now;

type Failure = String;

fn failure(text: impl Display) -> Failure {
    text.to_string()
}

/// Makes keys, and counts them.
#[derive(Default)]
struct Keys(u32);

impl Keys {
    fn make(&mut self) -> String {
        self.0 += 1;
        format!("key {}", self.0)
    }
}

#[retry(max_attempts = 3, delay = "0s", attempt = ctx, once(key = keys.make(), other = 3 + 4_u32), before_retry = log.push("again".to_owned()))]
fn sync(keys: &mut Keys, log: &mut Vec<String>) -> Result<u32, Failure> {
    log.push(format!("{key} {}", ctx.number()));
    if ctx.is_last() { Ok(*other) } else { Err(failure("no")) }
}

#[retry(max_attempts = 3, delay = "0s", attempt = ctx, once(key = keys.make()), before_retry = { yield_now().await; log.push("again".to_owned()) })]
async fn later(keys: &mut Keys, log: &mut Vec<String>) -> Result<u32, Failure> {
    yield_now().await;
    log.push(format!("{key} {}", ctx.number()));
    if ctx.is_last() { Ok(7) } else { Err(failure("no")) }
}

#[retry(max_attempts = 3, delay = "0s", attempt = ctx, once(key = keys.0.to_string()), before_retry = log.push("again".to_owned()))]
fn boxed<'a>(
    keys: &'a Keys,
    log: &'a mut Vec<String>,
) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, Failure>> + Send + 'a>> {
    Box::pin(async move {
        log.push(format!("{key} {}", ctx.number()));
        if ctx.is_last() { Ok(7) } else { Err(failure("no")) }
    })
}

#[tokio::test(start_paused = true)]
async fn names_bound_by_the_attribute_are_seen_in_every_attempt() {
    let expected = ["key 1 1", "again", "key 1 2", "again", "key 1 3"];
    let (mut keys, mut log) = (Keys::default(), Vec::new());
    assert_eq!(sync(&mut keys, &mut log), Ok(7));
    assert_eq!(log, expected);
    let (mut keys, mut log) = (Keys::default(), Vec::new());
    assert_eq!(later(&mut keys, &mut log).await, Ok(7));
    assert_eq!(log, expected);
    log.clear();
    assert_eq!(boxed(&keys, &mut log).await, Ok(7));
    assert_eq!(log, expected.map(|line| line.replace("key ", "")));
}

#[retry(max_attempts = 3, initial_delay = "100ms", jitter = none, max_elapsed = "10s", attempt = ctx)]
async fn snapshots(seen: &mut Vec<Attempt>) -> Result<(), Failure> {
    seen.push(ctx);
    tokio::time::sleep(Duration::from_secs(1)).await;
    Err(failure("no"))
}

#[tokio::test(start_paused = true)]
async fn an_attempt_receives_its_number_its_delay_and_the_time() {
    let mut seen = Vec::new();
    assert!(snapshots(&mut seen).await.is_err());
    let millis = |time: Duration| time.as_millis();
    let told: Vec<_> = seen
        .iter()
        .map(|ctx| {
            (
                ctx.number(),
                ctx.is_last(),
                millis(ctx.elapsed()),
                ctx.last_delay().map(millis),
                ctx.remaining().map(millis),
            )
        })
        .collect();
    let expected = [
        (1, false, 0, None, Some(10_000)),
        (2, false, 1_100, Some(100), Some(8_900)),
        (3, true, 2_300, Some(200), Some(7_700)),
    ];
    assert_eq!(told, expected);
}

#[derive(Default)]
struct Client {
    limit: u32,
    calls: u32,
    reconnects: u32,
    log: Mutex<Vec<String>>,
}

impl Client {
    fn with_limit(limit: u32) -> Self {
        Self { limit, ..Self::default() }
    }

    fn note(&self, text: impl Display) {
        self.log.lock().unwrap_or_else(|poisoned| panic!("{poisoned}")).push(text.to_string());
    }

    fn noted(&mut self) -> Vec<String> {
        std::mem::take(self.log.get_mut().unwrap_or_else(|poisoned| panic!("{poisoned}")))
    }

    /// Fails when it is called for the second time.
    fn reconnect(&mut self) -> Result<(), Failure> {
        self.reconnects += 1;
        if self.reconnects == 2 { Err(failure("refused")) } else { Ok(()) }
    }

    async fn reconnect_later(&mut self) -> Result<(), Failure> {
        yield_now().await;
        self.reconnect()
    }

    #[retry(max_attempts = 5, delay = "0s", before_retry = self.reconnect()?, on_retry = |event| self.note(event))]
    fn reconnecting(&mut self) -> Result<u32, Failure> {
        self.calls += 1;
        if self.calls < 3 { Err(failure("no")) } else { Ok(self.calls) }
    }

    #[retry(max_attempts = 5, delay = "0s", before_retry = self.reconnect_later().await?, on_retry = |event| self.note(event))]
    async fn reconnecting_later(&mut self) -> Result<u32, Failure> {
        yield_now().await;
        self.calls += 1;
        if self.calls < 3 { Err(failure("no")) } else { Ok(self.calls) }
    }

    #[retry(
        max_attempts = self.limit, delay = "0s", on_retry = |event| self.note(event.attempt()),
        on_give_up = |event| self.note(format!("{} {:?} {}", event.attempts(), event.reason(), self.limit)),
        on_recovered = |event| self.note(format!("recovered {}", event.attempts()))
    )]
    fn hooks(&self, succeeds_at: u32, calls: &mut u32) -> Result<u32, Failure> {
        *calls += 1;
        if *calls == succeeds_at { Ok(*calls) } else { Err(failure("no")) }
    }

    #[retry(
        max_attempts = self.limit, delay = "0s",
        on_retry = async |event| { yield_now().await; self.note(event.attempt()) },
        on_give_up = async |event| { yield_now().await; self.note(format!("{} {:?} {}", event.attempts(), event.reason(), self.limit)) },
        on_recovered = async |event| { yield_now().await; self.note(format!("recovered {}", event.attempts())) }
    )]
    async fn hooks_later(&self, succeeds_at: u32, calls: &mut u32) -> Result<u32, Failure> {
        yield_now().await;
        *calls += 1;
        if *calls == succeeds_at { Ok(*calls) } else { Err(failure("no")) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_mark_before_a_retry_fails_that_attempt_and_skips_the_body() {
    let mut client = Client::default();
    assert_eq!(client.reconnecting(), Ok(3));
    assert_eq!((client.calls, client.reconnects), (3, 3));
    let log = client.noted();
    assert_eq!(log.len(), 3, "{log:?}");
    assert!(
        log[1].contains("attempt 2 of 5 failed: no") && log[2].contains("attempt 3 of 5 failed: refused"),
        "{log:?}"
    );
    let mut client = Client::default();
    assert_eq!(client.reconnecting_later().await, Ok(3));
    assert_eq!((client.calls, client.reconnects), (3, 3));
    assert_eq!(client.noted(), log);
}

#[tokio::test(start_paused = true)]
async fn hooks_see_the_arguments_and_say_what_happened() {
    let mut client = Client::with_limit(3);
    assert!(client.hooks(4, &mut 0).is_err());
    assert_eq!(client.noted(), ["1", "2", "3 MaxAttempts 3"]);
    assert_eq!(client.hooks(3, &mut 0), Ok(3));
    assert_eq!(client.noted(), ["1", "2", "recovered 3"]);
    assert_eq!(client.hooks(1, &mut 0), Ok(1));
    assert_eq!(client.noted(), [""; 0]);
    assert!(client.hooks_later(4, &mut 0).await.is_err());
    assert_eq!(client.noted(), ["1", "2", "3 MaxAttempts 3"]);
    assert_eq!(client.hooks_later(3, &mut 0).await, Ok(3));
    assert_eq!(client.noted(), ["1", "2", "recovered 3"]);
    assert_eq!(client.hooks_later(1, &mut 0).await, Ok(1));
    assert_eq!(client.noted(), [""; 0]);
}

fn told_retry(event: &RetryEvent<'_, Failure>) {
    assert!(event.attempt() > 0);
}

fn told_end(event: &GiveUpEvent<'_, Failure>) {
    assert_eq!(event.reason(), StopReason::MaxAttempts);
}

fn told_recovery(event: &RecoveredEvent) {
    assert!(event.attempts() > 1);
}

fn fallback(error: RetryError<Failure>) -> Result<u32, Failure> {
    if error.attempts == 3 { Ok(0) } else { Err(error.last) }
}

#[retry(delay = "0s", on_retry = told_retry, on_give_up = told_end, on_recovered = told_recovery, or_else = fallback)]
fn by_path(calls: &mut u32) -> Result<u32, Failure> {
    *calls += 1;
    Err(failure(calls))
}

#[retry(delay = "0s", on_retry = told_retry, on_give_up = told_end, on_recovered = told_recovery, or_else = fallback)]
async fn by_path_later<T: Display + Send>(value: T) -> Result<u32, Failure> {
    yield_now().await;
    Err(failure(&value))
}

#[tokio::test(start_paused = true)]
async fn hooks_may_be_paths_to_functions() {
    assert_eq!(by_path(&mut 0), Ok(0));
    assert_eq!(by_path_later(7).await, Ok(0));
}

#[retry(delay = "0s", or_else = |error| Err(format!("{} after {}: {:?}", error.last, error.attempts, error.reason)))]
fn enriched(text: &str) -> Result<u32, Failure> {
    Err(failure(text))
}

#[retry(delay = "0s", or_else = async |error| { yield_now().await; cache.map(str::to_owned).ok_or(error.last) })]
async fn cached(cache: Option<&str>) -> Result<String, Failure> {
    Err(failure("no"))
}

#[retry(delay = "0s", or_else = |_| Some(9))]
fn optional(ok: bool) -> Option<u32> {
    ok.then_some(1)
}

#[retry(delay = "0s", when = |_| false, or_else = |error| { assert_eq!(error.reason, StopReason::Permanent); Ok(error.attempts) })]
fn permanently() -> Result<u32, Failure> {
    Err(failure("no"))
}

#[async_trait::async_trait]
trait Service: Sync {
    #[retry(delay = "0s", attempt = ctx, once(key = text.len()), clone(text), or_else = async |error| { yield_now().await; Ok(error.last.len() + key) })]
    async fn last_resort(&self, text: String) -> Result<usize, Failure> {
        yield_now().await;
        let mut text = text;
        text.push_str(&ctx.number().to_string());
        Err(text)
    }
}

impl Service for Client {}

#[tokio::test(start_paused = true)]
async fn or_else_is_the_last_resort_of_every_shape() {
    assert_eq!(enriched("no"), Err("no after 3: MaxAttempts".to_owned()));
    assert_eq!(cached(Some("old")).await, Ok("old".to_owned()));
    assert_eq!(cached(None).await, Err("no".to_owned()));
    assert_eq!((optional(true), optional(false)), (Some(1), Some(9)));
    assert_eq!(permanently(), Ok(1));
    assert_eq!(Client::default().last_resort("ab".to_owned()).await, Ok(5));
}

#[retry(
    max_attempts = 2,
    delay = "0s",
    once(key = keys.make()),
    before_retry = log.push(format!("{key} again")),
    on_retry = |event| log.push(format!("{key} failed {}", event.attempt())),
    on_give_up = |event| log.push(format!("{key} gave up after {}", event.attempts())),
)]
fn sync_with_hooks(keys: &mut Keys, log: &mut Vec<String>) -> Result<(), Failure> {
    Err(failure("no"))
}

#[retry(
    max_attempts = 2,
    delay = "0s",
    once(key = keys.make()),
    before_retry = log.push(format!("{key} again")),
    on_retry = async |event| { yield_now().await; log.push(format!("{key} failed {}", event.attempt())) },
    on_give_up = |event| log.push(format!("{key} gave up after {}", event.attempts())),
)]
async fn later_with_hooks(keys: &mut Keys, log: &mut Vec<String>) -> Result<(), Failure> {
    Err(failure("no"))
}

#[tokio::test(start_paused = true)]
async fn hooks_see_what_once_has_made() {
    let expected = ["key 1 failed 1", "key 1 again", "key 1 gave up after 2"];
    let (mut keys, mut log) = (Keys::default(), Vec::new());
    assert_eq!(sync_with_hooks(&mut keys, &mut log), Err(failure("no")));
    assert_eq!(log, expected);
    let (mut keys, mut log) = (Keys::default(), Vec::new());
    assert_eq!(later_with_hooks(&mut keys, &mut log).await, Err(failure("no")));
    assert_eq!(log, expected);
}

#[retry(delay = "0s", max_attempts = 2, clone(text), when = |_| text.len() == 3, on_retry = |event| seen.push(format!("{text}: {event}")), on_give_up = |_| seen.push(text.clone()))]
fn consumes_a_clone(text: String, seen: &mut Vec<String>) -> Result<usize, Failure> {
    let bytes = text.into_bytes();
    Err(failure(bytes.len()))
}

#[retry(delay = "0s", max_attempts = 2, clone(text), on_retry = async |event| seen.push(format!("{text}: {event}")), on_give_up = |_| seen.push(text.clone()))]
async fn changes_a_clone(mut text: String, seen: &mut Vec<String>) -> Result<(), Failure> {
    yield_now().await;
    text.push('!');
    Err(failure(text.len()))
}

#[retry(delay = "0s", max_attempts = 2, on_retry = |_| file.set_position(0))]
fn reads_by_value(file: &mut std::io::Cursor<Vec<u8>>) -> Result<usize, usize> {
    fn all(mut reader: impl std::io::Read) -> usize {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap_or_default()
    }
    Err(all(file))
}

#[tokio::test]
async fn hooks_see_the_argument_and_not_what_an_attempt_left_of_it() {
    let mut seen = Vec::new();
    assert_eq!(consumes_a_clone("tea".to_owned(), &mut seen), Err("3".to_owned()));
    assert_eq!(seen, ["tea: attempt 1 of 2 failed: 3; next in 0 ms", "tea"]);
    seen.clear();
    assert_eq!(changes_a_clone("tea".to_owned(), &mut seen).await, Err("4".to_owned()));
    assert_eq!(seen, ["tea: attempt 1 of 2 failed: 4; next in 0 ms", "tea"]);
    assert_eq!(reads_by_value(&mut std::io::Cursor::new(vec![7; 5])), Err(5));
}
