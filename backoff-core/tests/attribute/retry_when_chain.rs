//! `when = classify::chain`, in the attribute and on a call: the chain of any error is searched for known errors.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::Cell;
use std::error::Error;
use std::io::{self, ErrorKind};

use anyhow::Context as _;
use backoff_core::StopReason::{Ambiguous, MaxAttempts, Permanent};
use backoff_core::{Classify, Marked, Policy, StopReason, classify, permanent, retry, testing};

type Boxed = Box<dyn Error + Send + Sync>;

/// A custom error without a classification.
#[derive(Debug, thiserror::Error)]
#[error("cannot load the page")]
struct LoadError(#[source] io::Error);

#[retry(when = classify::chain)]
fn of_anyhow(kind: ErrorKind) -> anyhow::Result<()> {
    Err(io::Error::from(kind)).context("cannot load the page")
}

#[retry(when = classify::chain)]
async fn of_anyhow_later(kind: ErrorKind) -> anyhow::Result<()> {
    Err(io::Error::from(kind)).context("cannot load the page")
}

#[retry(when = classify::chain)]
fn of_a_box(kind: ErrorKind) -> Result<(), Boxed> {
    Err(LoadError(kind.into()))?;
    Ok(())
}

#[retry(when = classify::chain)]
async fn of_ones_own_later(kind: ErrorKind) -> Result<(), LoadError> {
    Err(LoadError(kind.into()))
}

#[retry(when = classify::chain, idempotent)]
fn idempotent(kind: ErrorKind) -> Result<(), LoadError> {
    Err(LoadError(kind.into()))
}

#[retry(when = classify::chain)]
fn generic<E: Error + 'static>(make: impl Fn() -> E) -> Result<(), E> {
    Err(make())
}

fn ended(call: impl FnOnce()) -> (u32, StopReason) {
    let test = testing::no_waits();
    call();
    (test.attempts(), *test.reasons().first().expect("the call gave up"))
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("no i/o, no time").block_on(future)
}

#[test]
fn any_error_is_classified_by_what_is_in_its_chain() {
    for (kind, expected) in [
        (ErrorKind::NotFound, (1, Permanent)),
        (ErrorKind::ConnectionReset, (1, Ambiguous)),
        (ErrorKind::ConnectionRefused, (3, MaxAttempts)),
    ] {
        assert_eq!(ended(|| assert!(of_anyhow(kind).is_err())), expected);
        assert_eq!(ended(|| assert!(block_on(of_anyhow_later(kind)).is_err())), expected);
        assert_eq!(ended(|| assert!(of_a_box(kind).is_err())), expected);
        assert_eq!(ended(|| assert!(block_on(of_ones_own_later(kind)).is_err())), expected);
        assert_eq!(ended(|| assert!(generic(|| LoadError(kind.into())).is_err())), expected);
    }
    assert_eq!(ended(|| assert!(idempotent(ErrorKind::ConnectionReset).is_err())), (3, MaxAttempts));
}

#[test]
fn a_call_of_a_policy_takes_it_too() {
    let policy = Policy::default();
    let own = || Err::<(), _>(LoadError(ErrorKind::NotFound.into()));
    assert_eq!(ended(|| assert!(policy.retry(own).when(classify::chain).call().is_err())), (1, Permanent));
    let erased = || own().context("no page");
    assert_eq!(ended(|| assert!(policy.retry(erased).when(classify::chain).call().is_err())), (1, Permanent));
    let call = || policy.retry(async || erased()).when(classify::chain).into_future();
    assert_eq!(ended(|| assert!(block_on(call()).is_err())), (1, Permanent));
    let boxed = || own().map_err(Boxed::from);
    assert_eq!(ended(|| assert!(policy.retry(boxed).when(classify::chain).call().is_err())), (1, Permanent));
}

#[derive(Debug, thiserror::Error)]
enum Transparent {
    #[error(transparent)]
    Load(#[from] Marked),
}

#[derive(Debug, thiserror::Error)]
enum WithText {
    #[error("cannot load")]
    Load(#[from] Marked),
}

#[derive(Debug, thiserror::Error, Classify)]
enum Derived {
    #[error(transparent)]
    #[classify(source)]
    Load(#[from] Marked),
}

#[retry(delay = "0s")]
fn by_default<E: Error>(calls: &Cell<u32>, error: fn() -> E) -> Result<(), E> {
    calls.set(calls.get() + 1);
    Err(error())
}

#[retry(delay = "0s", when = classify::chain)]
fn by_chain<E: Error + 'static>(calls: &Cell<u32>, error: fn() -> E) -> Result<(), E> {
    calls.set(calls.get() + 1);
    Err(error())
}

#[retry(delay = "0s")]
fn by_derive(calls: &Cell<u32>) -> Result<(), Derived> {
    calls.set(calls.get() + 1);
    Err(permanent("no such key").into())
}

#[test]
fn a_transparent_variant_hides_a_mark_and_a_text_or_the_derive_shows_it() {
    let calls = Cell::new(0);
    let attempts = |result: bool| {
        assert!(result, "every attempt fails");
        calls.replace(0)
    };
    let (hidden, seen) = (|| Transparent::from(permanent("no such key")), || WithText::from(permanent("no such key")));
    assert_eq!(attempts(by_default(&calls, hidden).is_err()), 3);
    assert_eq!(attempts(by_chain(&calls, hidden).is_err()), 3);
    assert_eq!(attempts(by_default(&calls, seen).is_err()), 1);
    assert_eq!(attempts(by_chain(&calls, seen).is_err()), 1);
    assert_eq!(attempts(by_derive(&calls).is_err()), 1);
}
