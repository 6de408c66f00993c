//! The limits that drop a running attempt: the attempt's timeout, and that of the whole call.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use backoff_core::{AttemptTimeout, Fault, Jitter, NoValue, Policy, PolicyBuilder, RetryError, Since, StopReason};
use support::{ms, paused, secs};
use tokio::time::{Instant, sleep};

const fn every(delay: Duration) -> PolicyBuilder {
    Policy::constant(delay).jitter(Jitter::None)
}

const PLAIN: Policy = every(ms(100)).max_attempts(3).build();

/// An attempt that would run for a day.
async fn hangs() -> Result<u32, io::Error> {
    sleep(secs(86_400)).await;
    Ok(1)
}

fn took<E>(error: &RetryError<E>) -> (u32, StopReason, Duration) {
    (error.attempts, error.reason, error.elapsed)
}

#[test]
fn an_attempt_that_outlives_its_timeout_is_dropped_and_retried() {
    struct Dropped<'a>(&'a Cell<u32>);
    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    paused(async {
        let dropped = Cell::new(0);
        let dropped_at_hook = Cell::new(0);
        let attempt = || async {
            let _guard = Dropped(&dropped);
            hangs().await
        };
        let call = PLAIN.retry(attempt).attempt_timeout(secs(1));
        let report = call.on_retry(|_| dropped_at_hook.set(dropped.get())).report().await;
        let error = report.unwrap_err();
        assert_eq!(took(&error), (3, StopReason::MaxAttempts, ms(3 * 1_000 + 2 * 100)));
        assert_eq!((dropped.get(), dropped_at_hook.get()), (3, 2), "each is dropped before its hook runs");
        assert_eq!(error.last.kind(), io::ErrorKind::TimedOut);
        assert_eq!(error.last.to_string(), "no answer within 1s");
    });
}

#[test]
fn an_attempt_that_ends_in_time_is_untouched() {
    paused(async {
        let attempt = || async {
            sleep(ms(999)).await;
            Ok::<_, io::Error>(5)
        };
        let success = PLAIN.retry(attempt).attempt_timeout(secs(1)).report().await.unwrap();
        assert_eq!((success.value, success.attempts, success.elapsed), (5, 1, ms(999)));
    });
}

#[test]
fn an_attempt_that_ends_exactly_at_its_timeout_is_kept() {
    paused(async {
        let attempt = || async {
            sleep(secs(1)).await;
            Ok::<_, io::Error>(5)
        };
        assert_eq!(PLAIN.retry(attempt).attempt_timeout(secs(1)).await.unwrap(), 5);
    });
}

#[test]
fn the_error_of_a_timeout_is_made_by_on_timeout_and_classified_like_any_other() {
    paused(async {
        let attempt = || async {
            hangs().await.unwrap();
            Err::<u32, _>(String::from("own error"))
        };
        let call = PLAIN.retry(attempt).attempt_timeout(secs(1));
        let call = call.on_timeout(|timeout: AttemptTimeout| format!("nothing for {:?}", timeout.limit()));
        let report = call.when(|error| !error.starts_with("nothing")).report().await;
        let error = report.unwrap_err();
        assert_eq!((took(&error), &*error.last), ((1, StopReason::Permanent, secs(1)), "nothing for 1s"));
    });
}

#[test]
fn an_ambiguous_timeout_is_retried_only_where_that_is_harmless() {
    let attempts = |policy: Policy| {
        paused(async move {
            let call = policy.retry(hangs).attempt_timeout(secs(1)).when(|_| Fault::Ambiguous);
            let error = call.report().await.unwrap_err();
            (error.attempts, error.reason)
        })
    };
    assert_eq!(attempts(PLAIN), (1, StopReason::Ambiguous));
    assert_eq!(attempts(PLAIN.edit().idempotent().build()), (3, StopReason::MaxAttempts));
}

#[test]
fn an_option_times_out_as_none() {
    paused(async {
        let attempt = || async { hangs().await.ok() };
        let error = PLAIN.retry(attempt).attempt_timeout(secs(1)).report().await.unwrap_err();
        assert_eq!((error.last, error.attempts), (NoValue, 3));
    });
}

