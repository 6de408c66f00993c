//! Real servers on loopback, with the clients of hyper-util and reqwest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::any;
use backoff_core::classify::{self, HttpError};
use backoff_core::tower::RetryLayer;
use backoff_core::{Budget, Classify as _, Jitter, Policy};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt};

use crate::support::{client, serve};

const QUICK: Policy = Policy::constant(Duration::from_millis(5)).jitter(Jitter::None).max_attempts(4).build();

/// Counts requests with the whole body `order`; answers 503 with `Retry-After: 1` to the first, and 200 to the others.
fn busy_once(requests: &Arc<AtomicU32>) -> Router {
    let handler = |State(requests): State<Arc<AtomicU32>>, body: String| async move {
        assert_eq!(body, "order");
        match requests.fetch_add(1, SeqCst) {
            0 => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")]).into_response(),
            _ => "tea".into_response(),
        }
    };
    Router::new().route("/", any(handler)).with_state(Arc::clone(requests))
}

#[tokio::test]
async fn the_client_of_hyper_util_waits_for_retry_after_and_sends_the_whole_body_again() {
    let (requests, start) = (Arc::default(), Instant::now());
    let url = serve(busy_once(&requests)).await;
    let service = ServiceBuilder::new().layer(RetryLayer::http(QUICK)).service(client());
    let response = service.oneshot(Request::post(url).body(Full::from("order")).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "tea");
    assert_eq!(requests.load(SeqCst), 2);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn the_client_of_reqwest_is_a_service_whose_requests_are_cloned_by_try_clone() {
    let requests = Arc::default();
    let url = serve(busy_once(&requests)).await;
    let layer = RetryLayer::new(QUICK).clone_with(reqwest::Request::try_clone).when(classify::reqwest).until(
        |response: &reqwest::Response| {
            HttpError::check(response.status(), response.headers()).map_err(|error| error.classify())
        },
    );
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.put(url).body("order").build().unwrap();
    let response = ServiceBuilder::new().layer(layer).service(http).oneshot(request).await.unwrap();
    assert_eq!((response.text().await.unwrap().as_str(), requests.load(SeqCst)), ("tea", 2));
}

#[tokio::test]
async fn a_refused_connection_is_transient_for_every_method() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let test = backoff_core::testing::no_waits();
    let service = ServiceBuilder::new().layer(RetryLayer::http(QUICK)).service(client());
    let error = service.oneshot(Request::post(url).body(Full::<Bytes>::default()).unwrap()).await.unwrap_err();
    assert!(error.is_connect());
    assert_eq!(test.attempts(), 4);
}

#[tokio::test]
async fn a_connection_that_is_closed_after_the_request_is_ambiguous() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        use tokio::io::AsyncReadExt as _;
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            if socket.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                counted.fetch_add(1, SeqCst);
            }
        }
    });
    let service = ServiceBuilder::new().layer(RetryLayer::http(QUICK)).service(client());
    for (request, attempts) in [(Request::post(&url), 1), (Request::get(&url), 5)] {
        assert!(service.clone().oneshot(request.body(Full::<Bytes>::default()).unwrap()).await.is_err());
        assert_eq!(requests.load(SeqCst), attempts);
    }
}

#[tokio::test]
async fn a_body_that_is_a_stream_is_sent_once() {
    let requests = Arc::default();
    let url = serve(busy_once(&requests)).await;
    let http = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http::<Body>();
    let layer = RetryLayer::http(QUICK).clone_with(|_: &Request<Body>| None);
    let service = ServiceBuilder::new().layer(layer).service(http);
    let response = service.oneshot(Request::put(url).body(Body::from("order")).unwrap()).await.unwrap();
    assert_eq!((response.status(), requests.load(SeqCst)), (StatusCode::SERVICE_UNAVAILABLE, 1));
}

#[tokio::test]
async fn a_server_of_axum_retries_a_service_behind_it() {
    let requests = Arc::new(AtomicU32::new(0));
    let behind = Router::new().route(
        "/",
        any(|State(requests): State<Arc<AtomicU32>>, _: HeaderMap| async move {
            if requests.fetch_add(1, SeqCst) < 2 { StatusCode::BAD_GATEWAY } else { StatusCode::OK }
        }),
    );
    let layer = RetryLayer::http(QUICK).clone_with(|request: &Request<Body>| {
        let mut copy = Request::builder().method(request.method()).uri(request.uri()).body(Body::empty()).ok()?;
        copy.headers_mut().clone_from(request.headers());
        Some(copy)
    });
    let url = serve(behind.with_state(Arc::clone(&requests)).layer(layer)).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(http.get(url).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(requests.load(SeqCst), 3);
}

#[tokio::test]
async fn a_shared_budget_limits_200_concurrent_requests_to_a_server_that_is_down() {
    static BUDGET: Budget = Budget::new().capacity(10);
    let requests = Arc::new(AtomicU32::new(0));
    let down = Router::new().route(
        "/",
        any(|State(requests): State<Arc<AtomicU32>>| async move {
            requests.fetch_add(1, SeqCst);
            StatusCode::SERVICE_UNAVAILABLE
        }),
    );
    let url = serve(down.with_state(Arc::clone(&requests))).await;
    let service = ServiceBuilder::new().layer(RetryLayer::http(QUICK).budget(&BUDGET)).service(client());
    let calls = (0..200).map(|_| {
        let request = Request::get(&url).body(Full::<Bytes>::default()).unwrap();
        tokio::spawn(service.clone().oneshot(request))
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(requests.load(SeqCst), 210);
}
