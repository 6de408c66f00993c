//! Retries of a success until its value meets the condition.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use backoff_core::{Budget, Fault, Jitter, Policy, StopReason};
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
fn a_condition_that_is_never_met_returns_the_last_value_and_the_reason() {
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

/// Returns the delays and the end of a call whose attempts return 1, 2, 3, .., and whose `until` returns the results of
/// a list.
fn answered(policy: Policy, answers: &[Result<(), Fault>]) -> (Vec<Duration>, u32, Option<StopReason>) {
    let (calls, slept) = (Cell::new(0), RefCell::new(Vec::new()));
    let mut next = answers.iter().copied();
    let operation = || {
        calls.set(calls.get() + 1);
        Ok::<u32, ()>(calls.get())
    };
    let call = policy.retry(operation).until(|_| next.next().unwrap_or(Ok(())));
    let success = call.sleep(|delay| slept.borrow_mut().push(delay)).call_report().expect("no attempt fails");
    assert_eq!(success.attempts, success.value, "the last value is returned");
    let blocking = (slept.take(), success.attempts, success.stopped);
    calls.set(0);
    let mut next = answers.iter().copied();
    let call = policy.retry(|| async { operation() }).until(|_| next.next().unwrap_or(Ok(())));
    let call = call.sleep(|delay| {
        slept.borrow_mut().push(delay);
        std::future::ready(())
    });
    let success = support::block_on(call.report()).expect("no attempt fails");
    assert_eq!(blocking, (slept.take(), success.attempts, success.stopped), "blocking (left) and async (right) differ");
    blocking
}

#[test]
fn an_answer_that_is_ok_accepts_the_value() {
    assert_eq!(answered(PLAIN, &[Ok(())]), (vec![], 1, None));
}

#[test]
fn a_transient_answer_is_retried_like_an_unmet_condition() {
    assert_eq!(answered(PLAIN, &[Err(Fault::Transient)]), (all_ms([100]), 2, None));
}

#[test]
fn a_permanent_answer_ends_the_call_at_once() {
    let answers = [Err(Fault::Transient), Err(Fault::Permanent), Ok(())];
    assert_eq!(answered(PLAIN, &answers), (all_ms([100]), 2, Some(StopReason::Permanent)));
}

#[test]
fn an_answer_with_a_wait_is_retried_after_it() {
    let answers = [Err(Fault::PushBack(secs(2))), Err(Fault::PushBack(Duration::ZERO))];
    assert_eq!(answered(PLAIN, &answers), (all_ms([2_100, 200]), 3, None));
    let too_long = [Err(Fault::PushBack(secs(61)))];
    assert_eq!(answered(PLAIN, &too_long), (vec![], 1, Some(StopReason::PushBackTooLong)));
}

#[test]
fn an_ambiguous_answer_is_retried_by_idempotent_policies_only() {
    let answers = [Err(Fault::AmbiguousPushBack(secs(2)))];
    assert_eq!(answered(PLAIN, &answers), (vec![], 1, Some(StopReason::Ambiguous)));
    let idempotent = PLAIN.edit().idempotent().build();
    assert_eq!(answered(idempotent, &answers), (all_ms([2_100]), 2, None));
}

#[test]
fn a_retry_after_an_unmet_value_takes_a_token_and_an_unmet_value_deposits_none() {
    let budget = Budget::new().capacity(2);
    let call = PLAIN.retry(|| Some(())).until(|()| Err(Fault::PushBack(ms(1)))).budget(&budget);
    let success = call.sleep(|_| ()).call_report().unwrap();
    assert_eq!((success.attempts, success.stopped), (3, Some(StopReason::BudgetEmpty)));
    assert!(budget.available() < 0.05, "{budget:?}");
    let budget = Budget::new().capacity(2);
    let call = PLAIN.retry(|| Some(())).until(|()| Err(Fault::Permanent)).budget(&budget);
    assert_eq!(call.sleep(|_| ()).call(), Some(()));
    assert!((budget.available() - 2.0).abs() < 0.05, "{budget:?}");
}

#[test]
fn a_condition_may_change_its_own_state() {
    let mut seen = Vec::new();
    let call = PLAIN.retry(|| Some(7)).until(|value| {
        seen.push(*value);
        seen.len() == 3
    });
    assert_eq!(call.sleep(|_| ()).call(), Some(7));
    assert_eq!(seen, [7, 7, 7]);
}
