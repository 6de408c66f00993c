//! The errors that `#[retry]` retries without `when`: every tier, in synchronous and async functions.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backoff_core::{Classify, Fault, permanent, retry, retry_after};
use tokio::task::yield_now;

/// Counts a call.
fn count(calls: &AtomicU32) {
    calls.fetch_add(1, Ordering::Relaxed);
}

/// Returns the number of attempts of a call.
async fn attempts<T>(call: impl AsyncFnOnce(&AtomicU32) -> T) -> u32 {
    let calls = AtomicU32::new(0);
    call(&calls).await;
    calls.into_inner()
}

#[derive(Clone, Copy, Debug, Classify)]
enum Own {
    #[transient]
    Busy,
    #[permanent]
    Wrong,
    #[ambiguous]
    Lost,
}

#[retry(delay = "0s")]
fn own(error: Own, calls: &AtomicU32) -> Result<(), Own> {
    count(calls);
    Err(error)
}

#[retry(delay = "0s")]
async fn own_later(error: Own, calls: &AtomicU32) -> Result<(), Own> {
    yield_now().await;
    count(calls);
    Err(error)
}

#[retry(delay = "0s", idempotent)]
async fn idempotent(error: Own, calls: &AtomicU32) -> Result<(), Own> {
    yield_now().await;
    count(calls);
    Err(error)
}

#[retry(delay = "0s")]
async fn borrowed<'a>(error: &'a Own, calls: &AtomicU32) -> Result<(), &'a Own> {
    yield_now().await;
    count(calls);
    Err(error)
}

#[tokio::test(start_paused = true)]
async fn a_custom_error_classifies_itself() {
    for (error, expected) in [(Own::Busy, 3), (Own::Wrong, 1), (Own::Lost, 1)] {
        assert_eq!(attempts(async |calls| own(error, calls)).await, expected);
        assert_eq!(attempts(async |calls| own_later(error, calls).await).await, expected);
        assert_eq!(attempts(async |calls| borrowed(&error, calls).await).await, expected);
    }
    for (error, expected) in [(Own::Busy, 3), (Own::Wrong, 1), (Own::Lost, 3)] {
        assert_eq!(attempts(async |calls| idempotent(error, calls).await).await, expected);
    }
}

#[retry(delay = "0s")]
async fn bound<E: Classify + Copy + Sync + Send>(error: E, calls: &AtomicU32) -> Result<(), E> {
    yield_now().await;
    count(calls);
    Err(error)
}

#[retry(delay = "0s")]
fn unbound<E: Copy>(error: E, calls: &AtomicU32) -> Result<(), E> {
    count(calls);
    Err(error)
}

#[retry(delay = "0s")]
async fn bound_by_error<E: Error + Sync + Send>(
    error: impl Fn() -> E + Sync + Send,
    calls: &AtomicU32,
) -> Result<(), E> {
    yield_now().await;
    count(calls);
    Err(error())
}

#[tokio::test(start_paused = true)]
async fn in_a_generic_function_the_bounds_decide() {
    assert_eq!(attempts(async |calls| bound(Own::Wrong, calls).await).await, 1);
    assert_eq!(attempts(async |calls| unbound(Own::Wrong, calls)).await, 3);
    assert_eq!(attempts(async |calls| bound_by_error(|| permanent("no"), calls).await).await, 1);
    assert_eq!(attempts(async |calls| bound_by_error(|| fmt::Error, calls).await).await, 3);
}

/// An error that wraps another one, and may borrow.
#[derive(Debug)]
struct Wrapped<'a> {
    context: &'a str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl fmt::Display for Wrapped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.context)
    }
}

impl Error for Wrapped<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[retry(delay = "0s")]
fn wrapped<'a>(context: &'a str, is_marked: bool, calls: &AtomicU32) -> Result<(), Wrapped<'a>> {
    count(calls);
    let source: Box<dyn Error + Send + Sync> = if is_marked { permanent("no").into() } else { "no".into() };
    Err(Wrapped { context, source: Some(source) })
}

#[retry(delay = "0s")]
async fn wrapped_later<'a>(context: &'a str, is_marked: bool, calls: &AtomicU32) -> Result<(), Wrapped<'a>> {
    yield_now().await;
    count(calls);
    let source: Box<dyn Error + Send + Sync> = if is_marked { permanent("no").into() } else { "no".into() };
    Err(Wrapped { context, source: Some(source) })
}

