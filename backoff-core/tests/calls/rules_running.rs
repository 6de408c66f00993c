//! The number of runs of an operation, its result, and its panics, which are not caught.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};

use backoff_core::{NoValue, Policy, RetryError, StopReason};
use support::{Case, FAILS, block_on, ms, ns, ok};

#[test]
fn the_operation_runs_once_even_when_every_limit_is_the_lowest() {
    let policy = Policy::constant(ms(0)).max_attempts(1).max_elapsed(ns(1)).build();
    let trace = Case::always_fails(policy).cancelled_in(0).run();
    assert_eq!(trace.calls, 1);
}

#[test]
fn max_attempts_counts_the_first_attempt() {
    for max_attempts in [1, 2, 3, 10] {
        let policy = Policy::exponential().max_attempts(max_attempts).build();
        let trace = Case::always_fails(policy).run();
        assert_eq!(trace.ended(), (max_attempts, Some(StopReason::MaxAttempts)));
        assert_eq!(trace.report.attempts, max_attempts);
        assert_eq!(trace.slept.len(), usize::try_from(max_attempts).unwrap() - 1, "no sleep after the last attempt");
    }
}

#[test]
fn success_at_the_last_attempt_is_a_success() {
    let policy = Policy::exponential().max_attempts(3).build();
    let trace = Case::new(policy, [FAILS, FAILS, ok(9)]).run();
    assert_eq!((trace.calls, trace.result, trace.reason), (3, Ok(9), None));
}

/// An error that is neither `Clone`, `Debug` nor `Display`; the same one must come back.
struct Opaque(Box<u32>);

#[test]
fn the_error_handed_back_is_the_last_one_untouched() {
    let number = Cell::new(0);
    let next = || {
        number.set(number.get() + 1);
        Opaque(Box::new(number.get()))
    };
    let policy = Policy::exponential().max_attempts(3).build();
    let Err(error) = policy.retry(|| Err::<Infallible, _>(next())).sleep(|_| ()).call();
    assert_eq!(*error.0, 3);
    let Err(error) = block_on(policy.retry(|| ready(Err::<Infallible, _>(next()))).sleep(|_| ready(())).into_future());
    assert_eq!(*error.0, 6);
}

#[test]
fn a_report_contains_the_reason_the_attempts_and_the_times() {
    let policy = Policy::exponential().jitter(backoff_core::Jitter::None).max_attempts(3).build();
    let trace = Case::new(policy, [FAILS.after(ms(10))]).run();
    assert_eq!(trace.reason, Some(StopReason::MaxAttempts));
    assert_eq!((trace.report.attempts, trace.report.slept, trace.report.elapsed), (3, ms(300), ms(330)));
    let success = Case::new(policy, [FAILS.after(ms(10)), ok(1).after(ms(20))]).run();
    assert_eq!((success.report.attempts, success.report.slept, success.report.elapsed), (2, ms(100), ms(130)));
}

#[test]
fn a_report_is_an_error_whose_source_is_the_last_error() {
    let policy = Policy::exponential().max_attempts(2).build();
    let report = policy.retry(|| Err::<(), _>(std::io::Error::other("down"))).sleep(|_| ()).call_report();
    let error: RetryError<std::io::Error> = report.unwrap_err();
    assert_eq!(error.to_string(), "gave up after 2 attempts: no attempts left");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "down");
    let once = Policy::never().build().retry(|| Err::<(), _>(std::io::Error::other("down"))).call_report();
    assert_eq!(once.unwrap_err().to_string(), "gave up after 1 attempt: no attempts left");
}

#[test]
fn an_operation_may_return_an_option() {
    let policy = Policy::exponential().max_attempts(3).build();
    let calls = Cell::new(0);
    let attempt = || {
        calls.set(calls.get() + 1);
        (calls.get() == 2).then_some("value")
    };
    assert_eq!(policy.retry(attempt).sleep(|_| ()).call(), Some("value"));
    calls.set(0);
    assert_eq!(block_on(policy.retry(|| ready(attempt())).sleep(|_| ready(())).into_future()), Some("value"));
    let never = policy.retry(|| None::<()>).sleep(|_| ()).call_report().unwrap_err();
    assert_eq!((never.last, never.attempts), (NoValue, 3));
}

#[test]
fn a_panic_passes_through_at_once_and_is_not_retried() {
    let policy = Policy::exponential().max_attempts(5).build();
    let calls = Cell::new(0);
    let panics = || -> Result<(), ()> {
        calls.set(calls.get() + 1);
        std::panic::resume_unwind(Box::new("a bug of the caller"));
    };
    let payload = catch_unwind(AssertUnwindSafe(|| policy.retry(panics).sleep(|_| ()).call())).unwrap_err();
    assert_eq!((payload.downcast_ref(), calls.get()), (Some(&"a bug of the caller"), 1));
    let call = policy.retry(|| async { panics() }).sleep(|_| ready(()));
    let payload = catch_unwind(AssertUnwindSafe(|| block_on(call.into_future()))).unwrap_err();
    assert_eq!((payload.downcast_ref(), calls.get()), (Some(&"a bug of the caller"), 2));
}

#[test]
fn a_panic_after_a_failure_passes_through_too() {
    let policy = Policy::exponential().max_attempts(5).build();
    let calls = Cell::new(0);
    let attempt = || {
        calls.set(calls.get() + 1);
        if calls.get() == 3 {
            std::panic::resume_unwind(Box::new("late"));
        }
        Err::<(), _>("down")
    };
    let caught = catch_unwind(AssertUnwindSafe(|| policy.retry(attempt).sleep(|_| ()).call()));
    assert_eq!((caught.unwrap_err().downcast_ref(), calls.get()), (Some(&"late"), 3));
}

#[test]
fn a_hook_may_use_what_the_call_uses() {
    // a token that is cancelled, and another call made, inside a hook: no lock is held while user code runs
    let token = backoff_core::CancelToken::new();
    let policy = Policy::constant(ms(0)).max_attempts(5).build();
    let report = policy
        .retry(|| Err::<(), _>("down"))
        .cancel(&token)
        .on_retry(|_| {
            assert_eq!(policy.retry(|| Ok::<_, ()>(1)).cancel(&token).call(), Ok(1));
            token.cancel();
        })
        .call_report();
    let error = report.unwrap_err();
    assert_eq!((error.attempts, error.reason), (1, StopReason::Cancelled));
}
