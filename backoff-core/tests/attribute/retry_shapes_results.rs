//! Results that borrow from a `&mut` argument, and results with `impl` types inside other types.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::Cell;
use std::fmt::{Debug, Display};

use backoff_core::retry;
use tokio::task::yield_now;

thread_local! {
    static ATTEMPTS: Cell<u32> = const { Cell::new(0) };
}

/// Fails twice.
fn third() -> Option<()> {
    ATTEMPTS.set(ATTEMPTS.get() + 1);
    (ATTEMPTS.get() % 3 == 0).then_some(())
}

#[retry(delay = "0s")]
fn lent(bytes: &mut [u8]) -> Option<&u8> {
    third()?;
    bytes.first()
}

#[retry(delay = "0s")]
async fn lent_later(bytes: &mut [u8]) -> Option<&u8> {
    yield_now().await;
    third()?;
    bytes.first()
}

#[retry(delay = "0s")]
fn lent_by_name<'a>(bytes: &'a mut [u8], other: &mut Vec<u8>) -> Result<&'a str, Box<dyn std::error::Error>> {
    let others = other;
    others.push(0);
    third().ok_or("not yet")?;
    Ok(std::str::from_utf8(bytes)?)
}

#[retry(delay = "0s")]
async fn lent_by_name_later<'a>(bytes: &'a mut [u8], other: &mut Vec<u8>) -> Result<&'a u8, usize> {
    let others = other;
    others.push(0);
    yield_now().await;
    third().ok_or(others.len())?;
    bytes.first().ok_or(0)
}

#[retry(delay = "0s")]
fn lent_in_parts(bytes: &mut [u8]) -> Option<impl Iterator<Item = &u8> + Debug> {
    third()?;
    Some(bytes.iter())
}

#[tokio::test(start_paused = true)]
async fn a_result_may_borrow_from_a_unique_reference() {
    let (mut bytes, mut other) = (b"ab".to_vec(), Vec::new());
    assert_eq!(lent(&mut bytes), Some(&b'a'));
    assert_eq!(lent_later(&mut bytes).await, Some(&b'a'));
    assert_eq!(lent_by_name(&mut bytes, &mut other).unwrap(), "ab");
    assert_eq!(lent_by_name_later(&mut bytes, &mut other).await, Ok(&b'a'));
    assert_eq!(other, [0; 6]);
    assert_eq!(lent_in_parts(&mut bytes).unwrap().count(), 2);
    assert_eq!(ATTEMPTS.get(), 15);
}

type Items<T> = Box<dyn Iterator<Item = T>>;

#[retry(delay = "0s")]
fn hidden() -> Result<Box<dyn Iterator<Item = impl Display>>, ()> {
    third().ok_or(())?;
    Ok(Box::new([1, 2].into_iter()))
}

#[retry(delay = "0s")]
async fn hidden_later() -> Result<Box<dyn Iterator<Item = impl Display>>, ()> {
    yield_now().await;
    if third().is_none() {
        return Err(());
    }
    Ok(Box::new([1, 2].into_iter()))
}

#[retry(delay = "0s")]
async fn hidden_deep() -> Option<(Items<impl Display>, Vec<Box<dyn Iterator<Item = (u8, Option<impl Display>)>>>)> {
    third()?;
    Some((Box::new([3].into_iter()), vec![Box::new([(1, Some(2))].into_iter())]))
}

#[tokio::test(start_paused = true)]
async fn a_hidden_type_may_stand_in_a_bound_of_a_trait_object() {
    let joined = |items: Items<String>| items.collect::<Vec<_>>().join(" ");
    assert_eq!(joined(Box::new(hidden().unwrap().map(|item| item.to_string()))), "1 2");
    assert_eq!(joined(Box::new(hidden_later().await.unwrap().map(|item| item.to_string()))), "1 2");
    let (items, nested) = hidden_deep().await.unwrap();
    assert_eq!((joined(Box::new(items.map(|item| item.to_string()))).as_str(), nested.len()), ("3", 1));
}

trait Limit {
    const ATTEMPTS: u32;
}

struct Two;

impl Limit for Two {
    const ATTEMPTS: u32 = 2;
}

struct Limited<T>(T);

impl<T: Limit> Limited<T> {
    #[retry(max_attempts = T::ATTEMPTS, delay = "0s", attempt = ctx)]
    fn ask(&self) -> Result<T, u32> {
        let _ = &self.0;
        Err(ctx.number())
    }
}

#[test]
fn a_constant_of_a_parameter_of_the_surrounding_impl_is_computed_in_place() {
    assert_eq!(Limited(Two).ask().err(), Some(2));
}