#[test]
fn an_attempt_gets_no_more_than_is_left_of_the_time_limit() {
    paused(async {
        let policy = every(ms(100)).max_elapsed(secs(1)).build();
        let origin = Instant::now();
        let error = policy.retry(hangs).attempt_timeout(secs(10)).report().await.unwrap_err();
        assert_eq!((took(&error), origin.elapsed()), ((1, StopReason::MaxElapsed, secs(1)), secs(1)));
        assert_eq!(error.last.to_string(), "no answer within 1s");
    });
}

#[test]
fn a_later_attempt_is_clipped_to_what_the_earlier_ones_left() {
    paused(async {
        let policy = every(ms(100)).max_elapsed(secs(1)).build();
        let error = policy.retry(hangs).attempt_timeout(ms(600)).report().await.unwrap_err();
        // 600 ms, a delay of 100 ms, and 300 ms are left
        assert_eq!(took(&error), (2, StopReason::MaxElapsed, secs(1)));
        assert_eq!(error.last.to_string(), "no answer within 300ms");
    });
}

#[test]
fn a_clipped_attempt_stops_for_the_time_whatever_its_error_means() {
    paused(async {
        let policy = every(ms(100)).max_elapsed(secs(1)).build();
        let call = policy.retry(hangs).attempt_timeout(secs(10)).when(|_| Fault::Permanent);
        assert_eq!(call.report().await.unwrap_err().reason, StopReason::MaxElapsed);
    });
}

#[test]
fn a_timeout_that_ends_with_the_time_limit_is_that_of_the_attempt() {
    paused(async {
        let policy = every(ms(100)).max_elapsed(secs(1)).build();
        let call = policy.retry(hangs).attempt_timeout(secs(1)).when(|_| Fault::Permanent);
        assert_eq!(call.report().await.unwrap_err().reason, StopReason::Permanent);
    });
}

#[test]
fn the_first_attempt_is_not_clipped_where_the_time_starts_at_the_first_failure() {
    paused(async {
        let policy = every(ms(100)).max_elapsed(secs(1)).since(Since::FirstFailure).build();
        let error = policy.retry(hangs).attempt_timeout(secs(10)).report().await.unwrap_err();
        // 10 s, then a delay of 100 ms, and 900 ms are left
        assert_eq!(took(&error), (2, StopReason::MaxElapsed, secs(11)));
        assert_eq!(error.last.to_string(), "no answer within 900ms");
    });
}

#[test]
fn without_an_attempt_timeout_the_time_limit_interrupts_nothing() {
    paused(async {
        let policy = every(ms(100)).max_elapsed(secs(1)).build();
        assert_eq!(policy.retry(hangs).await.unwrap(), 1);
    });
}

#[test]
fn the_timeout_of_the_call_drops_the_attempt_in_progress() {
    paused(async {
        let origin = Instant::now();
        let error = PLAIN.retry(hangs).timeout(secs(5)).report().await.unwrap_err();
        assert_eq!((took(&error), origin.elapsed()), ((1, StopReason::Timeout, secs(5)), secs(5)));
        assert_eq!(error.last.to_string(), "no answer within 5s");
    });
}

#[test]
fn the_timeout_of_the_call_drops_the_delay_in_progress() {
    paused(async {
        let policy = every(secs(60)).forever().build();
        let calls = Cell::new(0);
        let gave_up = Cell::new(None);
        let attempt = || async {
            calls.set(calls.get() + 1);
            Err::<(), _>(io::Error::other("down"))
        };
        let call = policy.retry(attempt).timeout(secs(90));
        let report = call.on_give_up(|event| gave_up.set(Some((event.attempts(), event.reason())))).report().await;
        let error = report.unwrap_err();
        assert_eq!(took(&error), (2, StopReason::Timeout, secs(90)));
        assert_eq!((error.slept, error.last.kind()), (secs(60), io::ErrorKind::TimedOut));
        assert_eq!((calls.get(), gave_up.get()), (2, Some((2, StopReason::Timeout))));
    });
}

