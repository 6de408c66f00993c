//! `policy.retry_with`: the closure receives its attempt, the same as `attempt = ctx` gives to a body.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use backoff_core::{Attempt, InnerRetries, Jitter, Policy, retry};
use support::{ms, paused, secs};

const SECONDS: Policy = Policy::constant(secs(1)).jitter(Jitter::None).max_attempts(3).max_elapsed(secs(60)).build();

type Seen = (u32, bool, Duration, Option<Duration>, Option<Duration>);

fn seen(attempt: Attempt) -> Seen {
    (attempt.number(), attempt.is_last(), attempt.elapsed(), attempt.last_delay(), attempt.remaining())
}

const EXPECTED: [Seen; 3] = [
    (1, false, secs(0), None, Some(secs(60))),
    (2, false, secs(3), Some(secs(1)), Some(secs(57))),
    (3, true, secs(6), Some(secs(1)), Some(secs(54))),
];

#[test]
fn a_blocking_closure_receives_number_times_and_whether_it_is_the_last() {
    let (now, mut log) = (Cell::new(Duration::ZERO), Vec::new());
    let result = SECONDS
        .retry_with(|attempt| {
            log.push(seen(attempt));
            now.set(now.get() + secs(2));
            Err::<(), _>("down")
        })
        .clock(|| now.get())
        .sleep(|delay| now.set(now.get() + delay))
        .call();
    assert_eq!((result, log), (Err("down"), EXPECTED.to_vec()));
}

#[retry(policy = SECONDS, attempt = ctx)]
async fn body(log: &RefCell<Vec<Seen>>) -> Result<(), &'static str> {
    log.borrow_mut().push(seen(ctx));
    tokio::time::sleep(secs(2)).await;
    Err("down")
}

#[test]
fn an_async_closure_receives_the_same_as_the_body_of_a_function() {
    let log = RefCell::new(Vec::new());
    paused(async {
        let call = SECONDS.retry_with(|attempt| {
            log.borrow_mut().push(seen(attempt));
            async {
                tokio::time::sleep(secs(2)).await;
                Err::<(), _>("down")
            }
        });
        assert_eq!(call.await, Err("down"));
    });
    assert_eq!(log.take(), EXPECTED);
    paused(async { assert_eq!(body(&log).await, Err("down")) });
    assert_eq!(log.take(), EXPECTED);
}

#[test]
fn the_remaining_time_is_the_least_of_timeout_max_elapsed_and_enclosing_calls() {
    let log = RefCell::new(Vec::new());
    let inner = || {
        let call = SECONDS.retry_with(|attempt| {
            log.borrow_mut().push(attempt.remaining());
            async { Err::<(), _>(std::io::Error::other("down")) }
        });
        call.inner_retries(InnerRetries::Allow).timeout(secs(10))
    };
    paused(async { assert!(inner().await.is_err()) });
    assert_eq!(log.take(), [secs(10), secs(9), secs(8)].map(Some));
    let outer = Policy::constant(Duration::ZERO).max_elapsed(ms(1500)).max_attempts(1).build();
    paused(async {
        let enclosing = outer.retry(|| async { inner().await }).inner_retries(InnerRetries::Stop);
        assert!(enclosing.await.is_err());
    });
    assert_eq!(log.take(), [Some(ms(1500)), Some(ms(500))]);
}

#[test]
fn a_report_and_hooks_work_as_for_retry() {
    let mut retries = 0;
    let report = SECONDS
        .retry_with(|attempt| if attempt.is_last() { Ok(attempt.number()) } else { Err("not yet") })
        .when(|error| *error == "not yet")
        .on_retry(|_| retries += 1)
        .sleep(|_| ())
        .call_report()
        .expect("the last attempt succeeds");
    assert_eq!((report.value, report.attempts, retries), (3, 3, 2));
}

#[test]
fn the_clock_is_read_only_for_a_closure_that_receives_its_attempt() {
    let reads = Cell::new(0);
    let clock = || {
        reads.set(reads.get() + 1);
        Duration::ZERO
    };
    let policy = Policy::constant(Duration::ZERO).build();
    assert_eq!(policy.retry(|| Some(1)).clock(&clock).call(), Some(1));
    let without = reads.replace(0);
    assert_eq!(policy.retry_with(|_| Some(1)).clock(&clock).call(), Some(1));
    assert!(reads.get() > without, "{} reads, {without} without", reads.get());
    // `metrics` measures every call.
    assert_eq!(without > 0, cfg!(feature = "metrics"));
}
