//! `cancel_attempts`: cancellation that also drops a running attempt.

use std::cell::Cell;
use std::future::{IntoFuture as _, pending, ready};
use std::io;
use std::time::Duration;

use backoff_core::{Budget, CancelToken, Cancelled, Fault, NoValue, Policy, StopReason};
use support::{block_on, paused, secs};
use tokio::time::{Instant, sleep};

const AT_ONCE: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();

#[test]
fn an_attempt_that_hangs_is_dropped_with_the_error_of_the_cancellation() {
    paused(async {
        let start = Instant::now();
        let call = AT_ONCE.retry(pending::<io::Result<()>>).cancel(sleep(secs(1))).cancel_attempts();
        let error = call.report().await.unwrap_err();
        assert_eq!((error.reason, error.attempts, start.elapsed()), (StopReason::Cancelled, 1, secs(1)));
        assert!(error.last.get_ref().and_then(|inner| inner.downcast_ref::<Cancelled>()).is_some(), "{:?}", error.last);
    });
}

#[test]
fn without_the_word_the_attempt_goes_on() {
    paused(async {
        let attempt = || async {
            sleep(secs(5)).await;
            Ok::<_, io::Error>(7)
        };
        assert_eq!(AT_ONCE.retry(attempt).cancel(sleep(secs(1))).await.unwrap(), 7);
    });
}

#[test]
fn an_option_becomes_none() {
    paused(async {
        let call = AT_ONCE.retry(pending::<Option<()>>).cancel(sleep(secs(1))).cancel_attempts();
        let error = call.report().await.unwrap_err();
        assert_eq!((error.last, error.reason), (NoValue, StopReason::Cancelled));
    });
}

#[test]
fn the_closure_of_on_cancel_may_change_its_state_and_runs_once() {
    let (stop, mut runs) = (CancelToken::new(), 0);
    stop.cancel();
    let call = AT_ONCE.retry(pending::<Result<(), u32>>).cancel(&stop).cancel_attempts().on_cancel(|_| {
        runs += 1;
        runs
    });
    assert_eq!(block_on(call.into_future()), Err(1));
    assert_eq!(runs, 1);
}

#[test]
fn an_attempt_that_is_ready_in_the_same_poll_is_kept() {
    let stop = CancelToken::new();
    let attempt = || {
        stop.cancel();
        ready(Ok::<_, io::Error>(7))
    };
    let call = AT_ONCE.retry(attempt).cancel(&stop).cancel_attempts();
    assert_eq!(block_on(call.into_future()).unwrap(), 7);
}

#[test]
fn a_failure_that_is_ready_in_the_same_poll_is_the_last_error() {
    let stop = CancelToken::new();
    let attempt = || {
        stop.cancel();
        ready(Err::<(), _>(io::Error::other("down")))
    };
    let call = AT_ONCE.retry(attempt).cancel(&stop).cancel_attempts();
    let error = block_on(call.report()).unwrap_err();
    assert_eq!((error.last.to_string().as_str(), error.reason), ("down", StopReason::Cancelled));
}

#[test]
fn the_reason_is_cancelled_whatever_the_classifier_thinks_of_the_error() {
    paused(async {
        let call = AT_ONCE.retry(pending::<Result<(), &str>>).when(|_| Fault::Permanent).cancel(sleep(secs(1)));
        let error = call.cancel_attempts().on_cancel(|_| "stopped").report().await.unwrap_err();
        assert_eq!((error.last, error.reason), ("stopped", StopReason::Cancelled));
    });
}

#[test]
fn a_cancelled_attempt_takes_no_token_and_deposits_none() {
    paused(async {
        let budget = Budget::new().capacity(3);
        let call = AT_ONCE.retry(pending::<Option<()>>).budget(&budget).cancel(sleep(secs(1))).cancel_attempts();
        assert_eq!(call.await, None);
        assert!((budget.available() - 3.0).abs() < 0.05, "{budget:?}");
    });
}

#[test]
fn a_future_that_completes_once_is_not_polled_again() {
    paused(async {
        let given = Cell::new(false);
        let once = async {
            sleep(secs(1)).await;
            assert!(!given.replace(true), "an async block panics if it is polled after its end");
        };
        let call = AT_ONCE.retry(pending::<Option<()>>).cancel(once).cancel_attempts();
        assert_eq!(call.await, None);
        assert!(given.get());
    });
}

#[test]
fn an_attempt_that_is_always_busy_is_dropped() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let call = async {
        let busy = || async {
            loop {
                tokio::task::coop::consume_budget().await;
            }
        };
        AT_ONCE.retry::<_, _>(busy).cancel(sleep(Duration::from_millis(20))).cancel_attempts().await
    };
    let result: Option<()> = runtime.block_on(call);
    assert_eq!(result, None);
}
