//! The checks of the functions. They have lower bounds for waits, and an upper bound of half a minute: a busy machine
//! is slow, and a timer that was never set is slower.

use std::future::{pending, ready};
use std::time::{Duration, SystemTime};

use backoff_core::classify::HttpError;
use backoff_core::{Clock as _, Jitter, Policy, StopReason, SystemClock, testing};
use wasm_bindgen::prelude::*;

use crate::calls::{self, ATTEMPTS, LOG, attempt, log};

const LONGEST: Duration = Duration::from_secs(30);

macro_rules! check {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!("{} is false: {}", stringify!($condition), format!($($text)+)));
        }
    };
}

type Checked = Result<(), String>;

/// The time that passes in a check.
struct Watch(<SystemClock as backoff_core::Clock>::Instant);

impl Watch {
    fn start() -> Self {
        Self(SystemClock.now())
    }

    fn at_least(&self, millis: u64) -> Checked {
        let elapsed = SystemClock.elapsed(self.0);
        check!(elapsed >= Duration::from_millis(millis), "{elapsed:?}, and the delays are {millis} ms");
        check!(elapsed < LONGEST, "{elapsed:?}");
        Ok(())
    }
}

fn logged() -> String {
    LOG.take().join(", ")
}

async fn a_function_is_attempted_with_delays_between() -> Checked {
    let watch = Watch::start();
    let result = calls::recovers(4).await;
    check!(result == Ok(4), "{result:?}");
    let log = logged();
    check!(log == "20ms, 40ms, 80ms, recovered at attempt 4", "{log}");
    watch.at_least(140)
}

async fn a_success_at_once_waits_for_nothing() -> Checked {
    let result = calls::recovers(1).await;
    check!(result == Ok(1) && ATTEMPTS.get() == 1, "{result:?}");
    let log = logged();
    check!(log.is_empty(), "{log}");
    Ok(())
}

async fn a_limit_of_time_ends_a_call() -> Checked {
    let watch = Watch::start();
    let text = calls::limited().await.expect_err("every attempt fails");
    let attempts = ATTEMPTS.get();
    check!(attempts >= 2, "{text}");
    check!(text == format!("attempt {attempts}, {attempts}, MaxElapsed"), "{text}");
    watch.at_least(0)
}

async fn an_attempt_that_hangs_is_dropped() -> Checked {
    let watch = Watch::start();
    let text = calls::hangs().await.expect_err("every attempt hangs");
    check!(ATTEMPTS.get() == 2 && text.contains("40ms"), "{text}");
    watch.at_least(80)
}

async fn a_timeout_ends_a_call() -> Checked {
    let watch = Watch::start();
    let text = calls::fails_until_timeout().await.expect_err("every attempt fails");
    check!(ATTEMPTS.get() >= 2 && text.contains("400ms"), "{text}");
    watch.at_least(400)
}

async fn an_attempt_knows_the_time() -> Checked {
    let result = calls::tells_time().await;
    check!(result.is_err(), "{result:?}");
    let log = logged();
    check!(log == "1 false true, 2 true true, 3 true true", "{log}");
    Ok(())
}

async fn a_push_back_is_waited_for() -> Checked {
    let watch = Watch::start();
    let result = calls::is_pushed_back().await;
    check!(result.is_err() && ATTEMPTS.get() == 2, "{result:?}");
    watch.at_least(60)
}

/// A timer for a longer time than 2^31 milliseconds fires at once, and so does one for more than 2^32.
async fn a_delay_that_no_timer_can_hold_is_not_cut() -> Checked {
    let watch = Watch::start();
    let (weeks, months) = (calls::waits_for_weeks().await, calls::waits_for_months().await);
    check!(weeks.is_err() && months.is_err() && ATTEMPTS.get() == 2, "{} attempts", ATTEMPTS.get());
    watch.at_least(200)
}

async fn a_delay_below_a_millisecond_is_a_delay() -> Checked {
    let watch = Watch::start();
    let result = calls::waits_for_microseconds().await;
    check!(result.is_err() && ATTEMPTS.get() == 3, "{result:?}");
    let elapsed = SystemClock.elapsed(watch.0);
    check!(elapsed >= Duration::from_micros(200), "{elapsed:?}");
    Ok(())
}

/// Timers of Node count from the start of the turn of its event loop.
async fn a_delay_after_an_attempt_that_was_busy_is_not_cut() -> Checked {
    const PATIENT: Policy = Policy::constant(Duration::from_millis(60)).jitter(Jitter::None).max_attempts(2).build();
    let failed_at = std::cell::Cell::new(None);
    let report = PATIENT
        .retry(|| {
            if let Some(failed) = failed_at.get() {
                return ready(Ok(SystemClock.elapsed(failed)));
            }
            let started = SystemClock.now();
            while SystemClock.elapsed(started) < Duration::from_millis(100) {}
            failed_at.set(Some(SystemClock.now()));
            ready(Err("busy"))
        })
        .await;
    check!(report.is_ok_and(|waited| waited >= Duration::from_millis(60)), "{report:?}");
    Ok(())
}

async fn a_call_without_the_attribute_is_reported() -> Checked {
    const API: Policy = Policy::exponential().initial_delay(Duration::from_millis(20)).max_attempts(3).build();
    let watch = Watch::start();
    let report = API
        .retry(|| async { Err::<(), _>(format!("attempt {}", attempt())) })
        .on_retry(|event| log(event.attempt().to_string()))
        .on_give_up(|event| log(format!("{:?}", event.reason())))
        .report()
        .await;
    let end = report.expect_err("every attempt fails");
    check!((end.last.as_str(), end.attempts, end.reason) == ("attempt 3", 3, StopReason::MaxAttempts), "{end:?}");
    check!(end.elapsed >= end.slept && end.slept <= Duration::from_millis(60), "{end:?}");
    let log = logged();
    check!(log == "1, 2, MaxAttempts", "{log}");
    watch.at_least(0)
}

