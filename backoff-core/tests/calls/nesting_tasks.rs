//! The scope of a call on other threads, in other tasks, and on executors that move tasks between threads.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::thread;

use backoff_core::{InnerRetries, Policy, Scope, retry};

type Down = Result<(), &'static str>;

/// Fails after a few turns, so that the task can be moved in the middle of an attempt.
async fn fails(calls: &AtomicU32) -> Down {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    calls.fetch_add(1, Relaxed);
    Err("down")
}

#[retry(max_attempts = 3, delay = "0s")]
async fn bottom(calls: &AtomicU32) -> Down {
    fails(calls).await
}

#[retry(max_attempts = 3, delay = "0s")]
async fn middle(calls: &AtomicU32) -> Down {
    tokio::task::yield_now().await;
    bottom(calls).await
}

#[retry(max_attempts = 3, delay = "0s")]
async fn alone(calls: &AtomicU32) -> Down {
    middle(calls).await
}

#[retry(max_attempts = 3, delay = "0s", inner_retries = suppress)]
async fn suppressing(calls: &AtomicU32) -> Down {
    middle(calls).await
}

#[retry(max_attempts = 3, delay = "0s", inner_retries = stop)]
async fn stopping(calls: &AtomicU32) -> Down {
    middle(calls).await
}

fn builder(calls: &AtomicU32) -> impl Future<Output = Down> + Send {
    const THREE: Policy = Policy::constant(std::time::Duration::ZERO).max_attempts(3).build();
    THREE.retry(move || middle(calls)).inner_retries(InnerRetries::Suppress).into_future()
}

fn four_threads() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build();
    runtime.expect("a runtime without i/o can always be made")
}

/// Polls the future on a new thread each time.
fn on_a_new_thread_each<F: Future + Send>(future: F) -> (F::Output, u32)
where
    F::Output: Send,
{
    let mut future = pin!(future);
    for polls in 1..10_000 {
        let polled = thread::scope(|scope| {
            let turn = || {
                assert!(Scope::current().is_none(), "the thread is new");
                let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert!(Scope::current().is_none(), "the poll leaves no scope behind");
                polled
            };
            scope.spawn(turn).join().expect("no attempt panics")
        });
        if let Poll::Ready(output) = polled {
            return (output, polls);
        }
    }
    panic!("the future is never ready");
}

#[test]
fn the_scope_follows_a_future_that_is_polled_on_a_new_thread_each_time() {
    let calls = AtomicU32::new(0);
    let (result, polls) = on_a_new_thread_each(suppressing(&calls));
    assert_eq!((result, calls.swap(0, Relaxed)), (Err("down"), 3));
    assert!(polls > 9, "it was moved in the middle of every attempt; {polls} polls");
    assert_eq!(on_a_new_thread_each(builder(&calls)).0, Err("down"));
    assert_eq!(calls.swap(0, Relaxed), 3);
    assert_eq!(on_a_new_thread_each(stopping(&calls)).0, Err("down"));
    assert_eq!(calls.swap(0, Relaxed), 9);
    assert_eq!(on_a_new_thread_each(alone(&calls)).0, Err("down"));
    assert_eq!(calls.load(Relaxed), 27);
}

#[test]
fn tasks_that_share_threads_do_not_share_scopes() {
    four_threads().block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..200_u32 {
            tasks.spawn(async move {
                let calls = AtomicU32::new(0);
                let expected = match number % 4 {
                    0 => (suppressing(&calls).await, 3),
                    1 => (stopping(&calls).await, 9),
                    2 => (builder(&calls).await, 3),
                    _ => (alone(&calls).await, 27),
                };
                assert_eq!((Err("down"), calls.into_inner()), expected, "task {number}");
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.expect("every task counts what its own scope allows");
        }
    });
}

#[test]
fn two_calls_that_are_polled_in_turns_keep_their_own_scopes() {
    let (left, right) = (AtomicU32::new(0), AtomicU32::new(0));
    let both = async { tokio::join!(suppressing(&left), alone(&right)) };
    four_threads().block_on(async { assert_eq!(both.await, (Err("down"), Err("down"))) });
    assert_eq!((left.into_inner(), right.into_inner()), (3, 27));
}

#[retry(max_attempts = 3, delay = "0s", inner_retries = suppress)]
async fn spawns(calls: &Arc<AtomicU32>, takes_scope: bool) -> Down {
    let counted = Arc::clone(calls);
    let work = async move { middle(&counted).await };
    let task = match Scope::current() {
        Some(scope) if takes_scope => tokio::spawn(scope.wrap(work)),
        _ => tokio::spawn(work),
    };
    task.await.expect("the task does not panic")
}

#[test]
fn a_spawned_task_is_in_the_scope_that_it_takes_along() {
    four_threads().block_on(async {
        let calls = Arc::new(AtomicU32::new(0));
        assert_eq!(spawns(&calls, true).await, Err("down"));
        assert_eq!(calls.swap(0, Relaxed), 3);
        assert_eq!(spawns(&calls, false).await, Err("down"));
        assert_eq!(calls.load(Relaxed), 27, "without the handle it knows of nothing");
    });
}

#[retry(max_attempts = 3, delay = "0s")]
fn blocking_inside(calls: &AtomicU32) -> Down {
    calls.fetch_add(1, Relaxed);
    Err("down")
}

#[retry(max_attempts = 3, delay = "0s", inner_retries = suppress)]
fn spawns_a_thread(calls: &AtomicU32, takes_scope: bool) -> Down {
    let scope = Scope::current().expect("the attribute opens one");
    thread::scope(|threads| {
        let thread =
            threads.spawn(|| if takes_scope { scope.run(|| blocking_inside(calls)) } else { blocking_inside(calls) });
        thread.join().expect("the thread does not panic")
    })
}

#[test]
fn a_spawned_thread_is_in_the_scope_that_it_takes_along() {
    let calls = AtomicU32::new(0);
    assert_eq!(spawns_a_thread(&calls, true), Err("down"));
    assert_eq!(calls.swap(0, Relaxed), 3);
    assert_eq!(spawns_a_thread(&calls, false), Err("down"));
    assert_eq!(calls.load(Relaxed), 9);
}

#[test]
fn a_blocking_call_inside_an_async_one_is_in_its_scope() {
    #[retry(max_attempts = 3, delay = "0s", inner_retries = suppress)]
    async fn outer(calls: &AtomicU32) -> Down {
        blocking_inside(calls)
    }
    let calls = AtomicU32::new(0);
    four_threads().block_on(async { assert_eq!(outer(&calls).await, Err("down")) });
    assert_eq!(calls.into_inner(), 3);
}

#[test]
fn a_call_that_gives_up_in_a_spawned_task_stops_the_enclosing_call() {
    #[retry(max_attempts = 3, delay = "0s", inner_retries = stop)]
    async fn outer(calls: &Arc<AtomicU32>) -> Down {
        let counted = Arc::clone(calls);
        let scope = Scope::current().expect("the attribute opens one");
        tokio::spawn(scope.wrap(async move { bottom(&counted).await })).await.expect("the task does not panic")
    }
    four_threads().block_on(async {
        let calls = Arc::new(AtomicU32::new(0));
        assert_eq!(outer(&calls).await, Err("down"));
        assert_eq!(calls.load(Relaxed), 3);
    });
}
