//! `#[retry]` on `async fn`: results, arguments and bodies of every kind, under tokio's paused time.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use backoff_core::retry;
use tokio::task::yield_now;

/// Counts a call, and responds as a service that fails until its third call.
async fn third_time(calls: &AtomicU32) -> Result<u32, io::Error> {
    yield_now().await;
    let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
    if number < 3 { Err(io::Error::other("not yet")) } else { Ok(number) }
}

fn calls() -> AtomicU32 {
    AtomicU32::new(0)
}

#[retry(max_attempts = 5)]
async fn with_question_mark(calls: &AtomicU32) -> Result<u32, io::Error> {
    let value = third_time(calls).await?;
    Ok(value * 10)
}

#[retry]
async fn always_fails(calls: &AtomicU32) -> Result<(), io::Error> {
    let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
    Err(io::Error::other(number.to_string()))
}

#[tokio::test(start_paused = true)]
async fn an_error_from_the_question_mark_ends_the_attempt_and_not_the_function() {
    let calls = calls();
    assert_eq!(with_question_mark(&calls).await.unwrap(), 30);
    assert_eq!(calls.into_inner(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_last_error_comes_back_untouched() {
    assert_eq!(always_fails(&calls()).await.unwrap_err().to_string(), "3");
}

#[retry(max_attempts = 5)]
async fn early_returns(calls: &AtomicU32) -> Result<&'static str, String> {
    let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
    if number < 2 {
        return Err("early".to_owned());
    }
    if number == 2 {
        return Ok("early");
    }
    yield_now().await;
    Ok("late")
}

#[tokio::test(start_paused = true)]
async fn an_early_error_is_retried_and_an_early_value_stops() {
    let calls = calls();
    assert_eq!(early_returns(&calls).await, Ok("early"));
    assert_eq!(calls.into_inner(), 2);
}

#[retry(max_attempts = 2)]
async fn boxed(calls: &AtomicU32) -> Result<u32, Box<dyn Error + Send + Sync>> {
    let number = third_time(calls).await.unwrap_or_default();
    if calls.load(Ordering::Relaxed) == 2 {
        return "x".parse::<u32>().map_err(Into::into);
    }
    if number == 0 { Err(Box::new(fmt::Error)) } else { Ok(number) }
}

#[retry(max_attempts = 4)]
async fn of_io(calls: &AtomicU32) -> io::Result<u32> {
    third_time(calls).await
}

#[retry(max_attempts = 4)]
async fn of_anyhow(calls: &AtomicU32) -> anyhow::Result<u32> {
    if calls.load(Ordering::Relaxed) == 1 {
        calls.store(2, Ordering::Relaxed);
        anyhow::bail!("a macro that returns");
    }
    anyhow::ensure!(calls.load(Ordering::Relaxed) < 10, "too often");
    Ok(third_time(calls).await?)
}

#[retry(max_attempts = 4)]
async fn optional(calls: &AtomicU32) -> Option<u32> {
    let value = third_time(calls).await.ok()?;
    Some(value)
}

#[tokio::test(start_paused = true)]
async fn every_type_that_is_a_success_or_a_failure_is_accepted() {
    assert_eq!(boxed(&calls()).await.unwrap_err().to_string(), "invalid digit found in string");
    assert_eq!(of_io(&calls()).await.unwrap(), 3);
    assert_eq!(of_anyhow(&calls()).await.unwrap(), 3);
    assert_eq!(optional(&calls()).await, Some(3));
}

#[retry]
async fn collected(texts: &[&str]) -> Result<Vec<u8>, std::num::ParseIntError> {
    yield_now().await;
    texts.iter().map(|text| text.parse()).collect()
}

#[retry]
async fn converted(text: &str) -> Result<String, Infallible> {
    yield_now().await;
    Ok(text.into())
}

#[tokio::test(start_paused = true)]
async fn the_tail_of_the_body_is_inferred_from_the_return_type() {
    assert_eq!(collected(&["1", "2"]).await, Ok(vec![1, 2]));
    assert!(collected(&["x"]).await.is_err());
    assert_eq!(converted("a").await, Ok("a".to_owned()));
}

#[retry(max_attempts = 5)]
async fn owned(text: String, calls: &AtomicU32) -> Result<usize, io::Error> {
    third_time(calls).await?;
    Ok(text.len())
}

#[retry(max_attempts = 5)]
async fn passed_down(log: &mut Vec<u32>) -> Result<usize, io::Error> {
    push(log).await;
    let moved = log;
    push(moved).await;
    if moved.len() < 6 { Err(io::Error::other("short")) } else { Ok(moved.len()) }
}

async fn push(log: &mut Vec<u32>) {
    yield_now().await;
    log.push(7);
}

#[retry(max_attempts = 3)]
async fn counts(mut count: u32) -> Result<(), u32> {
    count += 1;
    yield_now().await;
    Err(count)
}

#[retry(max_attempts = 3)]
async fn takes(mut text: Option<String>) -> Result<String, &'static str> {
    yield_now().await;
    let text = text.take().ok_or("gone")?;
    if text.is_empty() { Ok(text) } else { Err("not empty") }
}

#[retry(max_attempts = 3, clone(text))]
async fn takes_its_clone(mut text: Option<String>) -> Result<String, &'static str> {
    yield_now().await;
    let text = text.take().ok_or("gone")?;
    if text.is_empty() { Ok(text) } else { Err("not empty") }
}

