//! Events have the fault, the push-back and the run time of the failed attempt.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use backoff_core::{CancelToken, Fault, Jitter, Policy, PolicyBuilder, StopReason, retry, testing};
use support::ms;

const PLAIN: PolicyBuilder = Policy::constant(ms(10)).jitter(Jitter::None).max_attempts(2);

/// The facts of one event.
type Facts = (Option<Fault>, Option<Duration>, Option<Duration>);

/// Returns the facts of `$event`.
macro_rules! facts {
    ($event:ident) => {
        ($event.fault(), $event.push_back(), $event.attempt_elapsed())
    };
}

const PUSHED: Fault = Fault::PushBack(ms(500));

fn expected(runs: [u64; 2]) -> [Facts; 2] {
    runs.map(|runs| (Some(PUSHED), Some(ms(500)), Some(ms(runs))))
}

#[test]
fn the_hooks_of_a_blocking_call_receive_them() {
    let (time, seen) = (Cell::new(Duration::ZERO), RefCell::new(Vec::new()));
    let mut runs = [ms(30), ms(70)].into_iter();
    let policy = PLAIN.build();
    let _ = policy
        .retry(|| {
            time.set(time.get() + runs.next().unwrap_or_default());
            Err::<(), _>(())
        })
        .when(|()| PUSHED)
        .on_retry(|event| seen.borrow_mut().push(facts!(event)))
        .on_give_up(|event| seen.borrow_mut().push(facts!(event)))
        .clock(|| time.get())
        .sleep(|delay| time.set(time.get() + delay))
        .call();
    assert_eq!(*seen.borrow(), expected([30, 70]));
}

#[tokio::test(start_paused = true)]
async fn the_hooks_of_an_async_call_receive_them() {
    let seen = RefCell::new(Vec::new());
    let runs = RefCell::new([30, 70].into_iter());
    let policy = PLAIN.build();
    let _ = policy
        .retry(|| async {
            let run = runs.borrow_mut().next().unwrap_or_default();
            tokio::time::sleep(ms(run)).await;
            Err::<(), _>(())
        })
        .when(|()| PUSHED)
        .on_retry(|event| seen.borrow_mut().push(facts!(event)))
        .on_give_up(|event| seen.borrow_mut().push(facts!(event)))
        .await;
    assert_eq!(*seen.borrow(), expected([30, 70]));
}

type Seen = RefCell<Vec<Facts>>;

#[retry(
    max_attempts = 2, delay = "10ms", jitter = none, when = |()| PUSHED,
    on_retry = |event| seen.borrow_mut().push(facts!(event)), on_give_up = |event| seen.borrow_mut().push(facts!(event))
)]
fn counted(runs: &mut Vec<u64>, seen: &Seen) -> Result<(), ()> {
    testing::advance(ms(runs.remove(0)));
    Err(())
}

#[retry(
    policy = PLAIN.build(), when = |()| PUSHED,
    on_retry = |event| seen.borrow_mut().push(facts!(event)), on_give_up = |event| seen.borrow_mut().push(facts!(event))
)]
fn full(runs: &mut Vec<u64>, seen: &Seen) -> Result<(), ()> {
    testing::advance(ms(runs.remove(0)));
    Err(())
}

#[test]
fn the_hooks_of_a_function_receive_them() {
    for function in [counted, full] {
        let _time = testing::virtual_time();
        let seen = Seen::default();
        assert_eq!(function(&mut vec![30, 70], &seen), Err(()));
        assert_eq!(*seen.borrow(), expected([30, 70]));
    }
}

#[retry(
    max_attempts = 2, delay = "10ms", jitter = none, when = |()| PUSHED,
    on_retry = async |event| seen.borrow_mut().push(facts!(event)), on_give_up = |event| seen.borrow_mut().push(facts!(event))
)]
async fn counted_async(runs: &mut Vec<u64>, seen: &Seen) -> Result<(), ()> {
    tokio::time::sleep(ms(runs.remove(0))).await;
    Err(())
}

#[retry(
    max_attempts = 2, delay = "10ms", jitter = none, when = |()| PUSHED, seed = 1,
    on_retry = async |event| seen.borrow_mut().push(facts!(event)), on_give_up = |event| seen.borrow_mut().push(facts!(event))
)]
async fn full_async(runs: &mut Vec<u64>, seen: &Seen) -> Result<(), ()> {
    tokio::time::sleep(ms(runs.remove(0))).await;
    Err(())
}

#[tokio::test(start_paused = true)]
async fn the_hooks_of_an_async_function_receive_them() {
    let seen = Seen::default();
    assert_eq!(full_async(&mut vec![30, 70], &seen).await, Err(()));
    assert_eq!(*seen.borrow(), expected([30, 70]));
    let seen = Seen::default();
    assert_eq!(counted_async(&mut vec![30, 70], &seen).await, Err(()));
    let [first, mut second] = expected([30, 70]);
    second.2 = None; // a counting driver has no room for the start of a retry
    assert_eq!(*seen.borrow(), [first, second]);
}

#[retry(
    max_attempts = 2, delay = "0s", cancel = token, sleep = |_| token.cancel(),
    on_give_up = |event| seen.borrow_mut().push(facts!(event))
)]
fn cancelled(token: &CancelToken, seen: &Seen) -> Result<(), ()> {
    Err(())
}

#[test]
fn an_interrupted_delay_and_a_lost_reply_have_no_fault() {
    let (token, policy, seen) = (CancelToken::new(), PLAIN.build(), Seen::default());
    let report = policy
        .retry(|| Err::<(), _>(()))
        .cancel(&token)
        .sleep(|_| token.cancel())
        .on_give_up(|event| seen.borrow_mut().push(facts!(event)))
        .call_report();
    assert_eq!(report.unwrap_err().reason, StopReason::Cancelled);
    let _ = cancelled(&token, &seen);
    assert_eq!(seen.borrow().len(), 2);
    assert_eq!(seen.borrow()[0], (None, None, None));
    assert_eq!(seen.borrow()[1].0, Some(Fault::Transient), "cancelled before the delay");

    let (_lost, seen) = (testing::lose_replies(1), Seen::default());
    let call = policy.retry(|| Ok::<_, ()>(())).on_retry(|event| seen.borrow_mut().push(facts!(event)));
    assert_eq!((call.sleep(|_| ()).call(), seen.take()), (Ok(()), vec![(None, None, None)]));
}
