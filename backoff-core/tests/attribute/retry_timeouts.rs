//! `attempt_timeout`, `timeout`, `on_timeout` and `cancel` on every shape of function in which they could break.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use backoff_core::{AttemptTimeout, CancelToken, Jitter, List, Policy, StopReason, retry};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// Runs longer than every timeout except the last.
async fn slow(calls: &mut u32, fast_at: u32) -> u32 {
    *calls += 1;
    if *calls < fast_at {
        sleep(SECOND * 3_600).await;
    }
    *calls
}

#[retry(max_attempts = 3, delay = "0s", attempt_timeout = "2s")]
async fn by_from(calls: &mut u32, fast_at: u32) -> io::Result<u32> {
    Ok(slow(calls, fast_at).await)
}

#[retry(max_attempts = 3, delay = "0s", attempt_timeout = limit, on_timeout = |timeout| format!("{} {text}", timeout.limit().as_secs()))]
async fn by_closure(calls: &mut u32, fast_at: u32, limit: Duration, text: &str) -> Result<u32, String> {
    Ok(slow(calls, fast_at).await)
}

fn made(timeout: AttemptTimeout) -> &'static str {
    if timeout.limit() == SECOND { "late" } else { "wrong" }
}

#[expect(clippy::manual_async_fn, reason = "the plain function would need it too")]
#[retry(max_attempts = 3, delay = "0s", attempt_timeout = "1s", on_timeout = made)]
fn opaque(calls: &mut u32, fast_at: u32) -> impl Future<Output = Result<u32, &'static str>> + Send + '_ {
    async move { Ok(slow(calls, fast_at).await) }
}

#[retry(max_attempts = 3, delay = "0s", attempt_timeout = "1s")]
fn boxed(calls: &mut u32, fast_at: u32) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + '_>> {
    Box::pin(async move { Some(slow(calls, fast_at).await) })
}

struct Client {
    calls: u32,
    limit: Duration,
    events: Vec<(StopReason, u32)>,
}

impl Client {
    fn new(limit: Duration) -> Self {
        Self { calls: 0, limit, events: Vec::new() }
    }

    #[retry(max_attempts = 3, delay = "0s", attempt_timeout = self.limit, on_give_up = |event| self.events.push((event.reason(), event.attempts())))]
    async fn method(&mut self, fast_at: u32) -> io::Result<u32> {
        Ok(slow(&mut self.calls, fast_at).await)
    }

    #[retry(max_elapsed = "10s", delay = "1s", jitter = none, attempt_timeout = self.limit, on_give_up = |event| self.events.push((event.reason(), event.attempts())))]
    async fn clipped(&mut self) -> io::Result<u32> {
        Ok(slow(&mut self.calls, u32::MAX).await)
    }

    #[retry(timeout = self.limit, delay = "1s", jitter = none, on_give_up = |event| self.events.push((event.reason(), event.attempts())))]
    async fn in_all(&mut self, attempt: Duration) -> io::Result<u32> {
        self.calls += 1;
        sleep(attempt).await;
        Err(io::Error::other("own"))
    }

    #[retry(timeout = self.limit, attempt_timeout = "2s", delay = "1s", jitter = none, on_give_up = |event| self.events.push((event.reason(), event.attempts())))]
    async fn both(&mut self) -> io::Result<u32> {
        Ok(slow(&mut self.calls, u32::MAX).await)
    }
}

#[async_trait::async_trait]
trait Service: Send + Sync {
    async fn ask<T: Send + Sync>(&self, value: T, fast_at: u32) -> Result<(T, u32), io::Error>
    where
        T: Clone;
}