#[test]
fn no_attempt_starts_at_the_timeout_of_the_call() {
    paused(async {
        let policy = every(secs(1)).forever().build();
        let calls = Cell::new(0);
        let attempt = || async {
            calls.set(calls.get() + 1);
            Err::<(), _>(io::Error::other("down"))
        };
        let error = policy.retry(attempt).timeout(secs(3)).report().await.unwrap_err();
        assert_eq!((took(&error), calls.get()), ((3, StopReason::Timeout, secs(3)), 3), "at 0, 1 and 2 s");
    });
}

#[test]
fn a_success_before_the_timeout_of_the_call_is_kept() {
    paused(async {
        let calls = Cell::new(0);
        let attempt = || async {
            calls.set(calls.get() + 1);
            sleep(secs(1)).await;
            if calls.get() < 3 { Err(io::Error::other("down")) } else { Ok(calls.get()) }
        };
        let success = every(ms(500)).build().retry(attempt).timeout(secs(4)).report().await.unwrap();
        assert_eq!((success.value, success.elapsed, success.stopped), (3, secs(4), None));
    });
}

#[test]
fn the_shorter_of_both_timeouts_strikes() {
    paused(async {
        let call = PLAIN.retry(hangs).attempt_timeout(secs(2)).timeout(secs(5));
        let error = call.report().await.unwrap_err();
        // two attempts of 2 s and two delays, then 800 ms of the third
        assert_eq!(took(&error), (3, StopReason::Timeout, secs(5)));
        let call = PLAIN.retry(hangs).timeout(secs(1)).attempt_timeout(secs(2));
        assert_eq!(took(&call.report().await.unwrap_err()), (1, StopReason::Timeout, secs(1)));
    });
}

#[test]
fn a_limit_of_zero_still_polls_the_attempt_once() {
    paused(async {
        let ready = PLAIN.retry(|| async { Ok::<_, io::Error>(1) });
        assert_eq!(ready.attempt_timeout(Duration::ZERO).await.unwrap(), 1);
        let ready = PLAIN.retry(|| async { Ok::<_, io::Error>(2) });
        assert_eq!(ready.timeout(Duration::ZERO).await.unwrap(), 2);
    });
}

#[test]
fn the_longest_limits_interrupt_nothing() {
    paused(async {
        let call = PLAIN.retry(|| async { Ok::<_, io::Error>(1) });
        assert_eq!(call.attempt_timeout(Duration::MAX).timeout(Duration::MAX).await.unwrap(), 1);
    });
}

#[test]
fn the_error_of_a_timeout_is_made_when_the_attempt_is_gone() {
    paused(async {
        let state = tokio::sync::Mutex::new(0);
        let attempt = || async {
            let _held = state.lock().await;
            hangs().await.map_err(|error| error.to_string())
        };
        let seen = |_| if state.try_lock().is_ok() { "gone" } else { "alive" }.to_owned();
        let once = every(ms(100)).max_attempts(1).build();
        assert_eq!(once.retry(attempt).attempt_timeout(secs(1)).on_timeout(seen).await, Err("gone".to_owned()));
        assert_eq!(once.retry(attempt).timeout(secs(1)).on_timeout(seen).await, Err("gone".to_owned()));
    });
}

#[backoff_core::retry(delay = "1s", max_attempts = 9, attempt_timeout = "10ms", timeout = "10ms", budget = budget, on_retry = |_| retries.set(retries.get() + 1))]
async fn hangs_with_two_limits(budget: &backoff_core::Budget, retries: &Cell<u32>) -> io::Result<u32> {
    hangs().await
}

#[test]
fn where_both_limits_end_together_the_call_ends() {
    paused(async {
        let (budget, retries) = (backoff_core::Budget::new().capacity(10), Cell::new(0));
        hangs_with_two_limits(&budget, &retries).await.unwrap_err();
        assert_eq!((retries.get(), budget.available()), (0, 10.0));
        let call = PLAIN.retry(hangs).attempt_timeout(ms(10)).timeout(ms(10)).when(|_| Fault::Permanent);
        assert_eq!(took(&call.report().await.unwrap_err()), (1, StopReason::Timeout, ms(10)));
    });
}