#[tokio::test(start_paused = true)]
async fn arguments_are_shared_between_attempts_unless_cloned() {
    assert_eq!(owned("four".to_owned(), &calls()).await.unwrap(), 4);
    let mut log = Vec::new();
    assert_eq!(passed_down(&mut log).await.unwrap(), 6);
    assert_eq!(log.len(), 6);
    assert_eq!(counts(0).await, Err(3));
    assert_eq!(takes(Some("x".to_owned())).await, Err("gone"));
    assert_eq!(takes_its_clone(Some("x".to_owned())).await, Err("not empty"));
}

struct Point {
    x: u32,
    y: u32,
}

#[retry(max_attempts = 3)]
async fn patterns(
    (a, b): (u32, u32),
    [c, ..]: [u32; 3],
    Point { x, y: renamed }: &Point,
    _: String,
    &d: &[u32; 9],
    calls: &AtomicU32,
) -> Result<u32, io::Error> {
    Ok(third_time(calls).await? + a + b + c + x + renamed + d.iter().sum::<u32>())
}

#[retry(max_attempts = 4)]
async fn opaque(
    mut make: impl AsyncFnMut() -> Result<u32, io::Error>,
    text: impl Display,
) -> Result<String, io::Error> {
    let value = make().await?;
    Ok(format!("{text}{value}"))
}

#[retry(max_attempts = 4)]
async fn generic<T, const N: usize>(values: [T; N], calls: &AtomicU32) -> Result<usize, io::Error>
where
    T: Display + Copy,
{
    third_time(calls).await?;
    Ok(values.iter().map(|value: &T| value.to_string().len()).sum::<usize>() + N)
}

#[retry(max_attempts = 4)]
async fn named<'a, 'b: 'a>(text: &'a str, other: &'b str, calls: &AtomicU32) -> Result<&'a str, io::Error> {
    Ok(if third_time(calls).await? == 3 { other } else { text })
}

#[retry(max_attempts = 4)]
async fn returns_opaque(calls: &AtomicU32) -> Result<impl Iterator<Item = u32> + use<>, io::Error> {
    let end = third_time(calls).await?;
    Ok(0..end)
}

#[tokio::test(start_paused = true)]
async fn patterns_generics_and_opaque_types_are_accepted() {
    let sum =
        patterns((1, 2), [3, 0, 0], &Point { x: 4, y: 5 }, String::new(), &[1, 1, 1, 1, 1, 1, 0, 0, 0], &calls()).await;
    assert_eq!(sum.unwrap(), 24);
    let count = calls();
    assert_eq!(opaque(async || third_time(&count).await, "n").await.unwrap(), "n3");
    assert_eq!(generic([10, 20], &calls()).await.unwrap(), 6);
    assert_eq!(named("a", "b", &calls()).await.unwrap(), "b");
    assert_eq!(returns_opaque(&calls()).await.unwrap().count(), 3);
}

#[retry(max_attempts = 2)]
async fn recursive(depth: u32, calls: &AtomicU32) -> Result<u32, io::Error> {
    calls.fetch_add(1, Ordering::Relaxed);
    if depth == 0 { Err(io::Error::other("bottom")) } else { Box::pin(recursive(depth - 1, calls)).await }
}

#[tokio::test(start_paused = true)]
async fn recursion_through_a_box_multiplies_the_attempts() {
    let calls = calls();
    assert!(recursive(2, &calls).await.is_err());
    assert_eq!(calls.into_inner(), 2 + 4 + 8);
}

#[retry(max_attempts = 4)]
async fn loops(calls: &AtomicU32) -> Result<u32, io::Error> {
    let mut sum = 0;
    'outer: loop {
        for step in 0..10 {
            yield_now().await;
            if step == 1 {
                continue;
            }
            if step == 4 {
                break 'outer;
            }
            sum += step;
        }
    }
    let found = 'block: {
        if sum == 5 {
            break 'block third_time(calls).await?;
        }
        0
    };
    Ok(found + sum)
}

#[retry(max_attempts = 4)]
async fn nested(calls: &AtomicU32) -> Result<u32, io::Error> {
    fn inner(ok: bool) -> Result<u32, io::Error> {
        if ok {
            return Ok(1);
        }
        Err(io::Error::other("inner"))
    }
    let block = async {
        let one = inner(false)?;
        if one == 0 {
            return Ok(7);
        }
        Ok::<_, io::Error>(one + 1)
    };
    assert!(block.await.is_err());
    let closure = async |ok: bool| -> Result<u32, io::Error> { Ok(inner(ok)? + 1) };
    Ok(third_time(calls).await? + closure(true).await?)
}

#[tokio::test(start_paused = true)]
async fn control_flow_of_the_body_stays_inside_the_body() {
    assert_eq!(loops(&calls()).await.unwrap(), 8);
    assert_eq!(nested(&calls()).await.unwrap(), 5);
}

#[retry]
async fn unfinished() -> Result<u32, io::Error> {
    todo!()
}

#[retry]
async fn waits_for_ever() -> Result<Infallible, io::Error> {
    loop {
        std::future::pending::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_returns_is_accepted() {
    assert!(tokio::spawn(unfinished()).await.unwrap_err().is_panic());
    let limit = std::time::Duration::from_secs(3_600);
    assert!(tokio::time::timeout(limit, waits_for_ever()).await.is_err());
}

thread_local! {
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

#[retry(once(key = STARTED.set(true)))]
async fn notes_its_start() -> Result<(), io::Error> {
    let () = *key;
    Ok(())
}

#[tokio::test]
async fn making_the_future_runs_nothing() {
    let future = notes_its_start();
    assert!(!STARTED.get());
    future.await.unwrap();
    assert!(STARTED.get());
}