#[async_trait::async_trait]
impl Service for () {
    #[retry(max_attempts = 3, delay = "0s", attempt_timeout = "1s", timeout = "1h", attempt = ctx)]
    async fn ask<T: Send + Sync>(&self, value: T, fast_at: u32) -> Result<(T, u32), io::Error>
    where
        T: Clone,
    {
        let mut calls = ctx.number() - 1;
        let number = slow(&mut calls, fast_at).await;
        Ok((value.clone(), number))
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_outlives_its_limit_is_dropped_and_retried_in_every_shape() {
    assert_eq!(by_from(&mut 0, 3).await.unwrap(), 3);
    assert_eq!(by_from(&mut 0, 4).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(by_closure(&mut 0, 3, SECOND * 7, "s").await, Ok(3));
    assert_eq!(by_closure(&mut 0, 4, SECOND * 7, "s").await, Err("7 s".to_owned()));
    assert_eq!(opaque(&mut 0, 3).await, Ok(3));
    assert_eq!(opaque(&mut 0, 4).await, Err("late"));
    assert_eq!((boxed(&mut 0, 3).await, boxed(&mut 0, 4).await), (Some(3), None));
    assert_eq!(().ask(9, 3).await.unwrap(), (9, 3));
    assert_eq!(().ask(9, 4).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    let mut client = Client::new(SECOND);
    assert_eq!(client.method(3).await.unwrap(), 3);
    client.calls = 0;
    assert!(client.method(4).await.is_err());
    assert_eq!(client.events, [(StopReason::MaxAttempts, 3)]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_cut_to_what_is_left_of_max_elapsed() {
    let mut client = Client::new(SECOND * 4);
    let start = Instant::now();
    let error = client.clipped().await.unwrap_err();
    // Attempts from 0 to 4, from 5 to 9; a third would have no time left, so it is not started.
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!((start.elapsed(), client.events), (SECOND * 9, vec![(StopReason::MaxElapsed, 2)]));
    let mut client = Client::new(SECOND * 60);
    let start = Instant::now();
    assert!(client.clipped().await.is_err());
    assert_eq!((start.elapsed(), client.events), (SECOND * 10, vec![(StopReason::MaxElapsed, 1)]));
}

#[tokio::test(start_paused = true)]
async fn the_limit_on_the_call_drops_the_attempt_or_the_delay_in_progress() {
    let mut client = Client::new(SECOND * 5);
    let start = Instant::now();
    assert_eq!(client.in_all(SECOND * 4).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!((start.elapsed(), client.calls, client.events), (SECOND * 5, 1, vec![(StopReason::Timeout, 1)]));
    let mut client = Client::new(SECOND * 5);
    let start = Instant::now();
    assert_eq!(client.in_all(SECOND * 3).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!((start.elapsed(), client.calls, client.events), (SECOND * 5, 2, vec![(StopReason::Timeout, 2)]));
    let mut client = Client::new(SECOND * 7);
    let start = Instant::now();
    assert!(client.both().await.is_err());
    assert_eq!((start.elapsed(), client.calls), (SECOND * 7, 3));
    assert_eq!(client.events, [(StopReason::Timeout, 3)]);
}

static STOP: CancelToken = CancelToken::new();

#[retry(forever, delay = "1h", cancel = STOP, or_else = |error| Err((error.last.0, Some(error.reason))))]
fn stopped(calls: &mut u32) -> Result<u32, (u32, Option<StopReason>)> {
    *calls += 1;
    STOP.cancel();
    Err((*calls, None))
}

struct Stoppable {
    token: CancelToken,
    calls: u32,
}

impl Stoppable {
    #[retry(forever, delay = "1h", cancel = self.token.clone(), or_else = |error| Err((error.last.0, Some(error.reason))))]
    fn method(&mut self) -> Result<u32, (u32, Option<StopReason>)> {
        self.calls += 1;
        self.token.cancel();
        Err((self.calls, None))
    }

    #[retry(
        forever, delay = "1h", cancel = self.token.clone().cancelled(),
        or_else = async |error| Err((error.last.0, Some(error.reason)))
    )]
    async fn method_later(&mut self) -> Result<u32, (u32, Option<StopReason>)> {
        self.calls += 1;
        let token = self.token.clone();
        tokio::spawn(async move {
            sleep(SECOND * 60).await;
            token.cancel();
        });
        Err((self.calls, None))
    }
}

#[retry(delay = "1h", cancel = sleep(SECOND * 90), timeout = limit)]
async fn raced(limit: Duration) -> Result<u32, io::Error> {
    Err(io::Error::other("own"))
}

#[retry(max_attempts = 2, delay = "1s", cancel = sleep(SECOND), jitter = none)]
fn raced_in_a_box(calls: &mut u32) -> Pin<Box<dyn Future<Output = Result<(), u32>> + Send + '_>> {
    Box::pin(async move {
        *calls += 1;
        sleep(SECOND * 5).await;
        Err(*calls)
    })
}

#[retry(max_attempts = 2, delay = "1s", cancel = pending::<()>())]
async fn never_cancelled(calls: &mut u32) -> Result<(), u32> {
    *calls += 1;
    Err(*calls)
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_keeps_its_last_error() {
    assert_eq!(stopped(&mut 0), Err((1, Some(StopReason::Cancelled))));
    let mut client = Stoppable { token: CancelToken::new(), calls: 0 };
    assert_eq!(client.method(), Err((1, Some(StopReason::Cancelled))));
    let mut client = Stoppable { token: CancelToken::new(), calls: 0 };
    let start = Instant::now();
    assert_eq!(client.method_later().await, Err((1, Some(StopReason::Cancelled))));
    assert_eq!(start.elapsed(), SECOND * 60);
}

#[tokio::test(start_paused = true)]
async fn cancellation_races_with_the_delay_and_never_with_an_attempt() {
    let start = Instant::now();
    assert_eq!(raced(SECOND * 100).await.unwrap_err().to_string(), "own");
    assert_eq!(start.elapsed(), SECOND * 90);
    let start = Instant::now();
    assert_eq!(raced(SECOND * 80).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), SECOND * 80);
    let start = Instant::now();
    assert_eq!(raced_in_a_box(&mut 0).await, Err(1));
    assert_eq!(start.elapsed(), SECOND * 5);
    assert_eq!(never_cancelled(&mut 0).await, Err(2));
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_call_with_a_timeout_need_not_be_shown() {
    #[derive(Debug, PartialEq)]
    struct Shown(Duration);
    struct Mute;
    impl From<AttemptTimeout> for Mute {
        fn from(_: AttemptTimeout) -> Self {
            Self
        }
    }
    #[retry(timeout = "90s", delay = "60s", jitter = none, on_timeout = |timeout| Shown(timeout.limit()))]
    async fn debug() -> Result<(), Shown> {
        Err(Shown(Duration::ZERO))
    }
    #[retry(timeout = "90s", delay = "60s", cancel = pending::<()>())]
    async fn neither() -> Result<(), Mute> {
        Err(Mute)
    }
    #[retry(timeout = "90s", attempt_timeout = "1s", delay = "60s")]
    fn boxed() -> Pin<Box<dyn Future<Output = Result<(), Mute>>>> {
        Box::pin(async { Err(Mute) })
    }
    assert_eq!(debug().await, Err(Shown(Duration::from_secs(90))));
    assert!(neither().await.is_err() && boxed().await.is_err());
}

/// An error without `Display`, `Debug` or a conversion.
struct Silent;

#[retry(delay = "0s", timeout = "60s", max_attempts = 3, on_timeout = |_| Silent)]
async fn silent(calls: &mut u32) -> Result<(), Silent> {
    *calls += 1;
    Err(Silent)
}

#[retry(delay = "1h", timeout = "60s", attempt_timeout = "50s", cancel = pending::<()>(), on_timeout = |_| Silent)]
fn silent_and_boxed(calls: &mut u32) -> Pin<Box<dyn Future<Output = Result<impl Sized + use<>, Silent>> + '_>> {
    Box::pin(async move {
        *calls += 1;
        if *calls == 0 { Ok(7_u8) } else { Err(Silent) }
    })
}

#[tokio::test(start_paused = true)]
async fn an_error_that_cannot_be_shown_can_be_made_of_a_timeout() {
    let mut calls = 0;
    assert!(silent(&mut calls).await.is_err());
    assert_eq!(calls, 3);
    assert!(silent_and_boxed(&mut calls).await.is_err());
    assert_eq!(calls, 4);
}

const UNLIMITED: Policy = Policy::constant(SECOND).jitter(Jitter::None).build();
const NEVER: Policy = Policy::constant(SECOND).jitter(Jitter::None).forever().build();
const TWO: Policy = UNLIMITED.edit().max_attempts(2).build();

macro_rules! succeeds_at_last {
    ($($name:ident($($args:tt)*);)*) => {
        $(#[retry($($args)*)]
        async fn $name(calls: &mut u32) -> io::Result<u32> {
            *calls += 1;
            if *calls < 10 { Err(io::Error::other("not yet")) } else { Ok(*calls) }
        })*
    };
}

succeeds_at_last! {
    constant_policy(policy = UNLIMITED, timeout = "60s");
    edited_policy(policy = UNLIMITED, max_delay = "5s", timeout = "60s");
    endless_policy(policy = NEVER, timeout = "60s");
    computed_policy(policy = Policy::with_backoff(List::new(vec![SECOND; 20])).build(), timeout = "60s");
    computed_and_edited(policy = { UNLIMITED }, idempotent, timeout = "60s");
    limited_policy(policy = TWO, timeout = "60s");
    computed_and_limited(policy = { TWO }, timeout = "60s");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_the_call_takes_the_place_of_the_attempts_that_a_policy_does_not_name() {
    assert_eq!(constant_policy(&mut 0).await.unwrap(), 10);
    assert_eq!(edited_policy(&mut 0).await.unwrap(), 10);
    assert_eq!(endless_policy(&mut 0).await.unwrap(), 10);
    assert_eq!(computed_policy(&mut 0).await.unwrap(), 10);
    assert_eq!(computed_and_edited(&mut 0).await.unwrap(), 10);
    let mut calls = 0;
    limited_policy(&mut calls).await.unwrap_err();
    computed_and_limited(&mut calls).await.unwrap_err();
    assert_eq!(calls, 4, "two named attempts in each");
}

#[retry(timeout = "3s", delay = "1s", jitter = none)]
async fn until_the_time_out(calls: &mut u32) -> io::Result<()> {
    *calls += 1;
    Err(io::Error::other("down"))
}

#[retry(timeout = "1h", cancel = sleep(SECOND * 2), delay = "1s", jitter = none)]
async fn until_cancelled(calls: &mut u32) -> io::Result<()> {
    *calls += 1;
    Err(io::Error::other("down"))
}

#[retry(sleep = |_| { token.cancel(); std::future::ready(()) }, cancel = token.cancelled(), delay = "1s")]
async fn cancelled_while_it_waits(token: &CancelToken, calls: &mut u32) -> io::Result<()> {
    *calls += 1;
    Err(io::Error::other("down"))
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_when_the_call_ends_together_with_the_delay() {
    let mut calls = 0;
    assert_eq!(until_the_time_out(&mut calls).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(calls, 3, "at 0, 1 and 2 s");
    let mut calls = 0;
    assert_eq!(until_cancelled(&mut calls).await.unwrap_err().to_string(), "down");
    assert_eq!(calls, 2, "at 0 and 1 s");
    let mut calls = 0;
    assert_eq!(cancelled_while_it_waits(&CancelToken::new(), &mut calls).await.unwrap_err().to_string(), "down");
    assert_eq!(calls, 1);
}

#[retry(delay = "1s", jitter = none, timeout = "5s", on_retry = async |_| sleep(Duration::from_secs(1_000)).await)]
async fn with_a_hook_that_takes_its_time() -> io::Result<()> {
    Err(io::Error::other("down"))
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_the_call_strikes_after_a_hook_and_not_in_it() {
    let start = Instant::now();
    let error = with_a_hook_that_takes_its_time().await.unwrap_err();
    assert_eq!((error.kind(), start.elapsed().as_secs()), (io::ErrorKind::TimedOut, 1_000));
}
