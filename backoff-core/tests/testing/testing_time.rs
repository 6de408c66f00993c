//! The virtual clock: it advances automatically, in blocking and async code, together with tokio's paused clock.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::RefCell;
use std::future::pending;
use std::io;
use std::time::{Duration, Instant};

use backoff_core::testing::{self, Setup};
use backoff_core::{CancelToken, Clock, Jitter, Policy, RuntimeClock, StopReason, SystemClock, retry};

const HOUR: Duration = Duration::from_secs(3600);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[retry(delay = "1h", jitter = none, max_attempts = 3, on_retry = |event| told.borrow_mut().push((event.delay(), event.elapsed())))]
fn hourly(told: &RefCell<Vec<(Duration, Duration)>>) -> Result<(), &'static str> {
    Err("down")
}

#[retry(delay = "1h", jitter = none, max_attempts = 3)]
async fn hourly_async() -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    Err("down")
}

#[test]
fn a_blocking_delay_has_passed_at_once() {
    let test = testing::virtual_time();
    let start = SystemClock.now();
    let told = RefCell::default();
    assert_eq!(hourly(&told), Err("down"));
    assert_eq!(told.into_inner(), [(HOUR, Duration::ZERO), (HOUR, HOUR)]);
    assert_eq!((SystemClock.elapsed(start), test.waits()), (2 * HOUR, vec![HOUR; 2]));
}

#[test]
fn the_real_clock_rules_again_when_the_guard_ends() {
    let test = testing::virtual_time();
    testing::advance(1000 * HOUR);
    assert!(SystemClock.now() > Instant::now() + HOUR);
    drop(test);
    assert!(SystemClock.now() < Instant::now() + HOUR);
}

#[test]
fn an_attempt_takes_its_scripted_time() {
    let _test = testing::virtual_time();
    let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(10)).build();
    let report = policy.retry(|| {
        testing::advance(secs(4));
        Err::<(), _>("down")
    });
    let error = report.call_report().unwrap_err();
    assert_eq!((error.attempts, error.elapsed, error.slept), (3, secs(14), secs(2)));
    assert_eq!(error.reason, StopReason::MaxElapsed);
}

#[test]
fn a_cancelled_call_waits_no_more() {
    let _test = testing::virtual_time();
    let (token, start) = (CancelToken::new(), SystemClock.now());
    let policy = Policy::constant(HOUR).jitter(Jitter::None).forever().build();
    let mut calls = 0;
    let report = policy.retry(|| {
        calls += 1;
        if calls == 4 {
            token.cancel();
        }
        Err::<(), _>("down")
    });
    let error = report.cancel(&token).call_report().unwrap_err();
    assert_eq!((error.attempts, error.reason), (4, StopReason::Cancelled));
    assert_eq!(SystemClock.elapsed(start), 3 * HOUR);
}

#[tokio::test]
async fn an_async_delay_passes_by_itself() {
    let test = testing::virtual_time();
    let start = RuntimeClock.now();
    assert_eq!(hourly_async().await, Err("down"));
    assert_eq!((RuntimeClock.elapsed(start), test.waits()), (2 * HOUR, vec![HOUR; 2]));
}

