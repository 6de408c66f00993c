//! The start of the operation, and the values that are freed when a call is cancelled or dropped.

use std::cell::Cell;
use std::future::{Future, pending, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use backoff_core::{CancelToken, Jitter, Policy, StopReason};
use support::{Case, FAILS, Trouble, fails, ms, ok, paused};
use tokio::time::Instant;

const PLAIN: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(5).build();

#[test]
fn cancelling_during_the_third_call_makes_three_calls_and_keeps_the_last_error() {
    let trace = Case::always_fails(PLAIN).cancelled_in(3).run();
    assert_eq!(trace.ended(), (3, Some(StopReason::Cancelled)));
    assert_eq!(trace.result, Err(Trouble { attempt: 3, fault: backoff_core::Fault::Transient }));
    assert_eq!((trace.slept.len(), trace.retries()), (2, 2));
}

#[test]
fn a_call_cancelled_before_the_start_still_makes_one_call() {
    let trace = Case::always_fails(PLAIN).cancelled_in(0).run();
    assert_eq!(trace.ended(), (1, Some(StopReason::Cancelled)));
    assert_eq!(trace.slept, []);
}

#[test]
fn a_success_during_which_the_call_is_cancelled_is_kept() {
    for attempt in [0, 1] {
        let trace = Case::new(PLAIN, [ok(7)]).cancelled_in(attempt).run();
        assert_eq!((trace.calls, trace.result, trace.reason), (1, Ok(7), None));
    }
    let later = Case::new(PLAIN, [FAILS, ok(7)]).cancelled_in(2).run();
    assert_eq!((later.calls, later.result, later.reason), (2, Ok(7), None));
}

#[test]
fn a_permanent_error_during_which_the_call_is_cancelled_is_permanent() {
    let trace = Case::new(PLAIN, [fails(backoff_core::Fault::Permanent)]).cancelled_in(1).run();
    assert_eq!(trace.ended(), (1, Some(StopReason::Permanent)));
}

#[test]
fn a_future_that_completes_during_the_delay_ends_it_at_that_instant() {
    paused(async {
        let origin = Instant::now();
        let report = PLAIN.retry(|| async { Err::<(), _>("down") }).cancel(tokio::time::sleep(ms(30))).report().await;
        let error = report.unwrap_err();
        assert_eq!((error.attempts, error.reason, error.last), (1, StopReason::Cancelled, "down"));
        assert_eq!((origin.elapsed(), error.elapsed, error.slept), (ms(30), ms(30), ms(0)));
    });
}

#[test]
fn nothing_runs_at_construction_one_attempt_at_the_first_poll_none_during_the_sleep() {
    let calls = Cell::new(0);
    let call = PLAIN.retry(|| {
        calls.set(calls.get() + 1);
        ready(Err::<(), _>("down"))
    });
    assert_eq!(calls.get(), 0, "at `retry`");
    let woken = Cell::new(false);
    let sleep = || {
        let woken = &woken;
        std::future::poll_fn(move |_| if woken.get() { Poll::Ready(()) } else { Poll::Pending })
    };
    let mut future = pin!(call.sleep(|_| sleep()).into_future());
    assert_eq!(calls.get(), 0, "at `into_future`");
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    assert_eq!(calls.get(), 1, "at the first poll");
    for _ in 0..10 {
        assert!(future.as_mut().poll(&mut cx).is_pending());
        assert_eq!(calls.get(), 1, "during the sleep");
    }
    woken.set(true);
    assert_eq!(future.as_mut().poll(&mut cx), Poll::Ready(Err("down")));
    assert_eq!(calls.get(), 5, "after every sleep");
}

#[test]
fn a_blocking_call_runs_nothing_before_it_is_called_and_one_attempt_before_the_first_delay() {
    let calls = Cell::new(0);
    let calls_at_first_sleep = Cell::new(None);
    let call = PLAIN
        .retry(|| {
            calls.set(calls.get() + 1);
            Err::<(), _>("down")
        })
        .sleep(|_| calls_at_first_sleep.set(calls_at_first_sleep.get().or(Some(calls.get()))));
    assert_eq!(calls.get(), 0);
    assert_eq!(call.call(), Err("down"));
    assert_eq!((calls.get(), calls_at_first_sleep.get()), (5, Some(1)));
}

/// Counts its living and its dropped clones.
#[derive(Default)]
struct Count {
    alive: Rc<Cell<u32>>,
    dropped: Rc<Cell<u32>>,
}

impl Count {
    fn one(&self) -> Counted {
        self.alive.set(self.alive.get() + 1);
        Counted { alive: Rc::clone(&self.alive), dropped: Rc::clone(&self.dropped) }
    }

    fn get(&self) -> (u32, u32) {
        (self.alive.get(), self.dropped.get())
    }
}

struct Counted {
    alive: Rc<Cell<u32>>,
    dropped: Rc<Cell<u32>>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
        self.dropped.set(self.dropped.get() + 1);
    }
}

