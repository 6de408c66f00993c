//! Stacks of `ServiceBuilder`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use backoff_core::tower::{ResponseFuture, RetryLayer, RetryService};
use backoff_core::{Budget, Policy};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{FOUR, Scripted};

#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_inside_is_asked_for_a_permit_before_each_attempt() {
    let running = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let counted = Arc::clone(&running);
    let inner = service_fn(move |()| {
        let running = Arc::clone(&counted);
        async move {
            let now = running.0.fetch_add(1, SeqCst) + 1;
            running.1.fetch_max(now, SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            running.0.fetch_sub(1, SeqCst);
            Err::<(), _>("down")
        }
    });
    let stack = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).concurrency_limit(2).service(inner);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let mut service = stack.clone();
            tokio::spawn(async move { service.ready().await?.call(()).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Err("down"));
    }
    assert_eq!(running.1.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_permit_is_free_during_a_delay() {
    let service = Scripted::new([Err("down"), Ok(1)]);
    let mut stack = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).concurrency_limit(1).service(service);
    let first = ServiceExt::<()>::ready(&mut stack).await.unwrap().call(());
    let first = tokio::spawn(first);
    tokio::time::sleep(Duration::from_millis(50)).await; // the first call waits for its retry
    assert_eq!(ServiceExt::<()>::ready(&mut stack).await.unwrap().call(()).await, Ok(1));
    assert_eq!(first.await.unwrap(), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_buffer_inside_and_a_buffer_outside() {
    let service = Scripted::<_, String>::new([Err("down".to_owned()), Ok(1)]);
    let stack = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).buffer(1).service(service.clone());
    assert_eq!(stack.oneshot(()).await.unwrap(), 1);

    let service = Scripted::<_, String>::new([Err("down".to_owned()), Ok(1)]);
    let stack = ServiceBuilder::new().buffer(1).layer(RetryLayer::new(FOUR)).service(service.clone());
    assert_eq!(stack.oneshot(()).await.unwrap(), 1);
    assert_eq!(service.times(), [0, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_buffer_ends_in_its_error() {
    let (service, worker) = tower::buffer::Buffer::pair(Scripted::<(), String>::new([Err("down".to_owned())]), 1);
    drop(worker);
    let stack = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).service(service);
    let error: BoxError = stack.oneshot(()).await.unwrap_err();
    assert!(error.is::<tower::buffer::error::Closed>(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_tower_inside_limits_each_attempt() {
    let start = tokio::time::Instant::now();
    let inner = service_fn(|()| std::future::pending::<Result<(), BoxError>>());
    let stack = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).timeout(Duration::from_secs(1)).service(inner);
    assert!(stack.oneshot(()).await.unwrap_err().is::<tower::timeout::error::Elapsed>());
    assert_eq!(start.elapsed(), Duration::from_millis(4300));
}

#[tokio::test(start_paused = true)]
async fn a_boxed_service_hides_the_types() {
    let layer = RetryLayer::new(FOUR).when(|error: &&str| *error == "down").name("boxed");
    let service = ServiceBuilder::new().layer(layer).service(Scripted::new([Err("down"), Ok(1)]));
    let boxed: tower::util::BoxCloneSyncService<(), i32, &str> = tower::util::BoxCloneSyncService::new(service);
    assert_eq!(boxed.oneshot(()).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn the_types_have_names() {
    struct Client {
        service: RetryService<Scripted<u32, &'static str>>,
    }
    let service = ServiceBuilder::new().layer(RetryLayer::new(FOUR)).service(Scripted::new([Err("down"), Ok(1)]));
    let mut client = Client { service };
    let service = ServiceExt::<()>::ready(&mut client.service).await.unwrap();
    let response: ResponseFuture<_, ()> = service.call(());
    assert_eq!(response.await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_shared_budget_limits_the_retries_of_200_concurrent_requests_through_an_outage() {
    static BUDGET: Budget = Budget::new().capacity(10);
    let requests = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&requests);
    let start = tokio::time::Instant::now();
    let inner = service_fn(move |()| {
        counted.fetch_add(1, SeqCst);
        async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let is_down = (Duration::from_secs(1)..Duration::from_secs(6)).contains(&start.elapsed());
            if is_down { Err("down") } else { Ok(()) }
        }
    });
    let policy = Policy::exponential().max_attempts(4).build();
    let stack = ServiceBuilder::new().layer(RetryLayer::new(policy).budget(&BUDGET)).service(inner);
    // Two hundred requests each 100 ms, for 1 s before the outage, 5 s in it, and 4 s after it.
    let mut calls = Vec::new();
    for _ in 0..100 {
        calls.extend((0..200).map(|_| tokio::spawn(stack.clone().oneshot(()))));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut failed = 0;
    for call in calls {
        failed += u32::from(call.await.unwrap().is_err());
    }
    let retries = requests.load(SeqCst) - 20_000;
    // The tokens of the budget, and what the successes of the calls that were retried put back.
    assert!((1..=12).contains(&retries), "{retries} retries");
    assert!((9_700..=10_000).contains(&failed), "{failed} failures");
}
