//! Cancellation of a call: the wake-up, the race with the delay, and the error that is kept.

use std::cell::Cell;
use std::future::{pending, ready};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use backoff_core::{CancelToken, Jitter, Policy, StopReason};
use support::{block_on, ms, paused, secs};
use tokio::time::Instant;

/// A delay that is too long for any test.
const FOR_EVER: Policy = Policy::constant(secs(1_000_000)).forever().build();

#[test]
fn a_token_wakes_the_default_blocking_sleeper() {
    let token = CancelToken::new();
    let (started, has_started) = mpsc::channel();
    let call = {
        let token = token.clone();
        thread::spawn(move || {
            FOR_EVER.retry(|| Err::<(), _>("down")).cancel(&token).on_retry(|_| started.send(()).unwrap()).call_report()
        })
    };
    has_started.recv().unwrap();
    token.cancel();
    let error = call.join().unwrap().unwrap_err();
    assert_eq!((error.attempts, error.reason, error.last), (1, StopReason::Cancelled, "down"));
    assert_eq!(error.slept, Duration::ZERO, "the delay was not waited out");
}

#[test]
fn one_static_token_wakes_many_calls() {
    static SHUTDOWN: CancelToken = CancelToken::new();
    let (started, has_started) = mpsc::channel();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let started = started.clone();
            thread::spawn(move || {
                let call = FOR_EVER.retry(|| Err::<(), _>("down")).cancel(&SHUTDOWN);
                call.on_retry(|_| started.send(()).unwrap()).call_report()
            })
        })
        .collect();
    for _ in 0..8 {
        has_started.recv().unwrap();
    }
    SHUTDOWN.cancel();
    for call in calls {
        assert_eq!(call.join().unwrap().unwrap_err().reason, StopReason::Cancelled);
    }
}

#[test]
fn a_token_wakes_an_async_call_from_another_thread() {
    let token = CancelToken::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let canceller = token.clone();
    let report = runtime.block_on(
        FOR_EVER
            .retry(|| async { Err::<(), _>("down") })
            .on_retry(move |_| {
                let canceller = canceller.clone();
                drop(thread::spawn(move || canceller.cancel()));
            })
            .cancel(&token)
            .report(),
    );
    assert_eq!(report.unwrap_err().reason, StopReason::Cancelled);
}

#[test]
fn a_cancel_during_the_delay_stops_both_drivers_before_the_next_attempt() {
    // a sleeper that cannot be woken detects the cancellation after the delay
    let policy = Policy::constant(ms(100)).jitter(Jitter::None).max_attempts(5).build();
    let run = |is_async: bool| {
        let (token, calls, gave_up) = (CancelToken::new(), Cell::new(0), Cell::new(None));
        let attempt = || {
            calls.set(calls.get() + 1);
            Err::<(), _>(calls.get())
        };
        let sleep = || {
            if calls.get() == 2 {
                token.cancel();
            }
        };
        let report = if is_async {
            let call = policy.retry(|| ready(attempt())).sleep(|_| {
                sleep();
                ready(())
            });
            block_on(call.cancel(token.cancelled()).on_give_up(|event| gave_up.set(Some(event.reason()))).report())
        } else {
            let call = policy.retry(attempt).sleep(|_| sleep());
            call.cancel(&token).on_give_up(|event| gave_up.set(Some(event.reason()))).call_report()
        };
        let error = report.unwrap_err();
        assert_eq!(gave_up.get(), Some(error.reason));
        (calls.get(), error.last, error.reason, error.slept)
    };
    assert_eq!(run(false), (2, 2, StopReason::Cancelled, ms(100)));
    assert_eq!(run(true), run(false));
}

#[test]
fn a_cancel_in_a_hook_stops_both_drivers_also_without_a_delay() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(5).build();
    let token = CancelToken::new();
    let blocking = policy.retry(|| Err::<(), _>("down")).on_retry(|_| token.cancel()).cancel(&token).call_report();
    let error = blocking.unwrap_err();
    assert_eq!((error.attempts, error.reason), (1, StopReason::Cancelled));
    let token = CancelToken::new();
    let call = policy.retry(|| ready(Err::<(), _>("down"))).on_retry(|_| token.cancel()).cancel(token.cancelled());
    let error = block_on(call.report()).unwrap_err();
    assert_eq!((error.attempts, error.reason), (1, StopReason::Cancelled));
}

