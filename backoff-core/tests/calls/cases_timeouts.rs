//! Attempts that run too long, and the times that are reported.

use std::cell::Cell;
use std::time::Duration;

use backoff_core::{AttemptTimeout, Jitter, Policy, StopReason};
use support::{ms, paused, secs};
use tokio::time::{Instant, sleep};

const ONE_RETRY: Policy = Policy::constant(ms(100)).jitter(Jitter::None).max_attempts(2).build();

#[derive(Clone, Copy, Debug, PartialEq)]
enum Failed {
    TimedOut(Duration),
    ByItself,
}

impl From<AttemptTimeout> for Failed {
    fn from(timeout: AttemptTimeout) -> Self {
        Self::TimedOut(timeout.limit())
    }
}

/// Calls an operation that runs for `body` and then fails by itself, with an attempt timeout of 500 ms.
fn call(body: Duration, is_transient: bool) -> (u32, Failed, StopReason, Duration) {
    paused(async {
        let calls = Cell::new(0);
        let report = ONE_RETRY
            .retry(|| async {
                calls.set(calls.get() + 1);
                sleep(body).await;
                Err::<(), _>(Failed::ByItself)
            })
            .when(|error| is_transient || *error == Failed::ByItself)
            .attempt_timeout(ms(500))
            .report()
            .await;
        let error = report.expect_err("the operation never succeeds");
        assert_eq!(error.attempts, calls.get());
        (calls.get(), error.last, error.reason, error.elapsed)
    })
}

#[test]
fn a_body_of_a_second_times_out_twice() {
    let expected = (2, Failed::TimedOut(ms(500)), StopReason::MaxAttempts, ms(500 + 100 + 500));
    assert_eq!(call(secs(1), true), expected);
}

#[test]
fn a_quick_body_fails_with_its_own_error() {
    assert_eq!(call(ms(10), true), (2, Failed::ByItself, StopReason::MaxAttempts, ms(10 + 100 + 10)));
}

#[test]
fn a_timeout_that_is_not_transient_makes_one_call() {
    assert_eq!(call(secs(1), false), (1, Failed::TimedOut(ms(500)), StopReason::Permanent, ms(500)));
}

#[test]
fn paused_tokio_time_passes_for_elapsed_time_too() {
    const POLICY: Policy = Policy::constant(secs(60)).jitter(Jitter::None).max_elapsed(secs(3_600)).build();
    paused(async {
        let origin = Instant::now();
        let report = POLICY.retry(|| async { Err::<(), _>("down") }).report().await;
        let error = report.unwrap_err();
        assert_eq!((error.attempts, error.reason), (61, StopReason::MaxElapsed));
        assert_eq!((error.elapsed, error.slept, origin.elapsed()), (secs(3_600), secs(3_600), secs(3_600)));
    });
}

#[test]
fn paused_tokio_time_passes_for_a_manual_loop() {
    const POLICY: Policy = Policy::constant(secs(60)).jitter(Jitter::None).max_elapsed(secs(3_600)).build();
    paused(async {
        let origin = Instant::now();
        let mut attempts = POLICY.start();
        while attempts.pause_async("down").await.is_ok() {}
        assert_eq!(attempts.stopped(), Some(StopReason::MaxElapsed));
        assert_eq!((attempts.slept(), origin.elapsed()), (secs(3_600), secs(3_600)));
        assert_eq!(attempts.explain("down").elapsed, secs(3_600));
    });
}

#[test]
fn two_interleaved_callers_of_one_policy_each_see_attempts_one_two_three() {
    const POLICY: Policy = Policy::constant(ms(100)).jitter(Jitter::None).max_attempts(3).build();
    async fn caller(name: &str, offset: Duration, log: &Cell<Vec<String>>) -> Vec<u32> {
        sleep(offset).await;
        let seen = Cell::new(Vec::new());
        let result = POLICY
            .retry(|| async {
                let mut all = log.take();
                all.push(name.to_owned());
                log.set(all);
                Err::<(), _>("down")
            })
            .on_retry(|event| {
                let mut numbers = seen.take();
                numbers.push(event.attempt());
                seen.set(numbers);
            })
            .report()
            .await;
        let mut numbers = seen.into_inner();
        numbers.push(result.unwrap_err().attempts);
        numbers
    }
    paused(async {
        let log = Cell::default();
        let (a, b) = tokio::join!(caller("a", ms(0), &log), caller("b", ms(50), &log));
        assert_eq!((a, b), (vec![1, 2, 3], vec![1, 2, 3]));
        assert_eq!(log.take(), ["a", "b", "a", "b", "a", "b"], "the callers were interleaved");
    });
}
