//! The errors that are retried.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::future::ready;

use backoff_core::{Fault, Policy, RetryError, StopReason, permanent, retry_after};
use support::{Case, FAILS, Trouble, block_on, fails, ok, secs};

const FOUR: Policy = Policy::exponential().max_attempts(4).build();

#[test]
fn success_on_the_third_call_brings_its_value() {
    let trace = Case::new(FOUR, [FAILS, FAILS, ok(42)]).run();
    assert_eq!((trace.calls, trace.result, trace.retries()), (3, Ok(42), 2));
}

#[test]
fn success_at_once_makes_one_call_and_runs_no_classifier() {
    let trace = Case::new(FOUR, [ok(42)]).run();
    assert_eq!((trace.calls, trace.result, trace.judged), (1, Ok(42), 0));
}

#[test]
fn a_permanent_error_that_comes_third_ends_the_third_call() {
    let trace = Case::new(FOUR, [FAILS, FAILS, fails(Fault::Permanent), ok(1)]).run();
    assert_eq!(trace.ended(), (3, Some(StopReason::Permanent)));
    assert_eq!(trace.result, Err(Trouble { attempt: 3, fault: Fault::Permanent }));
}

#[test]
fn the_classifier_is_asked_once_for_each_failure() {
    let trace = Case::always_fails(FOUR).run();
    assert_eq!((trace.calls, trace.judged, trace.retries()), (4, 4, 3));
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    A,
    B,
}

/// Runs an operation that always fails with `error` through both drivers, and returns the common number of calls.
fn calls_with(error: Kind, when: impl Fn(&Kind) -> bool) -> u32 {
    let calls = Cell::new(0);
    let operation = || {
        calls.set(calls.get() + 1);
        Err::<(), Kind>(error)
    };
    let blocking = FOUR.retry(operation).when(&when).sleep(|_| ()).call();
    let after_blocking = calls.replace(0);
    let asynchronous = block_on(FOUR.retry(|| ready(operation())).when(&when).sleep(|_| ready(())).into_future());
    assert_eq!((blocking, after_blocking), (asynchronous, calls.get()));
    assert_eq!(blocking, Err(error));
    after_blocking
}

#[test]
fn retry_only_on_a_retries_a_and_not_b() {
    assert_eq!(calls_with(Kind::A, |kind| *kind == Kind::A), 4);
    assert_eq!(calls_with(Kind::B, |kind| *kind == Kind::A), 1);
}

#[test]
fn abort_on_a_retries_b_and_not_a() {
    assert_eq!(calls_with(Kind::A, |kind| *kind != Kind::B), 4);
    assert_eq!(calls_with(Kind::A, |kind| *kind != Kind::A), 1);
}

#[test]
fn abort_beats_retry_when_both_match() {
    let (retries_on, aborts_on) = ([Kind::A, Kind::B], [Kind::A]);
    let when = |kind: &Kind| !aborts_on.contains(kind) && retries_on.contains(kind);
    assert_eq!(calls_with(Kind::A, when), 1);
    assert_eq!(calls_with(Kind::B, when), 4);
}

#[derive(Debug)]
struct Wrapper(Box<dyn Error + Send + Sync>);

impl fmt::Display for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("while fetching the page")
    }
}

impl Error for Wrapper {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

type Boxed = Box<dyn Error + Send + Sync>;

/// Runs an operation that fails with what `make` returns through both drivers, and returns the common end.
fn ends_with(make: impl Fn() -> Boxed) -> (u32, StopReason, String) {
    let of = |error: RetryError<Boxed>| (error.attempts, error.reason, error.last.to_string());
    let blocking = FOUR.retry(|| Err::<(), _>(make())).classified().sleep(|_| ()).call_report();
    let asynchronous = block_on(FOUR.retry(|| ready(Err::<(), _>(make()))).classified().sleep(|_| ready(())).report());
    let (blocking, asynchronous) = (blocking.map_err(of), asynchronous.map_err(of));
    assert_eq!(blocking, asynchronous);
    blocking.expect_err("the operation never succeeds")
}

#[test]
fn a_marked_error_is_permanent_also_when_it_is_wrapped() {
    let direct = ends_with(|| permanent("no such user").into());
    assert_eq!(direct, (1, StopReason::Permanent, "no such user".to_owned()));
    let wrapped = ends_with(|| Wrapper(permanent("no such user").into()).into());
    assert_eq!(wrapped, (1, StopReason::Permanent, "while fetching the page".to_owned()));
    let twice = ends_with(|| Wrapper(Wrapper(permanent("no such user").into()).into()).into());
    assert_eq!(twice.1, StopReason::Permanent);
}

#[test]
fn a_mark_is_found_in_an_erased_error_whatever_threads_it_may_go_to() {
    let plain = FOUR.retry(|| Err::<(), Box<dyn Error>>(permanent("no such user").into())).classified();
    assert_eq!(plain.sleep(|_| ()).call_report().unwrap_err().attempts, 1);
    let sent = FOUR.retry(|| Err::<(), Box<dyn Error + Send>>(Box::new(permanent("no such user")))).classified();
    assert_eq!(sent.sleep(|_| ()).call_report().unwrap_err().attempts, 1);
}

#[test]
fn an_unmarked_error_is_retried_also_when_it_is_wrapped() {
    assert_eq!(ends_with(|| "reset".into()), (4, StopReason::MaxAttempts, "reset".to_owned()));
    assert_eq!(ends_with(|| Wrapper("reset".into()).into()).0, 4);
}

#[test]
fn a_mark_is_found_in_anyhow_under_its_contexts() {
    let report = FOUR
        .retry(|| Err::<(), _>(anyhow::Error::new(permanent("gone")).context("reading").context("serving")))
        .classified()
        .sleep(|_| ())
        .call_report();
    let error = report.unwrap_err();
    assert_eq!((error.attempts, error.reason), (1, StopReason::Permanent));
    assert_eq!(error.last.to_string(), "serving");
}

#[test]
fn a_marked_push_back_is_slept() {
    let slept = Cell::new(secs(0));
    let asked = FOUR
        .edit()
        .max_attempts(2)
        .build()
        .retry(|| Err::<(), Boxed>(Wrapper(retry_after(secs(3), "busy").into()).into()))
        .classified()
        .random(|| 0)
        .sleep(|delay| slept.set(delay))
        .call_report();
    assert_eq!((asked.unwrap_err().attempts, slept.get()), (2, secs(3)));
}
