//! The time for retries: its boundaries, its start, and its reset.

use std::cell::Cell;
use std::time::Duration;

use backoff_core::{Jitter, Policy, PolicyBuilder, Since, StopReason};
use support::{Case, Event, FAILS, all_ms, ms, ns, ok, paused, secs};

const fn every(delay: Duration) -> PolicyBuilder {
    Policy::constant(delay).jitter(Jitter::None)
}

const SECOND: Policy = every(ms(100)).max_elapsed(secs(1)).build();

#[test]
fn elapsed_plus_delay_equal_to_the_limit_retries() {
    let trace = Case::new(SECOND, [FAILS.after(ms(900)), ok(1)]).run();
    assert_eq!((trace.ended(), trace.started[1]), ((2, None), secs(1)));
}

#[test]
fn one_nanosecond_more_stops() {
    let slower = Case::new(SECOND, [FAILS.after(ms(900) + ns(1)), ok(1)]).without_tokio().run();
    assert_eq!(slower.ended(), (1, Some(StopReason::MaxElapsed)));
    let longer = every(ms(100) + ns(1)).max_elapsed(secs(1)).build();
    let longer = Case::new(longer, [FAILS.after(ms(900)), ok(1)]).without_tokio().run();
    assert_eq!(longer.ended(), (1, Some(StopReason::MaxElapsed)));
    let shorter = every(ms(100)).max_elapsed(ns(999_999_999)).build();
    let shorter = Case::new(shorter, [FAILS.after(ms(900)), ok(1)]).without_tokio().run();
    assert_eq!(shorter.ended(), (1, Some(StopReason::MaxElapsed)));
}

#[test]
fn elapsed_equal_to_the_limit_stops_also_without_a_delay() {
    let policy = Policy::constant(Duration::ZERO).max_elapsed(secs(1)).build();
    let at = Case::new(policy, [FAILS.after(secs(1)), ok(1)]).run();
    assert_eq!(at.ended(), (1, Some(StopReason::MaxElapsed)));
    let before = Case::new(policy, [FAILS.after(ns(999_999_999)), ok(1)]).without_tokio().run();
    assert_eq!(before.ended(), (2, None));
}

#[test]
fn the_shortest_limit_stops_at_the_first_failure_that_took_time() {
    let policy = Policy::constant(Duration::ZERO).max_elapsed(ns(1)).build();
    let trace = Case::new(policy, [FAILS.after(ns(1)), ok(1)]).without_tokio().run();
    assert_eq!(trace.ended(), (1, Some(StopReason::MaxElapsed)));
}

#[test]
fn the_longest_limit_never_stops_a_call() {
    let policy = every(Duration::MAX).max_elapsed(Duration::MAX).build();
    let trace = Case::new(policy, [FAILS, ok(1)]).without_tokio().run();
    assert_eq!((trace.calls, trace.slept), (2, vec![Duration::MAX]));
}

#[test]
fn a_success_after_the_limit_is_kept_and_no_attempt_is_interrupted() {
    let first = Case::new(SECOND, [ok(1).after(secs(9))]).run();
    assert_eq!((first.result, first.reason, first.report.elapsed), (Ok(1), None, secs(9)));
    let second = Case::new(SECOND, [FAILS, ok(2).after(secs(9))]).run();
    assert_eq!((second.result, second.report.elapsed), (Ok(2), ms(9_100)));
}

#[test]
fn since_the_first_failure_counts_neither_the_first_attempt_nor_what_came_before() {
    let policy = every(ms(100)).max_elapsed(ms(250)).since(Since::FirstFailure).build();
    let trace = Case::new(policy, [FAILS.after(secs(50)), FAILS]).run();
    assert_eq!(trace.started, all_ms([0, 50_100, 50_200]));
    assert_eq!(trace.reason, Some(StopReason::MaxElapsed));
    let later = Case::new(policy, [FAILS.after(secs(50)), FAILS.after(ms(150)), ok(1)]).run();
    assert_eq!(later.ended(), (2, Some(StopReason::MaxElapsed)), "later attempts count");
    let exact = Case::new(policy, [FAILS.after(secs(50)), FAILS.after(ms(50)), ok(1)]).run();
    assert_eq!(exact.ended(), (3, None), "0 + 100 + 50 + 100 = 250");
}

#[test]
fn an_attempt_that_ran_long_enough_resets_the_number_of_attempts() {
    let policy = every(ms(100)).max_attempts(2).reset_after(secs(60)).build();
    let script = [FAILS, FAILS.after(secs(60)), FAILS.after(secs(60)), FAILS];
    let trace = Case::new(policy, script).run();
    assert_eq!(trace.ended(), (4, Some(StopReason::MaxAttempts)));
    let almost = Case::new(policy, [FAILS, FAILS.after(ns(59_999_999_999)), ok(1)]).without_tokio().run();
    assert_eq!(almost.ended(), (2, Some(StopReason::MaxAttempts)));
}

#[test]
fn an_attempt_that_ran_long_enough_resets_the_backoff() {
    let policy = Policy::exponential().jitter(Jitter::None).reset_after(secs(60)).max_attempts(4).build();
    let script = [FAILS, FAILS, FAILS.after(secs(60)), FAILS, ok(1)];
    let trace = Case::new(policy, script).run();
    assert_eq!(trace.slept, all_ms([100, 200, 100, 200]));
}

#[test]
fn an_attempt_that_ran_long_enough_resets_the_elapsed_time() {
    let policy = every(ms(100)).max_elapsed(secs(1)).reset_after(secs(60)).build();
    let script = [FAILS.after(secs(60)), FAILS.after(ms(800)), FAILS, ok(1)];
    let trace = Case::new(policy, script).run();
    assert_eq!(trace.ended(), (3, Some(StopReason::MaxElapsed)), "100 + 800 + 100 = 1,000, and 1,000 is used up");
    assert_eq!(trace.started, all_ms([0, 60_100, 61_000]));
}