fn poll_once<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_call_dropped_during_an_attempt_drops_the_attempt_once() {
    let (captured, attempts) = (Count::default(), Count::default());
    let owned = captured.one();
    let attempt = || {
        let _captured = &owned;
        let held = attempts.one();
        async move {
            pending::<()>().await;
            drop(held);
            Ok::<(), ()>(())
        }
    };
    let mut future = Box::pin(PLAIN.retry(attempt).into_future());
    assert!(poll_once(&mut future).is_pending());
    assert_eq!(attempts.get(), (1, 0));
    drop(future);
    assert_eq!(attempts.get(), (0, 1));
    drop(owned);
    assert_eq!(captured.get(), (0, 1));
}

#[test]
fn a_call_dropped_during_a_delay_drops_the_timer_once_and_no_attempt_is_alive() {
    let (captured, attempts, timers) = (Count::default(), Count::default(), Count::default());
    let owned = captured.one();
    let attempt = || {
        let held = attempts.one();
        async move {
            drop(held);
            Err::<(), _>("down")
        }
    };
    let attempt = move || {
        let _captured = &owned;
        attempt()
    };
    let sleep = |_| {
        let held = timers.one();
        async move {
            pending::<()>().await;
            drop(held);
        }
    };
    let mut future = Box::pin(PLAIN.retry(attempt).sleep(sleep).into_future());
    assert!(poll_once(&mut future).is_pending());
    assert_eq!((captured.get(), attempts.get(), timers.get()), ((1, 0), (0, 1), (1, 0)));
    drop(future);
    assert_eq!((captured.get(), attempts.get(), timers.get()), ((0, 1), (0, 1), (0, 1)));
}

#[test]
fn an_aborted_task_leaves_nothing_behind() {
    let alive = Arc::new(());
    paused(async {
        for at in [ms(5), ms(50)] {
            // the attempt runs for 10 ms, and the delay ends at 110 ms
            let held = Arc::clone(&alive);
            let task = tokio::spawn(async move {
                let attempt = || {
                    let held = Arc::clone(&held);
                    async move {
                        tokio::time::sleep(ms(10)).await;
                        drop(held);
                        Err::<(), _>("down")
                    }
                };
                PLAIN.retry(attempt).await
            });
            tokio::time::sleep(at).await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            assert_eq!(Arc::strong_count(&alive), 1, "aborted at {at:?}");
        }
    });
}

#[test]
fn an_error_that_is_not_needed_again_is_dropped_before_the_delay() {
    let errors = Count::default();
    let pending_sleep = |_| pending::<()>();
    let mut future = Box::pin(PLAIN.retry(|| ready(Err::<(), _>(errors.one()))).sleep(pending_sleep).into_future());
    assert!(poll_once(&mut future).is_pending());
    assert_eq!(errors.get(), (0, 1));
}

#[test]
fn a_cancelled_future_leaves_no_waker_in_its_token() {
    let token = CancelToken::new();
    let call = PLAIN.retry(|| ready(Err::<(), _>("down"))).sleep(|_| pending::<()>()).cancel(token.cancelled());
    let mut future = Box::pin(call.into_future());
    assert!(poll_once(&mut future).is_pending());
    drop(future);
    token.cancel(); // wakes nobody
    assert!(token.is_cancelled());
}
