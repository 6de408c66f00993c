//! A 502 with `Retry-After`, in every form of a call: an idempotent call waits, every other call ends.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::RefCell;
use std::error::Error;
use std::time::Duration;

use backoff_core::StopReason::{Ambiguous, MaxAttempts};
use backoff_core::classify::{self, HttpError};
use backoff_core::{Classify, Fault, Policy, RetryEvent, StopReason, retry, testing};
use http::{HeaderMap, HeaderValue, StatusCode};

const WAIT: Duration = Duration::from_secs(2);
const PLAIN: Policy = Policy::exponential().build();
const IDEMPOTENT: Policy = Policy::exponential().idempotent().build();

/// The failure of a gateway that lost an answer and sends a `Retry-After`.
fn bad_gateway() -> HttpError {
    let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, HeaderValue::from_static("2"))]);
    HttpError::from_parts(StatusCode::BAD_GATEWAY, &headers)
}

type Erased = Box<dyn Error + Send + Sync>;

/// The texts and delays of retries.
type Log = RefCell<Vec<(String, Duration)>>;

fn note<E: ToString>(log: &Log, event: &RetryEvent<'_, E>) {
    log.borrow_mut().push((event.error().map(E::to_string).unwrap_or_default(), event.delay()));
}

#[retry(on_retry = |event| note(log, event))]
fn once(log: &Log) -> Result<(), HttpError> {
    Err(bad_gateway())
}

#[retry(idempotent, on_retry = |event| note(log, event))]
fn again(log: &Log) -> Result<(), HttpError> {
    Err(bad_gateway())
}

#[retry(on_retry = |event| note(log, event))]
async fn once_later(log: &Log) -> Result<(), HttpError> {
    Err(bad_gateway())
}

#[retry(idempotent, on_retry = |event| note(log, event))]
async fn again_later(log: &Log) -> Result<(), HttpError> {
    Err(bad_gateway())
}

#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    #[error(transparent)]
    #[classify(source)]
    Answer(#[from] HttpError),
    #[error("the answer broke off; retry after {after:?}")]
    #[ambiguous]
    #[push_back(after)]
    BrokenOff { after: Duration },
}

#[retry]
fn derived_once(error: fn() -> ShopError) -> Result<(), ShopError> {
    Err(error())
}

#[retry(idempotent)]
fn derived_again(error: fn() -> ShopError) -> Result<(), ShopError> {
    Err(error())
}

#[retry]
fn erased_once(error: fn() -> anyhow::Error) -> anyhow::Result<()> {
    Err(error().context("cannot load the page"))
}

#[retry(idempotent)]
fn erased_again(error: fn() -> anyhow::Error) -> anyhow::Result<()> {
    Err(error().context("cannot load the page"))
}

fn ends(call: impl FnOnce()) {
    let test = testing::no_waits();
    call();
    assert_eq!((test.attempts(), test.reasons(), test.waits().len()), (1, vec![Ambiguous], 0));
}

fn waits(call: impl FnOnce()) {
    let test = testing::virtual_time();
    call();
    assert_eq!((test.attempts(), test.reasons()), (3, vec![MaxAttempts]));
    let kept = WAIT..=WAIT + Duration::from_millis(200);
    assert!(test.waits().len() == 2 && test.waits().iter().all(|wait| kept.contains(wait)), "{:?}", test.waits());
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("no i/o, no time").block_on(future)
}

#[test]
fn an_annotated_function_ends_unless_it_is_idempotent() {
    let log = Log::default();
    ends(|| assert_eq!(once(&log), Err(bad_gateway())));
    ends(|| assert_eq!(block_on(once_later(&log)), Err(bad_gateway())));
    assert_eq!(log.take(), []);
    waits(|| assert_eq!(again(&log), Err(bad_gateway())));
    waits(|| assert_eq!(block_on(again_later(&log)), Err(bad_gateway())));
    assert_eq!(log.borrow().len(), 4);
}