#[test]
fn a_future_is_not_raced_with_an_attempt() {
    paused(async {
        let origin = Instant::now();
        let report = FOR_EVER
            .retry(|| async {
                tokio::time::sleep(secs(5)).await;
                Ok::<_, ()>(7)
            })
            .cancel(tokio::time::sleep(secs(1)))
            .report()
            .await;
        assert_eq!((report.unwrap().value, origin.elapsed()), (7, secs(5)));
    });
}

#[test]
fn a_future_that_completes_during_an_attempt_stops_the_call_after_it() {
    paused(async {
        let report = FOR_EVER
            .retry(|| async {
                tokio::time::sleep(secs(5)).await;
                Err::<(), _>("down")
            })
            .cancel(tokio::time::sleep(secs(1)))
            .report()
            .await;
        let error = report.unwrap_err();
        assert_eq!((error.reason, error.elapsed, error.last), (StopReason::Cancelled, secs(5), "down"));
    });
}

#[test]
fn a_future_that_never_completes_changes_nothing() {
    paused(async {
        let policy = Policy::constant(ms(100)).jitter(Jitter::None).max_attempts(3).build();
        let report = policy.retry(|| async { Err::<(), _>(()) }).cancel(pending::<()>()).report().await;
        let error = report.unwrap_err();
        assert_eq!((error.attempts, error.reason, error.elapsed), (3, StopReason::MaxAttempts, ms(200)));
    });
}

#[test]
fn a_cancelled_poll_for_a_value_keeps_the_last_value() {
    paused(async {
        let report = FOR_EVER
            .retry(|| async { Ok::<_, ()>(40) })
            .until(|percent| *percent == 100)
            .cancel(tokio::time::sleep(secs(1)))
            .report()
            .await;
        let success = report.unwrap();
        assert_eq!((success.value, success.stopped), (40, Some(StopReason::Cancelled)));
    });
}

#[test]
fn cancelling_twice_is_cancelling_once_and_clones_share_one_state() {
    let token = CancelToken::new();
    let clone = token.clone();
    assert!(!clone.is_cancelled());
    token.cancel();
    token.cancel();
    assert!(clone.is_cancelled() && token.clone().is_cancelled());
    block_on(clone.cancelled());
}

#[test]
fn no_task_is_spawned() {
    paused(async {
        let metrics = tokio::runtime::Handle::current().metrics();
        let policy = Policy::constant(ms(100)).max_attempts(5).build();
        let seen = Cell::new(0);
        let result = policy
            .retry(|| async {
                seen.set(metrics.num_alive_tasks().max(seen.get()));
                Err::<(), _>(())
            })
            .on_retry(|_| seen.set(metrics.num_alive_tasks().max(seen.get())))
            .cancel(pending::<()>())
            .timeout(secs(60))
            .attempt_timeout(secs(1))
            .on_timeout(|_| ())
            .await;
        assert_eq!((result, seen.get()), (Err(()), 0));
    });
}

#[test]
fn a_token_is_lent_or_given() {
    let token = CancelToken::new();
    token.cancel();
    let policy = Policy::constant(secs(3_600)).forever().build();
    for cancelled in [
        policy.retry(|| Err::<(), _>("down")).cancel(&token).call_report(),
        policy.retry(|| Err::<(), _>("down")).cancel(token.clone()).call_report(),
        paused(async { policy.retry(|| async { Err("down") }).cancel(&token).report().await }),
        paused(async { policy.retry(|| async { Err("down") }).cancel(token.clone()).report().await }),
    ] {
        assert_eq!(cancelled.unwrap_err().reason, StopReason::Cancelled);
    }
}

