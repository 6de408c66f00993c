//! A call is `Send` exactly when its operation is.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backoff_core::{CancelToken, InvalidPolicy, Jitter, Policy, RetryError, StopReason, Success};
use support::{ms, paused, secs};

const AT_ONCE: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
const PLAIN: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(3).build();

fn is_send<T: Send>(value: T) -> T {
    value
}

fn is_static<T: Send + Sync + 'static>() {}

fn on_many_threads<F>(future: F) -> F::Output
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let runtime = runtime.expect("a runtime without i/o can always be made");
    runtime.block_on(async { tokio::spawn(future).await.expect("the task does not panic") })
}

#[test]
fn policies_tokens_and_reports_are_shared_between_threads() {
    is_static::<Policy>();
    is_static::<CancelToken>();
    is_static::<InvalidPolicy>();
    is_static::<RetryError<std::io::Error>>();
    is_static::<Success<String>>();
}

#[test]
fn a_call_is_send_when_its_operation_is() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let call = AT_ONCE.retry(move || {
        let attempt = counted.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            tokio::task::yield_now().await;
            if attempt < 3 { Err("down") } else { Ok(attempt) }
        }
    });
    assert_eq!(on_many_threads(is_send(call.into_future())), Ok(3));
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[test]
fn a_call_with_every_setting_is_send_too() {
    static TOKEN: CancelToken = CancelToken::new();
    let hooks = Arc::new(AtomicU32::new(0));
    let (on_retry, on_give_up) = (Arc::clone(&hooks), Arc::clone(&hooks));
    let call = AT_ONCE
        .retry(|| async { Ok::<_, std::io::Error>(1) })
        .when(|error| error.kind() != std::io::ErrorKind::NotFound)
        .until(|value| *value == 2)
        .on_retry(move |_| on_retry.store(on_retry.load(Ordering::Relaxed) + 1, Ordering::Relaxed))
        .on_give_up(move |_| on_give_up.store(on_give_up.load(Ordering::Relaxed) + 10, Ordering::Relaxed))
        .on_recovered(|_| ())
        .seed(1)
        .cancel(TOKEN.cancelled())
        .attempt_timeout(secs(60))
        .timeout(secs(60))
        .idempotent();
    let report = on_many_threads(is_send(call.report()));
    let success = report.unwrap();
    assert_eq!((success.value, success.attempts, success.stopped), (1, 3, Some(StopReason::MaxAttempts)));
    assert_eq!(hooks.load(Ordering::Relaxed), 12);
}

#[test]
fn a_manual_loop_is_send() {
    let number = on_many_threads(is_send(async {
        let mut attempts = AT_ONCE.start();
        while attempts.pause_async("down").await.is_ok() {}
        attempts.stopped()
    }));
    assert_eq!(number, Some(StopReason::MaxAttempts));
}

#[test]
fn many_calls_of_one_policy_run_at_once() {
    paused(async {
        let calls = (0..100).map(|number: u32| {
            tokio::spawn(async move {
                let attempts = AtomicU32::new(0);
                let result = PLAIN
                    .retry(|| async {
                        tokio::time::sleep(ms(u64::from(number))).await;
                        attempts.fetch_add(1, Ordering::Relaxed);
                        Err::<(), _>(number)
                    })
                    .await;
                (result, attempts.into_inner())
            })
        });
        for (number, call) in (0..).zip(calls.collect::<Vec<_>>()) {
            assert_eq!(call.await.unwrap(), (Err(number), 3));
        }
    });
}

#[test]
fn an_operation_that_is_not_send_runs_on_a_local_set() {
    paused(async {
        let local = tokio::task::LocalSet::new();
        let calls = Rc::new(Cell::new(0));
        let counted = Rc::clone(&calls);
        let result = local
            .run_until(async move {
                let call = async move {
                    PLAIN
                        .retry(|| {
                            let counted = Rc::clone(&counted);
                            async move {
                                tokio::task::yield_now().await;
                                counted.set(counted.get() + 1);
                                if counted.get() < 3 { Err("down") } else { Ok(counted.get()) }
                            }
                        })
                        .await
                };
                tokio::task::spawn_local(call).await.unwrap()
            })
            .await;
        assert_eq!((result, calls.get()), (Ok(3), 3));
    });
}

#[test]
fn a_blocking_call_runs_in_any_thread_with_a_policy_borrowed_from_another() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|n: u32| scope.spawn(move || policy.retry(|| Err::<(), _>(n)).call())).collect();
        for (n, thread) in (0..).zip(threads) {
            assert_eq!(thread.join().unwrap(), Err(n));
        }
    });
}