async fn a_call_without_the_attribute_has_timeouts() -> Checked {
    const API: Policy = Policy::exponential().initial_delay(Duration::from_millis(10)).max_attempts(2).build();
    let watch = Watch::start();
    let result: Result<(), String> = API
        .retry(|| {
            attempt();
            pending()
        })
        .attempt_timeout(Duration::from_millis(30))
        .on_timeout(|limit| limit.to_string())
        .await;
    check!(result.is_err() && ATTEMPTS.get() == 2, "{result:?}");
    watch.at_least(60)
}

async fn a_future_cancels_a_delay() -> Checked {
    const LONG: Policy = Policy::constant(Duration::from_secs(3600)).max_attempts(2).build();
    let watch = Watch::start();
    let report = LONG.retry(|| ready(Err::<(), _>("down"))).cancel(delay(50)).report().await;
    let end = report.expect_err("the call is cancelled");
    check!((end.reason, end.attempts) == (StopReason::Cancelled, 1), "{end:?}");
    watch.at_least(50)
}

/// Completes after a time, by a call that succeeds at its second attempt.
async fn delay(millis: u64) {
    let policy = Policy::constant(Duration::from_millis(millis)).jitter(Jitter::None).max_attempts(2).build();
    let mut first = true;
    let _second: Result<(), ()> =
        policy.retry(|| ready(if std::mem::take(&mut first) { Err(()) } else { Ok(()) })).await;
}

async fn a_loop_by_hand_waits() -> Checked {
    let policy = Policy::exponential()
        .initial_delay(Duration::from_millis(20))
        .max_elapsed(Duration::from_secs(60))
        .jitter(Jitter::None)
        .build();
    let watch = Watch::start();
    let mut attempts = policy.start();
    while attempts.number() < 4 {
        let paused = attempts.pause_async("down").await;
        check!(paused.is_ok(), "{paused:?}");
    }
    check!(attempts.slept() == Duration::from_millis(140), "{:?}", attempts.slept());
    attempts.success();
    watch.at_least(140)
}

async fn tests_need_not_wait() -> Checked {
    let policy = Policy::constant(Duration::from_secs(86_400)).jitter(Jitter::None).max_attempts(3).build();
    let watch = Watch::start();
    let (report, _) = testing::with_virtual_time(policy.retry(|| ready(Err::<(), _>("down"))).report()).await;
    let end = report.expect_err("every attempt fails");
    check!(end.elapsed == Duration::from_secs(2 * 86_400), "{end:?}");
    watch.at_least(0)
}

async fn a_date_of_a_server_is_compared_with_the_calendar() -> Checked {
    let headers = |date: &str| {
        let value = http::HeaderValue::from_str(date).expect("a date is a value of a header");
        http::HeaderMap::from_iter([(http::header::RETRY_AFTER, value)])
    };
    let wait = |date: &str| HttpError::from_parts(http::StatusCode::TOO_MANY_REQUESTS, &headers(date)).retry_after();
    let (past, future) = (wait("Sun, 06 Nov 1994 08:49:37 GMT"), wait("Thu, 06 Nov 2994 08:49:37 GMT"));
    check!(past == Some(Duration::ZERO), "{past:?}");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(32_341_106_977);
    let from_2020 = then.duration_since(SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_836_800));
    check!(future.is_some_and(|wait| from_2020.is_ok_and(|most| wait < most)), "{future:?}");
    Ok(())
}

async fn jitter_differs_between_calls() -> Checked {
    let (first, second) = (jitter(), jitter());
    check!(first != second, "{first}");
    Ok(())
}

/// Returns some delays with jitter. Another page must draw others.
#[wasm_bindgen]
pub fn jitter() -> String {
    let policy = Policy::exponential().max_attempts(9).build();
    policy.delays().map(|delay| delay.as_nanos().to_string()).collect::<Vec<_>>().join(" ")
}

/// Runs the checks. Returns a line for each, and last `failed` or `passed`.
#[wasm_bindgen]
pub async fn run() -> String {
    let (mut lines, mut failed) = (Vec::new(), 0);
    macro_rules! run_all {
        ($($name:ident)+) => {$(
            ATTEMPTS.set(0);
            LOG.take();
            let watch = Watch::start();
            let result = $name().await;
            let millis = SystemClock.elapsed(watch.0).as_millis();
            failed += u32::from(result.is_err());
            let verdict = result.map_or_else(|reason| format!("FAILED: {reason}"), |()| "ok".to_owned());
            lines.push(format!("{} ({millis} ms): {verdict}", stringify!($name)));
        )+};
    }
    run_all! {
        a_function_is_attempted_with_delays_between
        a_success_at_once_waits_for_nothing
        a_limit_of_time_ends_a_call
        an_attempt_that_hangs_is_dropped
        a_timeout_ends_a_call
        an_attempt_knows_the_time
        a_push_back_is_waited_for
        a_delay_that_no_timer_can_hold_is_not_cut
        a_delay_below_a_millisecond_is_a_delay
        a_delay_after_an_attempt_that_was_busy_is_not_cut
        a_call_without_the_attribute_is_reported
        a_call_without_the_attribute_has_timeouts
        a_future_cancels_a_delay
        a_loop_by_hand_waits
        tests_need_not_wait
        a_date_of_a_server_is_compared_with_the_calendar
        jitter_differs_between_calls
    }
    lines.push(if failed == 0 { "passed" } else { "failed" }.to_owned());
    lines.join("\n")
}
