//! The settings of a layer, with the meaning that they have in a call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backoff_core::tower::RetryLayer;
use backoff_core::{AttemptTimeout, Budget, Budgets, CancelToken, Fault, InnerRetries, Policy, Scope};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{FOUR, Scripted};

#[tokio::test(start_paused = true)]
async fn when_classifies_errors_with_their_waits() {
    let service = Scripted::<(), u16>::new([Err(503), Err(429), Err(404)]);
    let layer = RetryLayer::new(FOUR).when(|status: &u16| match status {
        429 => Fault::PushBack(Duration::from_secs(2)),
        503 => Fault::Transient,
        _ => Fault::Permanent,
    });
    assert_eq!(ServiceBuilder::new().layer(layer).service(service.clone()).oneshot(()).await, Err(404));
    assert_eq!(service.times(), [0, 100, 2200]);
}

#[tokio::test(start_paused = true)]
async fn an_ambiguous_failure_is_repeated_for_idempotent_requests_only() {
    let layer = RetryLayer::new(FOUR).when(|_: &&str| Fault::Ambiguous).idempotent_if(|text: &&str| *text == "read");
    for (request, attempts) in [("read", 4), ("write", 1)] {
        let service = Scripted::<(), _>::new([Err("lost")]);
        assert!(ServiceBuilder::new().layer(layer.clone()).service(service.clone()).oneshot(request).await.is_err());
        assert_eq!(service.times().len(), attempts, "{request}");
    }
    // `false` does not take back what the policy allows.
    let layer = RetryLayer::new(FOUR.edit().idempotent().build());
    let layer = layer.when(|_: &&str| Fault::Ambiguous).idempotent_if(|_: &&str| false);
    let service = Scripted::<(), _>::new([Err("lost")]);
    assert!(ServiceBuilder::new().layer(layer).service(service.clone()).oneshot("write").await.is_err());
    assert_eq!(service.times().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn clones_of_a_service_share_its_budget() {
    let budget = Arc::new(Budget::new().capacity(2));
    let service = Scripted::<(), _>::new([Err("down")]);
    let layer = RetryLayer::new(FOUR).budget(Arc::clone(&budget));
    let retried = ServiceBuilder::new().layer(layer).service(service.clone());
    for _ in 0..10 {
        assert_eq!(retried.clone().oneshot(()).await, Err("down"));
    }
    assert_eq!((service.times().len(), budget.available()), (12, 0.0));
}

#[tokio::test(start_paused = true)]
async fn each_key_has_a_budget() {
    static TENANTS: Budgets<u32> = Budgets::new().capacity(1);
    let service = Scripted::<(), _>::new([Err("down")]);
    let layer = RetryLayer::new(FOUR).budget_by(|tenant: &u32| *tenant, &TENANTS);
    let retried = ServiceBuilder::new().layer(layer).service(service.clone());
    for (tenant, attempts) in [(1, 2), (1, 3), (2, 5), (1, 6), (2, 7)] {
        assert_eq!(retried.clone().oneshot(tenant).await, Err("down"));
        assert_eq!(service.times().len(), attempts, "tenant {tenant}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_makes_a_deposit() {
    let budget = Arc::new(Budget::new().capacity(1).ratio(0.5));
    let layer = RetryLayer::new(FOUR).budget(Arc::clone(&budget));
    let service = ServiceBuilder::new().layer(layer).service(Scripted::new([Err("down"), Ok(1)]));
    assert_eq!((service.oneshot(()).await, budget.available()), (Ok(1), 0.5));
}

fn hangs() -> impl tower::Service<(), Response = (), Error = BoxError, Future: Send> + Clone {
    service_fn(|()| std::future::pending::<Result<(), BoxError>>())
}

#[tokio::test(start_paused = true)]
async fn an_attempt_timeout_drops_the_attempt_and_is_classified() {
    let start = tokio::time::Instant::now();
    let layer = RetryLayer::new(FOUR).attempt_timeout(Duration::from_secs(1));
    let error = ServiceBuilder::new().layer(layer).service(hangs()).oneshot(()).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&AttemptTimeout::new(Duration::from_secs(1))));
    assert_eq!(start.elapsed(), Duration::from_millis(4300));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_ends_the_call_and_replaces_the_default_limit() {
    let service = Scripted::<(), _>::new([Err("down".to_owned())]);
    let policy = Policy::constant(Duration::from_secs(1)).jitter(backoff_core::Jitter::None).build();
    let layer = RetryLayer::new(policy).timeout(Duration::from_millis(5500)).on_timeout(|timeout| timeout.to_string());
    let result = ServiceBuilder::new().layer(layer).service(service.clone()).oneshot(()).await;
    assert_eq!(result, Err("no answer within 5.5s".to_owned()));
    assert_eq!(service.times(), [0, 1000, 2000, 3000, 4000, 5000]);
}

#[tokio::test(start_paused = true)]
async fn a_token_cancels_all_calls_and_their_last_results_are_handed_back() {
    let (token, service) = (CancelToken::new(), Scripted::<(), _>::new([Err("down")]));
    let policy = Policy::constant(Duration::from_secs(3600)).forever().build();
    let retried = ServiceBuilder::new().layer(RetryLayer::new(policy).cancel(token.clone())).service(service.clone());
    let calls = [retried.clone().oneshot(()), retried.clone().oneshot(())].map(tokio::spawn);
    tokio::time::sleep(Duration::from_secs(1)).await;
    token.cancel();
    for call in calls {
        assert_eq!(call.await.unwrap(), Err("down"));
    }
    assert_eq!(service.times().len(), 2);
}

#[tokio::test]
async fn a_custom_sleeper_gets_the_delays() {
    let delays = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&delays);
    let layer = RetryLayer::new(FOUR).sleep(move |delay| {
        seen.lock().unwrap().push(delay);
        std::future::ready(())
    });
    let service = ServiceBuilder::new().layer(layer).service(Scripted::new([Err("down"), Ok(1)]));
    assert_eq!(service.oneshot(()).await, Ok(1));
    assert_eq!(*delays.lock().unwrap(), [Duration::from_millis(100)]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_runs_in_the_scope_of_its_call() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let scopes = Arc::clone(&seen);
    let inner = service_fn(move |()| {
        let in_call = Scope::current().map(|scope| (scope.attempt(), scope.suppresses_retries()));
        let scopes = Arc::clone(&scopes);
        async move {
            let in_future = Scope::current().map(|scope| (scope.attempt(), scope.suppresses_retries()));
            scopes.lock().unwrap().push((in_call, in_future));
            Err::<(), _>("down")
        }
    });
    let layer = RetryLayer::new(FOUR.edit().max_attempts(2).build()).inner_retries(InnerRetries::Suppress);
    assert_eq!(ServiceBuilder::new().layer(layer).service(inner).oneshot(()).await, Err("down"));
    assert_eq!(*seen.lock().unwrap(), [1, 2].map(|attempt| (Some((attempt, true)), Some((attempt, true)))));
}

#[tokio::test(start_paused = true)]
async fn layers_inside_a_layer_multiply_nothing_with_inner_retries() {
    let service = Scripted::<(), _>::new([Err("down")]);
    let three = || RetryLayer::new(FOUR.edit().max_attempts(3).build());
    let stack = ServiceBuilder::new()
        .layer(three().inner_retries(InnerRetries::Suppress))
        .layer(three())
        .layer(three())
        .service(service.clone());
    assert_eq!(stack.oneshot(()).await, Err("down"));
    assert_eq!(service.times().len(), 3);
}

/// Returns the time at which a call ends that is cancelled after 2 s, and the number of requests. Its first attempt
/// fails at once, and its second has no permit before 60 s.
async fn cancelled_without_a_permit(drops_attempts: bool) -> (Duration, usize) {
    let (start, requests) = (tokio::time::Instant::now(), Arc::new(AtomicUsize::new(0)));
    let permits = Arc::new(tokio::sync::Semaphore::new(1));
    let server = service_fn({
        let requests = Arc::clone(&requests);
        move |()| {
            requests.fetch_add(1, Ordering::Relaxed);
            async { Err::<(), BoxError>("down".into()) }
        }
    });
    let limit = tower::limit::GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&permits));
    let stop = CancelToken::new();
    let steady = Policy::constant(Duration::from_secs(1)).jitter(backoff_core::Jitter::None).max_attempts(2).build();
    let layer = RetryLayer::new(steady).cancel(stop.clone());
    let inner = ServiceBuilder::new().layer(limit).service(server);
    let call = if drops_attempts {
        tokio::spawn(ServiceBuilder::new().layer(layer.cancel_attempts()).service(inner).oneshot(()))
    } else {
        tokio::spawn(ServiceBuilder::new().layer(layer).service(inner).oneshot(()))
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let permit = permits.acquire().await.expect("open");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    stop.cancel();
    let ended = async {
        assert!(call.await.expect("no panic").is_err());
        start.elapsed()
    };
    let release = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(permit);
    };
    let (ended, ()) = tokio::join!(ended, release);
    (ended, requests.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn cancel_attempts_ends_the_wait_until_the_service_is_ready() {
    assert_eq!(cancelled_without_a_permit(true).await, (Duration::from_secs(2), 1));
    // Without it the attempt goes on, and that wait is a part of it.
    assert_eq!(cancelled_without_a_permit(false).await, (Duration::from_secs(62), 2));
}

#[tokio::test(start_paused = true)]
async fn on_cancel_makes_the_error_of_a_cancelled_attempt() {
    let stop = CancelToken::new();
    let layer = RetryLayer::new(FOUR).cancel(stop.clone()).cancel_attempts();
    let layer = layer.on_cancel(|cancelled| BoxError::from(format!("shutdown: {cancelled}")));
    let call = tokio::spawn(ServiceBuilder::new().layer(layer).service(hangs()).oneshot(()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.cancel();
    assert_eq!(call.await.unwrap().unwrap_err().to_string(), "shutdown: cancelled");
}