#[test]
fn no_runtime_is_needed_and_a_delay_yields_once() {
    let policy = Policy::constant(HOUR).jitter(Jitter::None).max_attempts(3).build();
    let work = testing::with_virtual_time(policy.retry(async || Err::<(), _>("down")).into_future());
    let mut work = Box::pin(work);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(work.as_mut().poll(&mut context).is_pending());
    assert!(work.as_mut().poll(&mut context).is_pending());
    assert!(work.as_mut().poll(&mut context).is_ready());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_future_has_its_own_time_on_whatever_thread() {
    async fn timed() -> Duration {
        let start = RuntimeClock.now();
        assert_eq!(hourly_async().await, Err("down"));
        RuntimeClock.elapsed(start)
    }
    let tasks: Vec<_> = (0..16).map(|_| tokio::spawn(testing::with_virtual_time(timed()))).collect();
    for task in tasks {
        let (elapsed, test) = task.await.unwrap();
        assert_eq!((elapsed, test.attempts()), (2 * HOUR, 3));
    }
}

#[tokio::test]
async fn an_attempt_that_hangs_times_out() {
    #[retry(attempt_timeout = "30s", delay = "10s", jitter = none, max_attempts = 3)]
    async fn hangs() -> io::Result<()> {
        pending().await
    }
    let test = testing::virtual_time();
    let start = RuntimeClock.now();
    assert_eq!(hangs().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!((RuntimeClock.elapsed(start), test.attempts()), (secs(110), 3));
}

/// The delays inside an attempt end before its timeout expires, for any number of delays.
#[tokio::test]
async fn of_several_delays_the_one_that_ends_first_passes_first() {
    #[retry(attempt_timeout = "30s", timeout = "5m", delay = "10s", jitter = none, max_attempts = 3)]
    async fn outer(seconds: u64) -> io::Result<()> {
        let policy = Policy::constant(secs(seconds)).jitter(Jitter::None).max_attempts(3).build();
        policy.retry(async || Err::<(), _>(io::Error::other("down"))).await
    }
    let test = testing::virtual_time();
    let start = RuntimeClock.now();
    assert_eq!(outer(14).await.unwrap_err().to_string(), "down");
    assert_eq!(RuntimeClock.elapsed(start), secs(3 * 28 + 2 * 10));
    assert_eq!(test.attempts(), 12);
    let start = RuntimeClock.now();
    assert_eq!(outer(16).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(RuntimeClock.elapsed(start), secs(3 * 30 + 2 * 10));
}

#[tokio::test]
async fn the_timeout_of_the_call_ends_a_delay() {
    #[retry(timeout = "30s", delay = "20s", jitter = none)]
    async fn fails() -> io::Result<()> {
        Err(io::Error::other("down"))
    }
    let test = testing::virtual_time();
    let start = RuntimeClock.now();
    assert_eq!(fails().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!((RuntimeClock.elapsed(start), test.attempts()), (secs(30), 2));
    let policy = Policy::constant(secs(20)).jitter(Jitter::None).build();
    let start = RuntimeClock.now();
    let call = policy.retry(async || Err::<(), _>(io::Error::other("down"))).timeout(secs(30));
    assert_eq!(call.report().await.unwrap_err().attempts, 2);
    assert_eq!((RuntimeClock.elapsed(start), test.attempts()), (secs(30), 4));
    assert_eq!(test.reasons(), [StopReason::Timeout; 2]);
}

/// A timeout that is not polled while a hook waits must not block the hook.
#[tokio::test]
async fn a_delay_does_not_wait_for_one_that_is_not_polled() {
    #[retry(timeout = "30s", delay = "20s", jitter = none, on_retry = async |_| {
        let _ = Policy::constant(HOUR).jitter(Jitter::None).max_attempts(2).build().retry(async || Err::<(), _>(())).await;
    })]
    async fn fails() -> io::Result<()> {
        tokio::task::yield_now().await;
        Err(io::Error::other("down"))
    }
    let _test = testing::virtual_time();
    let start = RuntimeClock.now();
    assert_eq!(fails().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(RuntimeClock.elapsed(start), HOUR);
}

#[tokio::test]
async fn calls_side_by_side_share_the_time_of_their_thread() {
    let _test = testing::virtual_time();
    let start = RuntimeClock.now();
    let slow = Policy::constant(secs(60)).jitter(Jitter::None).max_attempts(3).build();
    let quick = Policy::constant(secs(10)).jitter(Jitter::None).max_attempts(7).build();
    let (slow, quick) = tokio::join!(
        slow.retry(async || Err::<(), _>("down")).report(),
        quick.retry(async || Err::<(), _>("down")).report(),
    );
    assert_eq!((slow.unwrap_err().elapsed, quick.unwrap_err().elapsed), (secs(120), secs(60)));
    assert_eq!(RuntimeClock.elapsed(start), secs(120));
}

#[tokio::test(start_paused = true)]
async fn without_a_guard_tokios_paused_clock_rules() {
    let start = tokio::time::Instant::now();
    assert_eq!(hourly_async().await, Err("down"));
    assert_eq!(start.elapsed(), 2 * HOUR);
}

#[tokio::test(start_paused = true)]
async fn a_recorder_does_not_touch_tokios_paused_clock() {
    let start = tokio::time::Instant::now();
    let (result, test) = Setup::new().for_future(hourly_async()).await;
    assert_eq!((result, test.attempts(), start.elapsed()), (Err("down"), 3, 2 * HOUR));
}

#[tokio::test(start_paused = true)]
async fn with_a_guard_the_guards_clock_advances_and_tokios_does_not() {
    let (paused, _test) = (tokio::time::Instant::now(), testing::virtual_time());
    let start = RuntimeClock.now();
    assert_eq!(hourly_async().await, Err("down"));
    assert_eq!((RuntimeClock.elapsed(start), paused.elapsed()), (2 * HOUR, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn without_waits_tokios_paused_clock_does_not_advance() {
    let (paused, _test) = (tokio::time::Instant::now(), testing::no_waits());
    assert_eq!(hourly_async().await, Err("down"));
    assert_eq!(paused.elapsed(), Duration::ZERO);
}

#[test]
fn virtual_time_and_no_waits_go_together() {
    let _time = testing::virtual_time();
    let test = testing::no_waits();
    let start = SystemClock.now();
    let policy = Policy::constant(HOUR).jitter(Jitter::None).max_elapsed(10 * HOUR).build();
    let error = policy.retry(|| Err::<(), _>("down")).call_report().unwrap_err();
    assert_eq!((error.attempts, error.elapsed, test.waits().len()), (11, 10 * HOUR, 10));
    assert_eq!(SystemClock.elapsed(start), Duration::ZERO);
}

#[test]
fn time_beyond_any_clock_is_the_longest_duration() {
    let _test = testing::virtual_time();
    let policy = Policy::constant(secs(0)).max_elapsed(secs(1)).build();
    let report = policy
        .retry(|| {
            testing::advance(Duration::MAX);
            Err::<(), _>("down")
        })
        .call_report();
    let error = report.unwrap_err();
    assert_eq!((error.attempts, error.reason), (1, StopReason::MaxElapsed));
    assert!(error.elapsed > 100 * 365 * 24 * HOUR, "{:?}", error.elapsed);
}

#[tokio::test]
async fn a_long_timer_waits_for_any_number_of_short_delays() {
    let _test = testing::virtual_time();
    let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_attempts(100).build();
    let call = policy.retry(|| async { Err::<(), _>(io::Error::other("down")) }).timeout(HOUR).report();
    let error = call.await.unwrap_err();
    assert_eq!((error.reason, error.attempts, error.elapsed), (StopReason::MaxAttempts, 100, secs(99)));
    let start = RuntimeClock.now();
    let short = async {
        policy.retry(|| async { Err::<(), _>("down") }).await.unwrap_err();
        RuntimeClock.elapsed(start)
    };
    let (_, took) = tokio::join!(hourly_async(), short);
    assert_eq!(took, secs(99));
}

#[test]
fn virtual_time_keeps_the_delays_that_enclosing_guards_skip() {
    let _waits = testing::no_waits();
    let _time = testing::virtual_time();
    let told = RefCell::default();
    assert_eq!(hourly(&told), Err("down"));
    assert_eq!(told.into_inner(), [(HOUR, Duration::ZERO), (HOUR, HOUR)]);
}

#[retry(delay = "0s", max_attempts = 5, timeout = "1h")]
async fn third_time_at_once(calls: &RefCell<u32>) -> io::Result<u32> {
    *calls.borrow_mut() += 1;
    if *calls.borrow() < 3 { Err(io::Error::other("down")) } else { Ok(*calls.borrow()) }
}

#[tokio::test]
async fn no_time_passes_in_a_zero_delay() {
    let _test = testing::virtual_time();
    let start = RuntimeClock.now();
    assert_eq!(third_time_at_once(&RefCell::new(0)).await.unwrap(), 3);
    for policy in [
        Policy::constant(Duration::ZERO).max_attempts(50).build(),
        Policy::constant(Duration::ZERO).max_attempts(50).max_elapsed(secs(1)).build(),
    ] {
        let call = policy.retry(|| async { Err::<(), _>(io::Error::other("down")) }).timeout(HOUR);
        let error = call.report().await.unwrap_err();
        assert_eq!((error.reason, error.attempts), (StopReason::MaxAttempts, 50));
    }
    assert_eq!(RuntimeClock.elapsed(start), Duration::ZERO);
}

#[tokio::test]
async fn a_call_of_zero_delays_reaches_its_timeout_in_the_end() {
    let _test = testing::virtual_time();
    let endless = Policy::constant(Duration::ZERO).forever().build();
    let call = endless.retry(|| async { Err::<(), _>(io::Error::other("down")) }).timeout(HOUR);
    assert_eq!(call.report().await.unwrap_err().reason, StopReason::Timeout);
}

#[retry(delay = "1ms", jitter = none, max_attempts = 5, cancel = virtual_hour())]
async fn third_time_unless_cancelled(calls: &RefCell<u32>) -> io::Result<u32> {
    *calls.borrow_mut() += 1;
    if *calls.borrow() < 3 { Err(io::Error::other("down")) } else { Ok(*calls.borrow()) }
}

/// An hour of virtual time.
async fn virtual_hour() {
    backoff_core::Sleeper::sleep(&backoff_core::DefaultSleeper, HOUR).await;
}

#[tokio::test]
async fn asking_whether_the_call_is_cancelled_lets_no_time_pass() {
    let _test = testing::virtual_time();
    assert_eq!(third_time_unless_cancelled(&RefCell::new(0)).await.unwrap(), 3);
    let calls = RefCell::new(0);
    let policy = Policy::constant(Duration::from_millis(1)).jitter(Jitter::None).max_attempts(5).build();
    let attempt = || async {
        *calls.borrow_mut() += 1;
        if *calls.borrow() < 3 { Err("down") } else { Ok(()) }
    };
    let report = policy.retry(attempt).cancel(virtual_hour()).report().await.unwrap();
    assert_eq!((report.attempts, report.elapsed), (3, Duration::from_millis(2)));
}

#[tokio::test]
async fn an_attempt_that_takes_exactly_its_timeout_is_in_time() {
    let _test = testing::virtual_time();
    let policy = Policy::constant(secs(1)).max_attempts(2).build();
    let hour = || async {
        virtual_hour().await;
        Ok::<_, io::Error>(())
    };
    assert_eq!(policy.retry(hour).attempt_timeout(HOUR).report().await.unwrap().attempts, 1);
    assert_eq!(policy.retry(hour).timeout(HOUR).report().await.unwrap().attempts, 1);
    let error = policy.retry(hour).attempt_timeout(secs(3599)).report().await.unwrap_err();
    assert_eq!((error.reason, error.attempts), (StopReason::MaxAttempts, 2));
}