#[retry(delay = "0s")]
async fn of_io(is_marked: bool, calls: &AtomicU32) -> io::Result<()> {
    yield_now().await;
    count(calls);
    Err(if is_marked { io::Error::other(permanent("no")) } else { io::Error::other("no") })
}

#[tokio::test(start_paused = true)]
async fn marks_are_found_in_the_chain_of_an_error_that_may_borrow() {
    let context = String::from("context");
    for (is_marked, expected) in [(false, 3), (true, 1)] {
        assert_eq!(attempts(async |calls| wrapped(&context, is_marked, calls).is_ok()).await, expected);
        assert_eq!(attempts(async |calls| wrapped_later(&context, is_marked, calls).await.is_ok()).await, expected);
        assert_eq!(attempts(async |calls| of_io(is_marked, calls).await).await, expected);
    }
}

#[retry(delay = "0s")]
fn of_anyhow(is_marked: bool, calls: &AtomicU32) -> anyhow::Result<()> {
    count(calls);
    if is_marked {
        Err(anyhow::Error::from(permanent("no")).context("outer"))?;
    }
    anyhow::bail!("no")
}

#[retry(delay = "0s")]
async fn of_anyhow_later(is_marked: bool, calls: &AtomicU32) -> anyhow::Result<()> {
    yield_now().await;
    count(calls);
    if is_marked {
        Err(permanent("no"))?;
    }
    anyhow::bail!("no")
}

#[retry(delay = "0s")]
async fn boxed(is_marked: bool, calls: &AtomicU32) -> Result<(), Box<dyn Error + Send + Sync>> {
    yield_now().await;
    count(calls);
    if is_marked {
        Err(permanent("no"))?;
    }
    Err("no".into())
}

#[retry(delay = "0s")]
fn boxed_plainly(is_marked: bool, calls: &AtomicU32) -> Result<(), Box<dyn Error>> {
    count(calls);
    if is_marked {
        return Err(permanent("no").into());
    }
    Err("no".into())
}

#[retry(delay = "0s")]
async fn boxed_and_borrowing<'a>(
    context: &'a str,
    is_marked: bool,
    calls: &AtomicU32,
) -> Result<(), Box<dyn Error + Send + Sync + 'a>> {
    yield_now().await;
    count(calls);
    let source = is_marked.then(|| permanent("no").into());
    Err(Box::new(Wrapped { context, source }))
}

#[tokio::test(start_paused = true)]
async fn marks_are_found_behind_anyhow_and_boxes() {
    let context = String::from("context");
    for (is_marked, expected) in [(false, 3), (true, 1)] {
        assert_eq!(attempts(async |calls| of_anyhow(is_marked, calls)).await, expected);
        assert_eq!(attempts(async |calls| of_anyhow_later(is_marked, calls).await).await, expected);
        assert_eq!(attempts(async |calls| boxed(is_marked, calls).await).await, expected);
        assert_eq!(attempts(async |calls| boxed_plainly(is_marked, calls).is_ok()).await, expected);
        assert_eq!(
            attempts(async |calls| boxed_and_borrowing(&context, is_marked, calls).await.is_ok()).await,
            expected
        );
    }
}

#[retry(delay = "0s")]
async fn optional(calls: &AtomicU32) -> Option<()> {
    yield_now().await;
    count(calls);
    None
}

#[retry(delay = "0s")]
fn of_unit(calls: &AtomicU32) -> Result<u32, ()> {
    count(calls);
    Err(())
}

#[tokio::test(start_paused = true)]
async fn an_unclassified_error_is_retried() {
    assert_eq!(attempts(async |calls| optional(calls).await).await, 3);
    assert_eq!(attempts(async |calls| of_unit(calls)).await, 3);
}

