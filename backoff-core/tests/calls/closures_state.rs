//! Closures with a state in a call: `when`, `on_timeout` and `sleep` are `FnMut`; sleepers by type are shared.

use std::cell::RefCell;
use std::future::ready;
use std::time::Duration;

use backoff_core::{AttemptTimeout, BlockingSleeper, CancelToken, Fault, Jitter, Policy, Sleeper, StopReason};
use support::{all_ms, ms, paused, secs};

const MANY: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(9).build();

/// A classifier with a state: two failures are transient, the third is permanent.
fn twice() -> impl FnMut(&u32) -> Fault {
    let mut seen = 0;
    move |_| {
        seen += 1;
        if seen > 2 { Fault::Permanent } else { Fault::Transient }
    }
}

#[test]
fn when_keeps_a_state_from_failure_to_failure_in_blocking_and_async_calls() {
    let blocking = MANY.retry(|| Err::<(), _>(7)).when(twice()).sleep(|_| ()).call_report().unwrap_err();
    assert_eq!((blocking.attempts, blocking.reason), (3, StopReason::Permanent));
    let later = paused(async { MANY.retry(|| async { Err::<(), _>(7) }).when(twice()).report().await.unwrap_err() });
    assert_eq!((later.attempts, later.reason), (3, StopReason::Permanent));
}

#[test]
fn a_state_of_the_caller_can_be_borrowed_by_when_and_sleep_at_once() {
    let (mut kinds, mut delays) = (Vec::new(), Vec::new());
    let mut failures = 0;
    let result = MANY
        .retry(|| {
            failures += 1;
            Err::<(), _>(failures)
        })
        .when(|error| {
            kinds.push(*error);
            *error < 4
        })
        .sleep(|delay| delays.push(delay))
        .call();
    assert_eq!((result, kinds, delays), (Err(4), vec![1, 2, 3, 4], all_ms([100, 200, 400])));
}

#[test]
fn a_sleeper_with_a_state_serves_a_cancelled_call_until_the_token_is_cancelled() {
    let (token, mut delays) = (CancelToken::new(), Vec::new());
    let report = MANY
        .retry(|| Err::<(), _>("down"))
        .sleep(|delay| {
            delays.push(delay);
            if delays.len() == 2 {
                token.cancel();
            }
        })
        .cancel(&token)
        .call_report()
        .unwrap_err();
    assert_eq!((report.reason, delays), (StopReason::Cancelled, all_ms([100, 200])));
}

#[test]
fn on_timeout_and_an_async_sleeper_keep_a_state_too() {
    let (mut made, mut slept) = (0, Vec::new());
    let result = paused(async {
        MANY.retry(|| async {
            tokio::time::sleep(secs(60)).await;
            Ok::<(), String>(())
        })
        .attempt_timeout(secs(1))
        .on_timeout(|timeout: AttemptTimeout| {
            made += 1;
            format!("timeout {made} after {:?}", timeout.limit())
        })
        .sleep(|delay| {
            slept.push(delay);
            tokio::time::sleep(delay)
        })
        .await
    });
    assert_eq!(result, Err("timeout 9 after 1s".to_owned()));
    // The sleeper also times the attempts: a limit for each of 9, and 8 delays between them.
    assert_eq!((made, slept.len()), (9, 17));
    assert_eq!(slept[..4], [secs(1), ms(100), secs(1), ms(200)]);
}

#[test]
fn a_future_whose_closures_keep_a_state_is_send() {
    fn is_send<T: Send>(future: T) -> T {
        future
    }
    let mut delays = Vec::new();
    let call = MANY.retry(|| async { Err::<(), _>(7) }).when(twice()).sleep(|delay| {
        delays.push(delay);
        ready(())
    });
    assert_eq!(paused(is_send(call.into_future())), Err(7));
    assert_eq!(delays, all_ms([100, 200]));
}

/// A sleeper by type, which calls share.
#[derive(Default)]
struct Recorder(RefCell<Vec<Duration>>);

impl BlockingSleeper for &Recorder {
    fn sleep(&self, delay: Duration) {
        self.0.borrow_mut().push(delay);
    }
}

impl Sleeper for &Recorder {
    type Sleep = std::future::Ready<()>;

    fn sleep(&self, delay: Duration) -> Self::Sleep {
        self.0.borrow_mut().push(delay);
        ready(())
    }
}

#[test]
fn two_calls_share_a_sleeper_by_type_and_a_closure_without_a_state() {
    let recorder = Recorder::default();
    let policy = Policy::constant(ms(5)).jitter(Jitter::None).max_attempts(2).build();
    let first = policy.retry(|| Err::<(), _>(1)).sleep_with(&recorder);
    let second = policy.retry(|| Err::<(), _>(2)).sleep_with(&recorder);
    assert_eq!((first.call(), second.call()), (Err(1), Err(2)));
    let third = policy.retry(|| ready(Err::<(), _>(3))).sleep_with(&recorder);
    assert_eq!(paused(third.into_future()), Err(3));
    let shared = |delay: Duration| recorder.0.borrow_mut().push(delay);
    let first = policy.retry(|| Err::<(), _>(4)).sleep(&shared);
    let second = policy.retry(|| Err::<(), _>(5)).sleep_with(&shared);
    assert_eq!((first.call(), second.call()), (Err(4), Err(5)));
    assert_eq!(recorder.0.take(), all_ms([5; 5]));
}
