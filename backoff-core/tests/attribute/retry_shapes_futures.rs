//! `#[retry]` on functions that return a future without being an `async fn`: `#[async_trait]`, `-> impl Future`, `->
//! Pin<Box<dyn Future>>`.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::fmt::Display;
use std::future::{Future, ready};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use backoff_core::retry;
use tokio::task::yield_now;

#[derive(Default)]
struct Client {
    calls: AtomicU32,
    log: Vec<String>,
}

impl Client {
    async fn ask(&self) -> io::Result<u32> {
        yield_now().await;
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if number < 3 { Err(io::Error::other("not yet")) } else { Ok(number) }
    }
}

#[async_trait::async_trait]
trait Service: Sync {
    async fn number(&self) -> io::Result<u32>;
    async fn push(&mut self, text: String) -> io::Result<()>;
    async fn join(&self, a: &str, b: String, c: &mut Vec<u32>) -> io::Result<String>;
    async fn show<T: Display + Send + Clone>(&self, value: T) -> Result<String, String>
    where
        Self: Sized;

    #[retry(max_attempts = 5)]
    async fn twice(&self) -> io::Result<u32> {
        let number = self.number().await?;
        Ok(number * 2)
    }
}

#[async_trait::async_trait]
impl Service for Client {
    #[retry(max_attempts = 3)]
    async fn number(&self) -> io::Result<u32> {
        self.ask().await
    }

    #[retry(max_attempts = 5)]
    async fn push(&mut self, text: String) -> io::Result<()> {
        self.log.push(text.clone());
        self.ask().await?;
        Ok(())
    }

    #[retry(max_attempts = 5)]
    async fn join(&self, a: &str, b: String, c: &mut Vec<u32>) -> io::Result<String> {
        c.push(7);
        let number = self.ask().await?;
        if number == 3 {
            return Err(io::Error::other("once more"));
        }
        Ok(format!("{a}{b}{number}"))
    }

    #[retry(max_attempts = 5, clone(value))]
    async fn show<T: Display + Send + Clone>(&self, value: T) -> Result<String, String> {
        self.ask().await.map_err(|error| error.to_string())?;
        Ok(value.to_string())
    }
}

#[async_trait::async_trait(?Send)]
trait Local {
    async fn number(&self) -> Option<u32>;
}

#[async_trait::async_trait(?Send)]
impl Local for std::rc::Rc<Client> {
    #[retry(max_attempts = 5)]
    async fn number(&self) -> Option<u32> {
        let kept = Self::clone(self);
        kept.ask().await.ok()
    }
}

fn send<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test(start_paused = true)]
async fn methods_of_async_trait_are_retried_inside_their_box() {
    assert_eq!(send(Client::default().number()).await.unwrap(), 3);
    assert_eq!(send(Client::default().twice()).await.unwrap(), 6);
    let mut client = Client::default();
    send(client.push("a".to_owned())).await.unwrap();
    assert_eq!(client.log, ["a", "a", "a"]);
    let mut seen = Vec::new();
    let joined = send(Client::default().join("a", "b".to_owned(), &mut seen)).await;
    assert_eq!((joined.unwrap().as_str(), seen.len()), ("ab4", 4));
    assert_eq!(send(Client::default().show(5)).await, Ok("5".to_owned()));
    assert_eq!(std::rc::Rc::new(Client::default()).number().await, Some(3));
}

#[expect(clippy::manual_async_fn, reason = "the plain function would need it too")]
#[retry(max_attempts = 5)]
fn opaque(client: &Client) -> impl Future<Output = io::Result<u32>> + Send + '_ {
    async move { client.ask().await }
}

#[retry(max_attempts = 5)]
fn prepared(client: &Client, text: &str) -> impl Future<Output = Result<String, io::Error>> + Send {
    let text = text.to_owned();
    async move {
        let number = client.ask().await?;
        Ok(format!("{text}{number}"))
    }
}

#[retry(max_attempts = 5)]
fn pinned<'a>(
    client: &'a Client,
    seen: &'a mut Vec<u32>,
) -> Pin<Box<dyn Future<Output = io::Result<u32>> + Send + 'a>> {
    Box::pin(async move {
        seen.push(1);
        client.ask().await
    })
}

#[retry(max_attempts = 5)]
fn cast(client: &Client) -> Pin<Box<dyn Future<Output = io::Result<u32>> + Send + '_>> {
    Box::pin(async { client.ask().await }) as Pin<Box<dyn Future<Output = io::Result<u32>> + Send + '_>>
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[retry(max_attempts = 5)]
fn aliased(client: &Client) -> BoxFuture<'_, io::Result<u32>> {
    Box::pin(async move {
        if client.calls.load(Ordering::Relaxed) == 0 {
            client.calls.store(1, Ordering::Relaxed);
            return Err(io::Error::other("first"));
        }
        client.ask().await
    })
}

#[expect(clippy::manual_async_fn, reason = "the plain function would need it too")]
#[retry(max_attempts = 5)]
fn owning(text: String, client: &Client) -> impl Future<Output = io::Result<usize>> + use<'_> {
    async move {
        client.ask().await?;
        Ok(text.len())
    }
}

#[tokio::test(start_paused = true)]
async fn functions_that_return_a_future_are_retried_inside_it() {
    assert_eq!(send(opaque(&Client::default())).await.unwrap(), 3);
    assert_eq!(send(prepared(&Client::default(), "n")).await.unwrap(), "n3");
    let mut seen = Vec::new();
    assert_eq!(send(pinned(&Client::default(), &mut seen)).await.unwrap(), 3);
    assert_eq!(seen, [1, 1, 1]);
    assert_eq!(send(cast(&Client::default())).await.unwrap(), 3);
    assert_eq!(send(aliased(&Client::default())).await.unwrap(), 3);
    assert_eq!(owning("four".to_owned(), &Client::default()).await.unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn making_the_future_runs_nothing() {
    let client = Client::default();
    drop(pinned(&client, &mut Vec::new()));
    drop(opaque(&client));
    assert_eq!(client.calls.load(Ordering::Relaxed), 0);
}

struct Maker;

trait Make {
    type Answer<'a>: Future<Output = Option<u32>>
    where
        Self: 'a;
    fn make<'a>(&'a self, client: &'a Client) -> Self::Answer<'a>;
}

impl Make for Maker {
    type Answer<'a> = BoxFuture<'a, Option<u32>>;

    #[retry(max_attempts = 5)]
    fn make<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Option<u32>> {
        Box::pin(async move { client.ask().await.ok() })
    }
}

/// Its type is not a future, so it is retried as a plain value.
#[retry]
fn a_result_of_a_future(ok: bool) -> Result<impl Future<Output = u32>, &'static str> {
    if ok { Ok(ready(7)) } else { Err("no") }
}

#[tokio::test(start_paused = true)]
async fn associated_future_types_and_results_of_futures_keep_their_meaning() {
    assert_eq!(Maker.make(&Client::default()).await, Some(3));
    assert_eq!(a_result_of_a_future(true).unwrap().await, 7);
}
