//! Retrying a success until its value is good enough.

use std::cell::Cell;

use backoff_core::{Fault, Jitter, Policy, StopReason};
use support::{Case, FAILS, Trouble, all_ms, fails, ms, ok, secs};

const PLAIN: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(4).build();

#[test]
fn a_value_that_is_good_enough_at_once_is_a_first_try_success() {
    let trace = Case::new(PLAIN, [ok(100)]).until_at_least(100).run();
    assert_eq!((trace.calls, trace.result, trace.reason), (1, Ok(100), None));
    assert_eq!(trace.events, []);
}

#[test]
fn unmet_values_are_retried_as_transient_failures() {
    let trace = Case::new(PLAIN, [ok(10), ok(60), ok(100)]).until_at_least(100).run();
    assert_eq!((trace.calls, trace.result, trace.reason), (3, Ok(100), None));
    assert_eq!(trace.slept, all_ms([100, 200]));
    assert_eq!(trace.judged, 0, "the classifier is for errors");
}

#[test]
fn values_and_errors_share_one_sequence_of_attempts() {
    let trace = Case::new(PLAIN, [ok(10), FAILS, ok(20), ok(100)]).until_at_least(100).run();
    assert_eq!((trace.calls, trace.result), (4, Ok(100)));
    assert_eq!(trace.slept, all_ms([100, 200, 400]));
    assert_eq!(trace.judged, 1);
}

#[test]
fn a_condition_that_never_holds_returns_the_last_value_and_says_why() {
    let trace = Case::new(PLAIN, [ok(1), ok(2), ok(3), ok(4), ok(100)]).until_at_least(100).run();
    assert_eq!((trace.calls, trace.result), (4, Ok(4)));
    assert_eq!(trace.reason, Some(StopReason::MaxAttempts));
    let closing = trace.events.last().unwrap();
    let reason = StopReason::MaxAttempts;
    assert_eq!(*closing, support::Event::GaveUp { attempts: 4, error: None, reason, elapsed: ms(700) });
}

#[test]
fn the_time_limit_ends_it_too() {
    let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(2)).build();
    let trace = Case::new(policy, [ok(1)]).until_at_least(100).run();
    assert_eq!(trace.ended(), (3, Some(StopReason::MaxElapsed)));
    assert_eq!(trace.result, Ok(1));
}

#[test]
fn an_error_after_unmet_values_is_the_error_of_the_call() {
    let last = Case::new(PLAIN, [ok(1), ok(1), ok(1), FAILS]).until_at_least(100).run();
    assert_eq!(last.result, Err(Trouble { attempt: 4, fault: Fault::Transient }));
    assert_eq!(last.reason, Some(StopReason::MaxAttempts));
    let permanent = Case::new(PLAIN, [ok(1), fails(Fault::Permanent)]).until_at_least(100).run();
    assert_eq!(permanent.ended(), (2, Some(StopReason::Permanent)));
}

#[test]
fn an_unmet_value_is_transient_whatever_the_classifier_thinks_of_errors() {
    let calls = Cell::new(0);
    let report = PLAIN
        .retry(|| {
            calls.set(calls.get() + 1);
            Ok::<_, ()>(calls.get())
        })
        .when(|()| Fault::Permanent)
        .until(|value| *value == 3)
        .sleep(|_| ())
        .call_report();
    let success = report.unwrap();
    assert_eq!((success.value, success.attempts, success.stopped), (3, 3, None));
}

#[test]
fn a_cancelled_call_returns_the_unmet_value() {
    let trace = Case::new(PLAIN, [ok(1)]).until_at_least(100).cancelled_in(2).run();
    assert_eq!((trace.calls, trace.result, trace.reason), (2, Ok(1), Some(StopReason::Cancelled)));
}

#[test]
fn without_a_report_the_last_value_comes_back() {
    let values = Cell::new(0);
    let next = || {
        values.set(values.get() + 1);
        Some(values.get())
    };
    assert_eq!(PLAIN.retry(next).until(|_| false).sleep(|_| ()).call(), Some(4));
    let call = PLAIN.retry(|| async { next() }).until(|_| false).sleep(|_| std::future::ready(()));
    assert_eq!(support::block_on(call.into_future()), Some(8));
}
