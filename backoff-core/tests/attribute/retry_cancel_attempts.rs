//! `cancel_attempts`: cancellation that drops a running attempt, in every shape of async function.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use backoff_core::{AttemptTimeout, CancelToken, Cancelled, StopReason, retry};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, PartialEq)]
enum Failure {
    Down,
    Late,
    Stopped,
}

impl From<Cancelled> for Failure {
    fn from(_: Cancelled) -> Self {
        Self::Stopped
    }
}

impl From<AttemptTimeout> for Failure {
    fn from(_: AttemptTimeout) -> Self {
        Self::Late
    }
}

/// Counts attempts that are dropped before their end.
struct Guard<'a>(&'a Cell<u32>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[retry(max_attempts = 3, cancel = sleep(SECOND), cancel_attempts)]
async fn hangs() -> io::Result<()> {
    pending().await
}

#[retry(max_attempts = 3, cancel = sleep(SECOND), cancel_attempts)]
async fn hangs_with_an_option(dropped: &Cell<u32>) -> Option<()> {
    let _guard = Guard(dropped);
    pending().await
}

#[retry(
    max_attempts = 3, delay = "0s", cancel = sleep(SECOND), cancel_attempts,
    on_cancel = |cancelled| format!("{name}: {cancelled}"), when = |_| { asked.set(asked.get() + 1); true },
    on_give_up = |event| reasons.borrow_mut().push(event.reason()), or_else = |error| Err(format!("{}!", error.last))
)]
async fn with_hooks(name: &str, asked: &Cell<u32>, reasons: &RefCell<Vec<StopReason>>) -> Result<(), String> {
    if asked.get() == 0 {
        return Err("down".to_owned());
    }
    pending().await
}

#[retry(max_attempts = 3, delay = "1h", cancel = sleep(SECOND), cancel_attempts)]
async fn fails() -> Result<(), Failure> {
    Err(Failure::Down)
}

#[retry(max_attempts = 3, delay = "0s", cancel = stop.cancelled(), cancel_attempts)]
async fn at_once(stop: &CancelToken, outcome: fn() -> Result<u32, Failure>) -> Result<u32, Failure> {
    outcome()
}

#[retry(max_attempts = 3, delay = "0s", cancel = stop.cancelled(), cancel_attempts)]
async fn is_polled_once(stop: &CancelToken, polls: &Cell<u32>) -> Result<u32, Failure> {
    loop {
        polls.set(polls.get() + 1);
        tokio::task::yield_now().await;
    }
}

#[retry(max_attempts = 3, delay = "0s", attempt_timeout = limit, timeout = all, cancel = sleep(SECOND), cancel_attempts,
    on_give_up = |event| reason.set(Some(event.reason())))]
async fn limited(limit: Duration, all: Duration, reason: &Cell<Option<StopReason>>) -> Result<(), Failure> {
    pending().await
}

#[retry(max_attempts = 3, delay = "0s", cancel = sleep(SECOND), cancel_attempts, until = |value| *value > 1, unmet = last)]
async fn polled(polls: &Cell<u32>) -> Result<u32, Failure> {
    polls.set(polls.get() + 1);
    if polls.get() == 1 { Ok(1) } else { pending().await }
}

#[retry(max_attempts = 3, inner_retries = suppress, cancel = sleep(SECOND), cancel_attempts)]
fn boxed(dropped: &Cell<u32>) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + '_>> {
    Box::pin(async move {
        let _guard = Guard(dropped);
        pending().await
    })
}

#[tokio::test(start_paused = true)]
async fn cancellation_drops_a_running_attempt_and_makes_its_error() {
    let (start, dropped) = (Instant::now(), Cell::new(0));
    let error = hangs().await.unwrap_err();
    assert_eq!((error.to_string().as_str(), start.elapsed()), ("cancelled", SECOND));
    assert_eq!((hangs_with_an_option(&dropped).await, dropped.get()), (None, 1));
    assert_eq!((boxed(&dropped).await, dropped.get()), (Err(Failure::Stopped), 2));
    assert_eq!(start.elapsed(), SECOND * 3);
}

#[tokio::test(start_paused = true)]
async fn on_cancel_makes_the_error_and_the_hooks_receive_it() {
    let (asked, reasons) = (Cell::new(0), RefCell::default());
    let result = with_hooks("shop", &asked, &reasons).await;
    assert_eq!(result, Err("shop: cancelled!".to_owned()));
    assert_eq!(reasons.take(), [StopReason::Cancelled]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cancelled_in_a_delay_returns_its_last_error() {
    let start = Instant::now();
    assert_eq!((fails().await, start.elapsed()), (Err(Failure::Down), SECOND));
}

#[tokio::test(start_paused = true)]
async fn the_first_attempt_of_a_cancelled_call_is_polled_once() {
    let (stop, polls) = (CancelToken::new(), Cell::new(0));
    stop.cancel();
    assert_eq!(at_once(&stop, || Ok(7)).await, Ok(7));
    assert_eq!(at_once(&stop, || Err(Failure::Down)).await, Err(Failure::Down));
    assert_eq!((is_polled_once(&stop, &polls).await, polls.get()), (Err(Failure::Stopped), 1));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_at_the_instant_of_the_cancellation_makes_the_error() {
    let reason = Cell::new(None);
    let (short, long) = (SECOND / 2, SECOND * 2);
    assert_eq!(limited(long, long, &reason).await, Err(Failure::Stopped));
    assert_eq!(reason.take(), Some(StopReason::Cancelled));
    assert_eq!(limited(long, SECOND, &reason).await, Err(Failure::Late));
    assert_eq!(reason.take(), Some(StopReason::Timeout));
    assert_eq!(limited(SECOND, long, &reason).await, Err(Failure::Late));
    assert_eq!(reason.take(), Some(StopReason::Cancelled));
    assert_eq!(limited(short, long, &reason).await, Err(Failure::Late));
    assert_eq!(reason.take(), Some(StopReason::Cancelled), "the second attempt ends at one second, too");
    assert_eq!(limited(long, short, &reason).await, Err(Failure::Late));
    assert_eq!(reason.take(), Some(StopReason::Timeout));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_attempt_ends_polling_with_the_error() {
    assert_eq!(polled(&Cell::new(0)).await, Err(Failure::Stopped));
}
