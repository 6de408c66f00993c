//! The layers that carry a scope from a client to a server.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, extract::State};
use backoff_core::tower::{ReadScopeLayer, RetryLayer, WriteScopeLayer};
use backoff_core::{InnerRetries, Policy, Scope, retry};
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{FOUR, client, serve};

const THREE: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();

#[tokio::test]
async fn each_attempt_writes_its_own_number() {
    let layer = RetryLayer::http(THREE).inner_retries(InnerRetries::Suppress);
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let headers = std::sync::Arc::clone(&seen);
    let server = service_fn(move |request: Request<()>| {
        let of = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        headers.lock().unwrap().push((of("retry-attempt"), of("retry-suppress")));
        async { Ok::<_, Infallible>(Response::builder().status(503).body(()).unwrap()) }
    });
    let client = ServiceBuilder::new().layer(layer).layer(WriteScopeLayer).service(server);
    client.oneshot(Request::new(())).await.unwrap();
    let written = |attempt: u32| (Some(attempt.to_string()), Some("true".to_owned()));
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3].map(written));
}

#[tokio::test]
async fn a_request_outside_of_a_scope_stays_as_it_is() {
    let server = service_fn(|request: Request<()>| async move { Ok::<_, Infallible>(request.headers().len()) });
    let client = ServiceBuilder::new().layer(WriteScopeLayer).service(server);
    assert_eq!(client.oneshot(Request::new(())).await, Ok(0));
}

#[tokio::test]
async fn a_scope_is_written_outside_of_a_buffer_because_its_worker_has_none() {
    let headers = service_fn(|request: Request<()>| async move { Ok::<_, Infallible>(request.headers().len()) });
    let retries = RetryLayer::new(THREE).inner_retries(InnerRetries::Suppress);
    let outside = ServiceBuilder::new().layer(retries.clone()).layer(WriteScopeLayer).buffer(1).service(headers);
    assert_eq!(outside.oneshot(Request::new(())).await.unwrap(), 2);
    let behind = ServiceBuilder::new().layer(retries).buffer(1).layer(WriteScopeLayer).service(headers);
    assert_eq!(behind.oneshot(Request::new(())).await.unwrap(), 0);
}

#[tokio::test]
async fn a_server_runs_in_the_scope_of_the_request_and_only_there() {
    let server = ServiceBuilder::new().layer(ReadScopeLayer).service(service_fn(|_: Request<()>| {
        let in_call = Scope::current().map(|scope| scope.attempt());
        async move {
            tokio::task::yield_now().await;
            Ok::<_, Infallible>((in_call, Scope::current().map(|scope| scope.attempt())))
        }
    }));
    let request = Request::get("/").header("retry-attempt", "2").body(()).unwrap();
    assert_eq!(server.oneshot(request).await, Ok((Some(2), Some(2))));
    assert_eq!(server.oneshot(Request::new(())).await, Ok((None, None)));
    assert!(Scope::current().is_none());
}

#[tokio::test(start_paused = true)]
async fn no_delay_of_a_server_outlasts_the_time_of_its_client() {
    let server = ServiceBuilder::new().layer(ReadScopeLayer).service(service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(FOUR.retry(|| async { Err::<(), _>("down") }).report().await.unwrap_err().attempts)
    }));
    let request = |millis: &str| Request::get("/").header("retry-remaining-ms", millis).body(()).unwrap();
    assert_eq!(server.oneshot(request("250")).await, Ok(3));
    assert_eq!(server.oneshot(request("10000")).await, Ok(4));
}

type HttpClient = BoxCloneSyncService<Request<Full<Bytes>>, StatusCode, BoxError>;

/// A client of a server: three attempts, in which the server's own retries are suppressed.
fn three_attempts() -> HttpClient {
    let layer = RetryLayer::http(THREE).inner_retries(InnerRetries::Suppress);
    BoxCloneSyncService::new(
        ServiceBuilder::new()
            .map_err(BoxError::from)
            .map_response(|response: Response<_>| response.status())
            .layer(layer)
            .layer(WriteScopeLayer)
            .service(client()),
    )
}

async fn status_of(client: HttpClient, url: &str) -> StatusCode {
    match client.oneshot(Request::get(url).body(Full::default()).expect("a valid request")).await {
        Ok(status) => status,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

#[tokio::test]
async fn three_times_three_times_three_attempts_are_three_across_two_servers() {
    static DATABASE: AtomicU32 = AtomicU32::new(0);
    static SEEN_BY_FRONT: AtomicU32 = AtomicU32::new(0);

    #[retry(max_attempts = 3, delay = "0s")]
    async fn query() -> Result<(), &'static str> {
        DATABASE.fetch_add(1, SeqCst);
        Err("down")
    }
    let back = get(|| async { if query().await.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE } });
    let back = serve(Router::new().route("/", back).layer(ReadScopeLayer)).await;
    let front = get(|State(url): State<String>, _: HeaderMap| async move {
        SEEN_BY_FRONT.fetch_add(1, SeqCst);
        status_of(three_attempts(), &url).await
    });
    let front = serve(Router::new().route("/", front).layer(ReadScopeLayer).with_state(back.clone())).await;

    assert_eq!(status_of(three_attempts(), &front).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((SEEN_BY_FRONT.load(SeqCst), DATABASE.load(SeqCst)), (3, 3));

    // Without a scope, each request to the last server is three attempts.
    let plain = ServiceBuilder::new()
        .map_err(BoxError::from)
        .map_response(|response: Response<_>| response.status())
        .service(client());
    assert_eq!(status_of(BoxCloneSyncService::new(plain), &back).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(DATABASE.load(SeqCst), 6);
}