#[retry(max_attempts = 2)]
async fn pushed_back(calls: &AtomicU32) -> anyhow::Result<()> {
    count(calls);
    Err(retry_after(Duration::from_secs(7), "busy"))?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_push_back_in_the_chain_is_waited_for() {
    let start = tokio::time::Instant::now();
    assert_eq!(attempts(async |calls| pushed_back(calls).await).await, 2);
    assert!(start.elapsed() >= Duration::from_secs(7));
}

#[retry(delay = "0s", when = |error: &Own| matches!(error, Own::Wrong))]
async fn by_closure(error: Own, calls: &AtomicU32) -> Result<(), Own> {
    count(calls);
    Err(error)
}

fn always_permanent<E>(_: &E) -> Fault {
    Fault::Permanent
}

struct Client {
    is_patient: bool,
}

impl Client {
    #[retry(delay = "0s", when = |_| self.is_patient)]
    async fn by_field(&mut self, calls: &AtomicU32) -> anyhow::Result<()> {
        count(calls);
        anyhow::bail!("no")
    }

    #[retry(delay = "0s", when = always_permanent)]
    fn by_path(&self, calls: &AtomicU32) -> Option<bool> {
        count(calls);
        (!self.is_patient).then_some(true)
    }
}

#[tokio::test(start_paused = true)]
async fn the_classification_of_the_attribute_comes_before_that_of_the_error() {
    assert_eq!(attempts(async |calls| by_closure(Own::Wrong, calls).await).await, 3);
    assert_eq!(attempts(async |calls| by_closure(Own::Busy, calls).await).await, 1);
    assert_eq!(attempts(async |calls| Client { is_patient: true }.by_field(calls).await).await, 3);
    assert_eq!(attempts(async |calls| Client { is_patient: false }.by_field(calls).await).await, 1);
    assert_eq!(attempts(async |calls| Client { is_patient: true }.by_path(calls)).await, 1);
}

#[derive(Debug, Classify)]
enum Sourced {
    #[classify(source)]
    Maybe { source: Option<Own> },
    #[classify(source)]
    MaybeErased(#[classify(source)] Option<Box<dyn Error + Send + Sync>>, ()),
    #[classify(source)]
    Erased(anyhow::Error),
}

#[test]
fn an_optional_source_is_asked_where_there_is_one() {
    let maybe = |source| Sourced::Maybe { source }.classify();
    assert_eq!((maybe(Some(Own::Wrong)), maybe(None)), (Fault::Permanent, Fault::Transient));
    let marked = Box::new(permanent(io::Error::other("x")));
    assert_eq!(Sourced::MaybeErased(Some(marked), ()).classify(), Fault::Permanent);
    assert_eq!(Sourced::MaybeErased(None, ()).classify(), Fault::Transient);
    assert_eq!(Sourced::Erased(anyhow::anyhow!("x")).classify(), Fault::Transient);
}

#[retry(
    delay = "0s",
    max_attempts = 3,
    when = |error| error.downcast_ref::<Own>().map_or(Fault::Transient, Classify::classify)
)]
fn inside_of_anyhow(error: Own, calls: &AtomicU32) -> anyhow::Result<()> {
    count(calls);
    Err(anyhow::Error::new(error))
}

#[retry(delay = "0s", max_attempts = 3)]
fn hidden_in_anyhow(error: Own, calls: &AtomicU32) -> anyhow::Result<()> {
    count(calls);
    Err(anyhow::Error::new(error))
}

#[tokio::test]
async fn the_classification_of_an_error_inside_anyhow_counts_after_a_downcast() {
    assert_eq!(attempts(async |calls| inside_of_anyhow(Own::Wrong, calls)).await, 1);
    assert_eq!(attempts(async |calls| inside_of_anyhow(Own::Busy, calls)).await, 3);
    assert_eq!(attempts(async |calls| hidden_in_anyhow(Own::Wrong, calls)).await, 3);
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for Own {}

#[test]
fn the_report_of_an_inner_call_means_what_its_error_means() {
    use backoff_core::{Classify, Policy, RetryError};

    #[derive(Debug, Classify)]
    enum Trouble {
        #[permanent]
        Refused,
        #[transient]
        Down,
    }
    #[retry(max_attempts = 3, delay = "0s")]
    fn outer(calls: &mut u32, refused: bool) -> Result<(), RetryError<Trouble>> {
        *calls += 1;
        let once = Policy::never().build();
        once.retry(|| Err::<(), _>(if refused { Trouble::Refused } else { Trouble::Down })).call_report().map(drop)
    }
    for (refused, expected) in [(true, 1), (false, 3)] {
        let mut calls = 0;
        assert!(outer(&mut calls, refused).is_err());
        assert_eq!(calls, expected);
    }
}