#[test]
fn the_text_of_an_error_and_the_delay_announced_beside_it_agree() {
    let log = Log::default();
    waits(|| assert!(again(&log).is_err()));
    for (text, next_in) in log.take() {
        assert_eq!(text, "the server answered 502 Bad Gateway; retry after 2s");
        assert!(next_in >= WAIT, "{text}; next in {next_in:?}");
    }
}

#[test]
fn a_call_of_a_policy_ends_unless_it_is_idempotent() {
    let fails = || Err::<(), _>(bad_gateway());
    ends(|| assert!(PLAIN.retry(fails).classified().call().is_err()));
    ends(|| assert!(block_on(PLAIN.retry(async || fails()).classified().into_future()).is_err()));
    waits(|| assert!(PLAIN.retry(fails).classified().idempotent().call().is_err()));
    waits(|| assert!(IDEMPOTENT.retry(fails).classified().call().is_err()));
    waits(|| assert!(block_on(IDEMPOTENT.retry(async || fails()).classified().into_future()).is_err()));

    let erased = || Err::<(), Erased>(Box::new(bad_gateway()));
    ends(|| assert!(PLAIN.retry(erased).classified().call().is_err()));
    waits(|| assert!(IDEMPOTENT.retry(erased).classified().call().is_err()));
}

fn by_hand(policy: &Policy) -> Option<StopReason> {
    let mut attempts = policy.start();
    loop {
        let error = bad_gateway();
        let fault = error.classify();
        if attempts.pause_as(error, fault).is_err() {
            return attempts.stopped();
        }
    }
}

async fn by_hand_later(policy: &Policy) -> Option<StopReason> {
    let mut attempts = policy.start();
    loop {
        let error = bad_gateway();
        let fault = error.classify();
        if attempts.pause_async_as(error, fault).await.is_err() {
            return attempts.stopped();
        }
    }
}

#[test]
fn a_manual_loop_ends_unless_its_policy_is_idempotent() {
    ends(|| assert_eq!(by_hand(&PLAIN), Some(Ambiguous)));
    ends(|| assert_eq!(block_on(by_hand_later(&PLAIN)), Some(Ambiguous)));
    waits(|| assert_eq!(by_hand(&IDEMPOTENT), Some(MaxAttempts)));
    waits(|| assert_eq!(block_on(by_hand_later(&IDEMPOTENT)), Some(MaxAttempts)));
}

#[test]
fn a_derived_classification_keeps_kind_and_wait() {
    for error in [|| bad_gateway().into(), || ShopError::BrokenOff { after: WAIT }] {
        assert_eq!(error().classify(), Fault::AmbiguousPushBack(WAIT));
        ends(|| assert!(derived_once(error).is_err()));
        waits(|| assert!(derived_again(error).is_err()));
    }
}

#[test]
fn an_erased_error_keeps_kind_and_wait() {
    let marked: fn() -> anyhow::Error = || classify::mark(Fault::Ambiguous.with_not_before(WAIT), "lost").into();
    for error in [|| bad_gateway().into(), marked] {
        ends(|| assert!(erased_once(error).is_err()));
        waits(|| assert!(erased_again(error).is_err()));
    }
}

/// The documentation states this; `mark` keeps the push-back.
#[test]
fn a_custom_classification_is_found_in_an_erased_error_only_if_it_is_marked() {
    let lost: fn() -> anyhow::Error = || ShopError::BrokenOff { after: WAIT }.into();
    let test = testing::no_waits();
    assert!(erased_once(lost).is_err());
    assert_eq!((test.attempts(), test.reasons()), (3, vec![MaxAttempts]), "transient, since nothing is known of it");
    drop(test);
    ends(|| {
        let marked: fn() -> anyhow::Error = || {
            let error = ShopError::BrokenOff { after: WAIT };
            classify::mark(error.classify(), error).into()
        };
        assert!(erased_once(marked).is_err());
    });
}
