//! The lifetime of the values of a retried function: drop order, cancellation, panics, `#[track_caller]`.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backoff_core::retry;
use tokio::task::yield_now;

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Logs its own drop.
struct Noted(&'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        LOG.with_borrow_mut(|log| log.push(self.0));
    }
}

fn logged() -> Vec<&'static str> {
    LOG.take()
}

#[expect(clippy::needless_pass_by_value, reason = "when they are dropped is the point")]
fn plain(a: Noted, _: Noted, b: Noted) -> Result<(), ()> {
    let _local = Noted("local");
    let _ = (&a, &b);
    Err(())
}

#[expect(clippy::needless_pass_by_value, reason = "when they are dropped is the point")]
#[retry(max_attempts = 2, delay = "0s")]
fn retried(a: Noted, _: Noted, b: Noted) -> Result<(), ()> {
    let _local = Noted("local");
    let _ = (&a, &b);
    Err(())
}

async fn plain_later(a: Noted, _: Noted, b: Noted) -> Result<(), ()> {
    let _local = Noted("local");
    let _ = (&a, &b);
    yield_now().await;
    Err(())
}

#[retry(max_attempts = 2, delay = "0s")]
async fn retried_later(a: Noted, _: Noted, b: Noted) -> Result<(), ()> {
    let _local = Noted("local");
    let _ = (&a, &b);
    yield_now().await;
    Err(())
}

#[tokio::test(start_paused = true)]
async fn arguments_are_dropped_in_the_order_of_the_plain_function() {
    let new = || (Noted("a"), Noted("_"), Noted("b"));
    let (a, unnamed, b) = new();
    assert!(plain(a, unnamed, b).is_err());
    let expected = logged();
    let (a, unnamed, b) = new();
    assert!(retried(a, unnamed, b).is_err());
    let seen = logged();
    assert_eq!(expected, ["local", "b", "_", "a"]);
    assert_eq!((seen[0], &seen[1..]), ("local", &expected[..]));

    let (a, unnamed, b) = new();
    assert!(plain_later(a, unnamed, b).await.is_err());
    let expected = logged();
    let (a, unnamed, b) = new();
    assert!(retried_later(a, unnamed, b).await.is_err());
    let seen = logged();
    assert_eq!((seen[0], &seen[1..]), ("local", &expected[..]));
}

#[retry(max_attempts = 5, delay = "1h")]
async fn waits(argument: Noted, in_attempt: Duration) -> Result<(), Noted> {
    let _local = Noted("local");
    let _ = &argument;
    tokio::time::sleep(in_attempt).await;
    Err(Noted("error"))
}

#[tokio::test(start_paused = true)]
async fn a_future_dropped_in_an_attempt_drops_everything_once() {
    let call = waits(Noted("argument"), Duration::from_secs(7_200));
    assert!(tokio::time::timeout(Duration::from_secs(3_600), call).await.is_err());
    assert_eq!(logged(), ["local", "argument"]);
}

#[tokio::test(start_paused = true)]
async fn a_future_dropped_in_a_delay_has_dropped_the_result_before() {
    let call = waits(Noted("argument"), Duration::ZERO);
    let mut call = Box::pin(call);
    assert!(tokio::time::timeout(Duration::from_secs(60), &mut call).await.is_err());
    assert_eq!(logged(), ["local", "error"]);
    drop(call);
    assert_eq!(logged(), ["argument"]);
}

#[tokio::test(start_paused = true)]
async fn a_future_that_was_never_polled_drops_its_arguments() {
    drop(waits(Noted("argument"), Duration::ZERO));
    assert_eq!(logged(), ["argument"]);
}

#[retry(max_attempts = 5, delay = "0s")]
fn panics(calls: &AtomicU32) -> Result<u32, ()> {
    calls.fetch_add(1, Ordering::Relaxed);
    panic!("on line {}", line!())
}

#[retry(max_attempts = 5, delay = "0s")]
async fn panics_later(calls: &AtomicU32) -> Result<u32, ()> {
    yield_now().await;
    calls.fetch_add(1, Ordering::Relaxed);
    panic!("on line {}", line!())
}

#[tokio::test]
async fn a_panic_passes_through_at_once() {
    static LINE: AtomicU32 = AtomicU32::new(0);
    let message = |panic: Box<dyn std::any::Any + Send>| panic.downcast_ref::<&str>().map(ToString::to_string);
    let line_of_the_hook = || Some(format!("on line {}", LINE.load(Ordering::Relaxed)));
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        LINE.store(info.location().map_or(0, Location::line), Ordering::Relaxed);
    }));
    let calls: &'static AtomicU32 = Box::leak(Box::new(AtomicU32::new(0)));
    let first = catch_unwind(AssertUnwindSafe(|| panics(calls))).map_err(message);
    let line_of_the_first = line_of_the_hook();
    let second = tokio::spawn(panics_later(calls)).await.map_err(|error| message(error.into_panic()));
    std::panic::set_hook(before);
    assert_eq!(first, Err(line_of_the_first));
    assert_eq!(second, Err(line_of_the_hook()));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[track_caller]
#[retry(delay = "0s")]
fn caller() -> Result<u32, ()> {
    Ok(Location::caller().line())
}

#[test]
fn track_caller_compiles_and_names_the_function_itself() {
    let expected = line!() - 6;
    assert!(caller().unwrap().abs_diff(expected) <= 3, "the attempt is a closure, which cannot track its caller");
}

struct Head<'a>(&'a u8);

impl<'a> Head<'a> {
    #[retry(delay = "0s")]
    fn parse(bytes: &'a mut [u8]) -> Option<Self> {
        Some(Self(bytes.first()?))
    }
}

#[retry(delay = "0s")]
fn copied(bytes: &mut [u8]) -> Option<impl Iterator<Item = u8>> {
    bytes.first()?;
    Some(bytes.iter().copied())
}

#[retry(delay = "0s")]
async fn copied_later(bytes: &mut [u8]) -> Option<impl Iterator<Item = u8>> {
    yield_now().await;
    bytes.first()?;
    Some(bytes.iter().copied())
}

#[tokio::test]
async fn a_result_borrows_from_an_argument_also_where_no_lifetime_is_written() {
    let mut bytes = [1, 2, 3];
    assert_eq!(Head::parse(&mut bytes).map(|head| *head.0), Some(1));
    assert_eq!(copied(&mut bytes).map(Iterator::sum::<u8>), Some(6));
    assert_eq!(copied_later(&mut bytes).await.map(Iterator::sum::<u8>), Some(6));
    assert!(Head::parse(&mut []).is_none());
}
