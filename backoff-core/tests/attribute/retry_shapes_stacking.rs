//! `#[retry]` together with the attributes of other crates.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use backoff_core::retry;
use tokio::task::yield_now;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, instrument};

fn answer(calls: &AtomicU32) -> io::Result<u32> {
    let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
    if number < 3 { Err(io::Error::other("not yet")) } else { Ok(number) }
}

/// Counts spans.
#[derive(Clone, Default)]
struct Spans(Arc<AtomicU32>);

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(u64::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Returns the result of a call and the number of spans that it opened.
fn with_spans<T>(call: impl FnOnce() -> T) -> (T, u32) {
    let spans = Spans::default();
    let result = tracing::subscriber::with_default(spans.clone(), call);
    (result, spans.0.load(Ordering::Relaxed))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap_or_else(|error| panic!("{error}")).block_on(future)
}

#[expect(clippy::needless_pass_by_value, reason = "the plain function would need it too")]
#[retry(delay = "0s")]
#[instrument(skip(calls))]
fn span_of_the_call(text: String, calls: &AtomicU32) -> io::Result<u32> {
    let number = answer(calls)?;
    Ok(number + u32::try_from(text.len()).unwrap_or(0))
}

#[instrument]
#[retry(delay = "0s")]
fn span_around(calls: &AtomicU32) -> io::Result<u32> {
    let number = answer(calls)?;
    Ok(number)
}

#[retry(delay = "0s")]
#[instrument]
async fn span_of_the_call_later(text: String, calls: &AtomicU32) -> io::Result<u32> {
    yield_now().await;
    let number = answer(calls)?;
    Ok(number + u32::try_from(text.len()).unwrap_or(0))
}

#[instrument(err)]
#[retry(delay = "0s")]
async fn span_around_later(text: &str, calls: &AtomicU32) -> io::Result<u32> {
    yield_now().await;
    let number = answer(calls)?;
    Ok(number + u32::try_from(text.len()).unwrap_or(0))
}

#[instrument(skip_all)]
#[retry(delay = "0s", clone(text))]
async fn span_around_with_a_clone(text: String, calls: &AtomicU32) -> io::Result<u32> {
    yield_now().await;
    let number = answer(calls)?;
    Ok(number + u32::try_from(text.into_bytes().len()).unwrap_or(0))
}

fn calls() -> AtomicU32 {
    AtomicU32::new(0)
}

#[test]
fn instrument_below_opens_one_span_for_the_call() {
    let (result, spans) = with_spans(|| span_of_the_call("ab".to_owned(), &calls()));
    assert_eq!((result.unwrap(), spans), (5, 1));
    let (result, spans) = with_spans(|| block_on(span_of_the_call_later("ab".to_owned(), &calls())));
    assert_eq!((result.unwrap(), spans), (5, 1));
}

#[test]
fn instrument_above_opens_one_span_per_attempt() {
    let (result, spans) = with_spans(|| span_around(&calls()));
    assert_eq!((result.unwrap(), spans), (3, 3));
    let (result, spans) = with_spans(|| block_on(span_around_later("ab", &calls())));
    assert_eq!((result.unwrap(), spans), (5, 3));
    let (result, spans) = with_spans(|| block_on(span_around_with_a_clone("ab".to_owned(), &calls())));
    assert_eq!((result.unwrap(), spans), (5, 3));
}

#[async_trait::async_trait]
trait Service {
    async fn number(&self, text: String) -> io::Result<u32>;
    async fn other(&self, text: String) -> io::Result<u32>;
}

#[async_trait::async_trait]
impl Service for AtomicU32 {
    #[retry(delay = "0s")]
    #[instrument]
    async fn number(&self, text: String) -> io::Result<u32> {
        yield_now().await;
        Ok(answer(self)? + u32::try_from(text.len()).unwrap_or(0))
    }

    #[instrument]
    #[retry(delay = "0s")]
    async fn other(&self, text: String) -> io::Result<u32> {
        yield_now().await;
        Ok(answer(self)? + u32::try_from(text.len()).unwrap_or(0))
    }
}

#[test]
fn instrument_can_be_above_or_below_in_async_trait_methods() {
    let (result, spans) = with_spans(|| block_on(calls().number("ab".to_owned())));
    assert_eq!((result.unwrap(), spans), (5, 1));
    let (result, spans) = with_spans(|| block_on(calls().other("ab".to_owned())));
    assert_eq!((result.unwrap(), spans), (5, 1));
}

static ABOVE: AtomicU32 = AtomicU32::new(0);
static BELOW: AtomicU32 = AtomicU32::new(0);

#[retry(delay = "0s")]
#[tokio::test]
async fn a_test_below_retry_makes_all_attempts() -> io::Result<()> {
    yield_now().await;
    assert_eq!(answer(&BELOW)?, 3);
    Ok(())
}

#[tokio::test]
#[retry(delay = "0s")]
async fn a_test_above_retry_makes_all_attempts() -> io::Result<()> {
    yield_now().await;
    assert_eq!(answer(&ABOVE)?, 3);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
#[retry(delay = "0s")]
async fn main_above(calls: &AtomicU32) -> io::Result<u32> {
    yield_now().await;
    answer(calls)
}

#[retry(delay = "0s")]
#[tokio::main(flavor = "current_thread")]
async fn main_below(calls: &AtomicU32) -> io::Result<u32> {
    yield_now().await;
    answer(calls)
}

#[test]
fn tokio_main_can_be_above_or_below() {
    assert_eq!(main_above(&AtomicU32::new(0)).unwrap(), 3);
    assert_eq!(main_below(&AtomicU32::new(0)).unwrap(), 3);
}

mod the_receiver_in_the_attribute {
    use async_trait::async_trait;
    use backoff_core::{Policy, retry};

    #[derive(Default)]
    pub(crate) struct Client {
        pub(crate) limit: u32,
        pub(crate) calls: u32,
        pub(crate) reconnected: u32,
        pub(crate) told: Vec<u32>,
    }

    impl Client {
        async fn reconnect(&mut self) -> Result<(), String> {
            tokio::task::yield_now().await;
            self.reconnected += 1;
            Ok(())
        }
    }

    #[async_trait]
    pub(crate) trait Link {
        async fn ready(&mut self) -> Result<u32, String>;
        async fn limited(&mut self) -> Result<u32, String>;
        async fn told(&mut self) -> Result<u32, String>;
        async fn consumed(self: Box<Self>) -> Result<u32, String>;
        async fn shared(&self, policy: Policy) -> Result<u32, String>;
    }

    #[async_trait]
    impl Link for Client {
        #[retry(delay = "0s", before_retry = self.reconnect().await?)]
        async fn ready(&mut self) -> Result<u32, String> {
            self.calls += 1;
            if self.calls < 3 { Err("closed".to_owned()) } else { Ok(self.reconnected) }
        }

        #[retry(delay = "0s", max_attempts = self.limit)]
        async fn limited(&mut self) -> Result<u32, String> {
            self.calls += 1;
            Err(format!("call {}", self.calls))
        }

        #[retry(delay = "0s", on_retry = |event| self.told.push(event.attempt()), or_else = |_| Ok(self.limit))]
        async fn told(&mut self) -> Result<u32, String> {
            self.calls += 1;
            Err("down".to_owned())
        }

        #[retry(delay = "0s", max_attempts = self.limit)]
        async fn consumed(self: Box<Self>) -> Result<u32, String> {
            tokio::task::yield_now().await;
            Err(format!("at most {}", self.limit))
        }

        #[retry(policy = policy, when = |_| self.limit > 0)]
        async fn shared(&self, policy: Policy) -> Result<u32, String> {
            Err("down".to_owned())
        }
    }
}

#[tokio::test]
async fn the_attribute_names_the_receiver_of_an_async_trait() {
    use the_receiver_in_the_attribute::{Client, Link as _};

    let mut client = Client { limit: 2, ..Client::default() };
    assert_eq!(client.ready().await, Ok(2));
    client.calls = 0;
    assert_eq!(client.limited().await, Err("call 2".to_owned()));
    assert_eq!(client.told().await, Ok(2));
    assert_eq!(client.told, [1, 2]);
    let policy = backoff_core::Policy::constant(std::time::Duration::ZERO).max_attempts(2).build();
    assert_eq!(client.shared(policy).await, Err("down".to_owned()));
    assert_eq!(Box::new(client).consumed().await, Err("at most 2".to_owned()));
}
