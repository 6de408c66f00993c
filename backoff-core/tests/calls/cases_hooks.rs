//! Hooks run inline, exactly once for each event.

use std::cell::RefCell;
use std::future::ready;
use std::thread;

use backoff_core::{Fault, Jitter, Policy, StopReason};
use support::{Case, Event, FAILS, Trouble, block_on, fails, ms, ok};

const fn plain(max_attempts: u32) -> Policy {
    Policy::exponential().jitter(Jitter::None).max_attempts(max_attempts).build()
}

fn trouble(attempt: u32) -> Trouble {
    Trouble { attempt, fault: Fault::Transient }
}

#[test]
fn success_on_the_third_call_notifies_of_attempts_one_and_two() {
    let trace = Case::new(plain(5), [FAILS, FAILS, ok(42)]).run();
    assert_eq!((trace.calls, trace.result), (3, Ok(42)));
    let retry = |attempt, delay, elapsed| Event::Retry {
        attempt,
        max_attempts: Some(5),
        error: Some(trouble(attempt)),
        delay: ms(delay),
        elapsed: ms(elapsed),
    };
    let recovered = Event::Recovered { attempts: 3, elapsed: ms(300) };
    assert_eq!(trace.events, [retry(1, 100, 0), retry(2, 200, 100), recovered]);
}

#[test]
fn two_attempts_notify_exactly_once() {
    let trace = Case::always_fails(plain(2)).run();
    assert_eq!((trace.calls, trace.retries()), (2, 1));
}

#[test]
fn a_permanent_error_at_once_notifies_of_no_retry() {
    let trace = Case::new(plain(5), [fails(Fault::Permanent)]).run();
    assert_eq!((trace.calls, trace.retries()), (1, 0));
}

#[test]
fn four_attempts_notify_three_times_and_not_for_the_last() {
    let trace = Case::always_fails(plain(4)).run();
    assert_eq!((trace.calls, trace.retries()), (4, 3));
    let last = Event::GaveUp {
        attempts: 4,
        error: Some(trouble(4)),
        reason: StopReason::MaxAttempts,
        elapsed: ms(100 + 200 + 400),
    };
    assert_eq!(trace.events[3..], [last]);
}

#[test]
fn hooks_run_inline_between_the_attempt_and_its_delay() {
    let expected = ["attempt", "hook 1", "sleep", "attempt", "hook 2", "sleep", "attempt", "gave up"];
    let here = thread::current().id();
    let run = |is_async: bool| {
        let order = RefCell::new(Vec::new());
        let note = |what: String| {
            assert_eq!(thread::current().id(), here);
            order.borrow_mut().push(what);
        };
        let policy = plain(3);
        let attempt = || {
            note("attempt".to_owned());
            Err::<(), _>("down")
        };
        if is_async {
            let call = policy.retry(|| async { attempt() });
            let call = call.on_retry(|event| note(format!("hook {}", event.attempt())));
            let call = call.on_give_up(|_| note("gave up".to_owned())).sleep(|_| {
                note("sleep".to_owned());
                ready(())
            });
            assert_eq!(block_on(call.into_future()), Err("down"));
        } else {
            let call = policy.retry(attempt);
            let call = call.on_retry(|event| note(format!("hook {}", event.attempt())));
            let call = call.on_give_up(|_| note("gave up".to_owned())).sleep(|_| note("sleep".to_owned()));
            assert_eq!(call.call(), Err("down"));
        }
        order.into_inner()
    };
    assert_eq!(run(false), expected);
    assert_eq!(run(true), expected);
}

#[test]
fn hooks_of_one_kind_add_up_in_the_order_given() {
    let order = RefCell::new(Vec::new());
    let result = plain(2)
        .retry(|| Err::<(), _>("down"))
        .on_retry(|_| order.borrow_mut().push(1))
        .on_retry(|_| order.borrow_mut().push(2))
        .on_give_up(|_| order.borrow_mut().push(3))
        .on_give_up(|_| order.borrow_mut().push(4))
        .sleep(|_| ())
        .call();
    assert_eq!(result, Err("down"));
    assert_eq!(order.into_inner(), [1, 2, 3, 4]);
}
