//! Copies of requests, readiness, and the end of a call.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use backoff_core::tower::RetryLayer;
use backoff_core::{Fault, StopReason, observe, testing};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::support::{FOUR, Scripted};

/// A request that counts its clones.
#[derive(Debug, Default)]
struct Counted(Arc<AtomicU32>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, SeqCst);
        Self(Arc::clone(&self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_does_not_clone() {
    let (request, service) = (Counted::default(), Scripted::<(), _>::new([Err("down")]));
    let clones = Arc::clone(&request.0);
    let result = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).service(service.clone()).oneshot(request).await;
    assert_eq!((result, service.times()), (Err("down"), vec![0, 100, 200, 300]));
    assert_eq!(clones.load(SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_with_one_attempt_clones_nothing() {
    let (request, service) = (Counted::default(), Scripted::<(), _>::new([Err("down")]));
    let clones = Arc::clone(&request.0);
    let layer = RetryLayer::new(FOUR.edit().max_attempts(1).build());
    assert_eq!(ServiceBuilder::new().layer(layer).service(service).oneshot(request).await, Err("down"));
    assert_eq!(clones.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_cloned_once_for_a_success_at_the_first_attempt() {
    let (request, service) = (Counted::default(), Scripted::<_, &str>::new([Ok(7)]));
    let clones = Arc::clone(&request.0);
    assert_eq!(ServiceBuilder::new().layer(RetryLayer::new(FOUR)).service(service).oneshot(request).await, Ok(7));
    assert_eq!(clones.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn with_reset_after_no_attempt_is_certain_to_be_the_last_so_each_has_a_copy() {
    let policy = FOUR.edit().max_attempts(2).reset_after(Duration::from_secs(1)).build();
    let (request, runs) = (Counted::default(), Arc::new(AtomicU32::new(0)));
    let clones = Arc::clone(&request.0);
    let counted = Arc::clone(&runs);
    let slow_twice = tower::service_fn(move |_: Counted| {
        let run = counted.fetch_add(1, SeqCst);
        async move {
            if run < 2 {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            Err::<(), _>("down")
        }
    });
    let service = ServiceBuilder::new().layer(RetryLayer::new(policy)).service(slow_twice);
    assert_eq!(service.oneshot(request).await, Err("down"));
    // Two attempts ran long enough, so that each was the first of a new sequence.
    assert_eq!((runs.load(SeqCst), clones.load(SeqCst)), (3, 3));
}

thread_local! {
    static ENDS: RefCell<Vec<(u32, StopReason)>> = const { RefCell::new(Vec::new()) };
}

fn record(event: &observe::CallEvent<'_>) {
    if let ("recorded", observe::EventKind::GaveUp { reason, .. }) = (event.name(), event.kind()) {
        ENDS.with_borrow_mut(|ends| ends.push((event.attempts(), reason)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_cloned_is_sent_once_and_observers_receive_the_reason() {
    let _ = observe::set_global(record);
    let service = Scripted::<(), _>::new([Err("down")]);
    let layer = RetryLayer::new(FOUR).clone_with(|_: &String| None).name("recorded");
    let result = ServiceBuilder::new().layer(layer).service(service.clone()).oneshot("stream".to_owned()).await;
    assert_eq!((result, service.times()), (Err("down"), vec![0]));
    assert_eq!(ENDS.take(), [(1, StopReason::Disabled)]);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_of_a_request_without_a_copy_is_called_permanent() {
    let _ = observe::set_global(record);
    let service = Scripted::<(), _>::new([Err("no such page")]);
    let layer = RetryLayer::new(FOUR).clone_with(|_: &String| None).when(|_: &&str| false).name("recorded");
    assert!(ServiceBuilder::new().layer(layer).service(service).oneshot("stream".to_owned()).await.is_err());
    assert_eq!(ENDS.take(), [(1, StopReason::Permanent)]);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_copies_run_out_is_sent_as_often_as_there_are_copies() {
    let service = Scripted::<(), _>::new([Err("down")]);
    let layer = RetryLayer::new(FOUR).clone_with(|left: &u32| left.checked_sub(1));
    assert!(ServiceBuilder::new().layer(layer).service(service.clone()).oneshot(1).await.is_err());
    assert_eq!(service.times(), [0, 100]);
}

#[tokio::test(start_paused = true)]
async fn readiness_is_polled_before_each_attempt() {
    // `Scripted` panics if it is called without readiness.
    let service = Scripted::new([Err("down"), Err("down"), Ok(7)]);
    let mut retried = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).service(service.clone());
    assert_eq!(ServiceExt::<()>::ready(&mut retried).await.unwrap().call(()).await, Ok(7));
    assert_eq!((service.times().len(), service.polls()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_is_the_result_of_the_attempt() {
    /// Ready once; then readiness fails twice.
    #[derive(Clone)]
    struct Broken(Arc<AtomicU32>);
    impl Service<()> for Broken {
        type Response = u32;
        type Error = String;
        type Future = std::future::Ready<Result<u32, String>>;
        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), String>> {
            match self.0.fetch_add(1, SeqCst) {
                1 | 2 => std::task::Poll::Ready(Err("not ready".to_owned())),
                _ => std::task::Poll::Ready(Ok(())),
            }
        }
        fn call(&mut self, (): ()) -> Self::Future {
            let polls = self.0.load(SeqCst);
            std::future::ready(if polls > 3 { Ok(polls) } else { Err("down".to_owned()) })
        }
    }
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let errors = Arc::clone(&seen);
    let when = move |error: &String| {
        errors.lock().unwrap().push(error.clone());
        true
    };
    let layer = RetryLayer::new(FOUR).when(when);
    assert_eq!(ServiceBuilder::new().layer(layer).service(Broken(Arc::default())).oneshot(()).await, Ok(4));
    assert_eq!(*seen.lock().unwrap(), ["down", "not ready", "not ready"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_response_is_handed_back_if_none_is_accepted() {
    let service = Scripted::<u32, &str>::new([Ok(1), Ok(2), Ok(3), Ok(4), Ok(5)]);
    let layer = RetryLayer::new(FOUR).until(|answer: &u32| *answer > 10);
    assert_eq!(ServiceBuilder::new().layer(layer).service(service.clone()).oneshot(()).await, Ok(4));

    let layer = RetryLayer::new(FOUR).until(|_: &u32| Err(Fault::Permanent));
    assert_eq!(ServiceBuilder::new().layer(layer).service(service.clone()).oneshot(()).await, Ok(5));
    assert_eq!(service.times().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_future_makes_no_further_attempt() {
    let service = Scripted::<(), _>::new([Err("down")]);
    let retried = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).service(service.clone());
    let call = tokio::time::timeout(Duration::from_millis(150), retried.oneshot(()));
    assert!(call.await.is_err());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(service.times(), [0, 100]);
}

#[tokio::test]
async fn guards_of_tests_apply_to_a_layer() {
    let service = Scripted::<(), _>::new([Err("down")]);
    let retried = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).service(service.clone());
    let test = testing::no_waits();
    assert_eq!(retried.clone().oneshot(()).await, Err("down"));
    assert_eq!((test.attempts(), test.waits()), (4, vec![Duration::from_millis(100); 3]));
    drop(test);

    let _off = testing::disabled();
    assert_eq!(retried.oneshot(()).await, Err("down"));
    assert_eq!(service.times().len(), 5);
}

#[test]
fn nothing_runs_before_the_future_is_polled() {
    let service = Scripted::<(), _>::new([Err("down")]);
    let mut retried = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).service(service.clone());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(Service::<()>::poll_ready(&mut retried, &mut cx).is_ready());
    drop(retried.call(()));
    assert_eq!(service.times(), [0; 0]);
}