#[test]
fn a_reset_applies_to_one_call_too() {
    let time = support::Virtual::new();
    let calls = Cell::new(0);
    let report = every(ms(100))
        .max_attempts(2)
        .build()
        .retry(|| {
            calls.set(calls.get() + 1);
            time.advance(if calls.get() < 4 { secs(60) } else { ms(1) });
            Err::<(), _>("closed")
        })
        .reset_after(secs(60))
        .clock(|| time.now())
        .sleep(|delay| time.advance(delay))
        .call_report();
    // attempts 1 to 3 start a sequence each, and attempt 4 is the second of the last one
    assert_eq!((report.unwrap_err().reason, calls.get()), (StopReason::MaxAttempts, 4));
}

#[test]
fn a_manual_loop_starts_a_new_sequence_after_reset() {
    paused(async {
        let policy = Policy::exponential().jitter(Jitter::None).max_attempts(3).build();
        let mut attempts = policy.start();
        assert_eq!((attempts.number(), attempts.last_delay()), (1, None));
        attempts.pause_async("down").await.unwrap();
        attempts.pause_async("down").await.unwrap();
        assert_eq!((attempts.number(), attempts.last_delay(), attempts.slept()), (3, Some(ms(200)), ms(300)));
        attempts.reset();
        attempts.pause_async("down").await.unwrap();
        assert_eq!(attempts.last_delay(), Some(ms(100)));
        attempts.pause_async("down").await.unwrap();
        assert_eq!(attempts.pause_async("last").await, Err("last"));
        assert_eq!(attempts.stopped(), Some(StopReason::MaxAttempts));
    });
}

#[test]
fn a_manual_loop_that_is_reset_counts_time_by_the_clock_of_its_next_wait() {
    paused(async {
        let policy = every(ms(1)).max_elapsed(secs(1)).build();
        let mut attempts = policy.start();
        std::thread::sleep(ms(1_100)); // tokio's paused clock does not advance
        attempts.reset();
        assert_eq!((attempts.number(), attempts.last_delay()), (1, None));
        assert_eq!(attempts.pause("down"), Ok(()));
        assert_eq!(attempts.last_delay(), Some(ms(1)));
        attempts.reset();
        assert_eq!((attempts.number(), attempts.last_delay()), (1, None));
    });
}

#[test]
fn a_pause_that_is_dropped_ends_with_its_delay_and_the_next_attempt_starts_there() {
    paused(async {
        let policy = every(secs(100)).reset_after(secs(60)).forever().build();
        let mut attempts = policy.start();
        for _ in 0..2 {
            let pause = tokio::time::timeout(secs(61), attempts.pause_async("down"));
            assert!(pause.await.is_err(), "something else ends the delay");
        }
        assert_eq!((attempts.number(), attempts.last_delay(), attempts.slept()), (3, Some(secs(100)), ms(0)));
        tokio::time::sleep(secs(60)).await;
        assert!(tokio::time::timeout(secs(1), attempts.pause_async("down")).await.is_err());
        assert_eq!(attempts.number(), 2, "an attempt that ran for a minute starts a new sequence");
    });
}

#[test]
fn a_success_in_a_manual_loop_ends_the_call() {
    paused(async {
        let policy = every(ms(100)).max_elapsed(ms(150)).build();
        let mut attempts = policy.start();
        attempts.pause_async("down").await.unwrap();
        tokio::time::sleep(secs(5)).await;
        attempts.success();
        assert_eq!((attempts.number(), attempts.last_delay(), attempts.slept()), (1, None, ms(0)));
        attempts.pause_async("down").await.unwrap();
        assert_eq!(attempts.pause_async("down").await, Err("down"));
        assert_eq!(attempts.stopped(), Some(StopReason::MaxElapsed));
    });
}

#[test]
fn a_clock_that_goes_backwards_counts_as_nothing_elapsed() {
    let time = support::Virtual::new();
    time.set(secs(100));
    let mut elapsed = Vec::new();
    let report = every(ms(100))
        .max_elapsed(secs(1))
        .max_attempts(3)
        .build()
        .retry(|| {
            time.set(secs(50));
            Err::<(), _>("down")
        })
        .on_retry(|event| elapsed.push(event.elapsed()))
        .clock(|| time.now())
        .sleep(|_| ())
        .call_report();
    let error = report.unwrap_err();
    assert_eq!((error.reason, error.elapsed), (StopReason::MaxAttempts, Duration::ZERO));
    assert_eq!(elapsed, [Duration::ZERO; 2]);
}

#[test]
fn elapsed_time_in_events_counts_from_the_start_of_the_call() {
    let trace = Case::new(SECOND, [FAILS.after(ms(10)), FAILS.after(ms(20)), ok(1).after(ms(30))]).run();
    let elapsed: Vec<_> = trace
        .events
        .iter()
        .map(|event| match event {
            Event::Retry { elapsed, .. } | Event::GaveUp { elapsed, .. } | Event::Recovered { elapsed, .. } => *elapsed,
        })
        .collect();
    assert_eq!(elapsed, all_ms([10, 130, 260]));
}

#[test]
fn reset_after_zero_of_a_call_leaves_its_limits() {
    let calls = Cell::new(0);
    let result = Policy::constant(Duration::ZERO)
        .max_attempts(3)
        .build()
        .retry(|| {
            calls.set(calls.get() + 1);
            if calls.get() > 10 { Ok(()) } else { Err("down") }
        })
        .reset_after(Duration::ZERO)
        .call();
    assert_eq!((result, calls.get()), (Err("down"), 3));
}