#[test]
fn a_custom_sleeper_is_not_called_if_the_call_is_cancelled_before_the_delay() {
    let (token, slept) = (CancelToken::new(), Cell::new(0));
    let policy = Policy::constant(secs(1)).max_attempts(3).build();
    let call = policy.retry(|| Err::<(), _>("down")).on_retry(|_| token.cancel());
    let error = call.sleep(|_| slept.set(slept.get() + 1)).cancel(&token).call_report().unwrap_err();
    assert_eq!((error.reason, error.attempts, slept.get()), (StopReason::Cancelled, 1, 0));
}

/// Counts its polls.
async fn asked(count: &Cell<u32>) {
    std::future::poll_fn(|_| {
        count.set(count.get() + 1);
        std::task::Poll::<()>::Pending
    })
    .await;
}

#[backoff_core::retry(max_attempts = 3, delay = "1s", cancel = asked(count), until = |value| *value == good, unmet = last)]
async fn looks_at_its_value(count: &Cell<u32>, good: u32) -> Result<u32, &'static str> {
    Ok(1)
}

#[test]
fn the_future_that_cancels_is_asked_only_when_the_call_goes_on() {
    paused(async {
        let count = Cell::new(0);
        assert_eq!(looks_at_its_value(&count, 1).await, Ok(1));
        assert_eq!(count.get(), 0, "a message that it waits for is still there");
        assert_eq!(looks_at_its_value(&count, 2).await, Ok(1));
        assert!(count.get() > 0);
    });
}

#[test]
fn a_manual_loop_is_cancelled_before_and_while_it_waits() {
    let token = CancelToken::new();
    let mut attempts = FOR_EVER.start().cancel(&token);
    let waiting = {
        let token = token.clone();
        thread::spawn(move || {
            thread::sleep(ms(5));
            token.cancel();
        })
    };
    assert_eq!(attempts.pause("first"), Err("first"), "a million seconds were not waited out");
    waiting.join().unwrap();
    let error = attempts.explain("first");
    assert_eq!((error.reason, error.attempts, error.slept), (StopReason::Cancelled, 1, Duration::ZERO));
    assert_eq!((attempts.number(), attempts.stopped()), (1, Some(StopReason::Cancelled)));
    assert_eq!(attempts.pause("next"), Err("next"), "the token stays cancelled");
    assert_eq!(attempts.stopped(), Some(StopReason::Cancelled));
}

#[test]
fn a_manual_loop_that_awaits_is_cancelled_too() {
    paused(async {
        let token = CancelToken::new();
        let mut attempts = FOR_EVER.start().cancel(&token);
        let cancels = async {
            tokio::time::sleep(secs(5)).await;
            token.cancel();
        };
        let (result, ()) = tokio::join!(attempts.pause_async("down"), cancels);
        assert_eq!((result, attempts.stopped()), (Err("down"), Some(StopReason::Cancelled)));
        let error = attempts.explain("down");
        assert_eq!((error.elapsed, error.slept), (secs(5), Duration::ZERO));
    });
}

#[test]
fn a_manual_loop_that_has_given_up_is_at_its_last_attempt() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
    let mut attempts = policy.start();
    while attempts.pause("down").is_ok() {}
    assert_eq!((attempts.number(), attempts.stopped()), (3, Some(StopReason::MaxAttempts)));
}

#[test]
fn a_manual_loop_that_continues_after_a_stop_has_not_stopped() {
    paused(async {
        let policy = Policy::constant(secs(2)).jitter(Jitter::None).max_attempts(9).build();
        let mut attempts = policy.start();
        assert!(attempts.pause_async_as("denied", false).await.is_err());
        assert_eq!(attempts.stopped(), Some(StopReason::Permanent));
        assert!(attempts.pause_async("down").await.is_ok());
        assert_eq!((attempts.number(), attempts.stopped(), attempts.last_delay()), (3, None, Some(secs(2))));
        drop(tokio::time::timeout(secs(1), attempts.pause_async("down")).await);
        assert_eq!((attempts.number(), attempts.last_delay()), (4, Some(secs(2))));
    });
}
