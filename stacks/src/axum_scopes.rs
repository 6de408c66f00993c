//! axum and tower: services that call each other with three attempts, and scopes that stop retries inside of retries.
//!
//! A customer calls service A, A calls B, and B calls C. C always answers 503. Without scopes the attempts multiply,
//! and one request of the customer becomes 3 x 3 x 3 = 27 requests at C. With scopes only the outermost caller retries:
//! [`WriteScopeLayer`] writes the scope of its call into the request headers, and [`ReadScopeLayer`] runs the handler
//! of the server in that scope. There a call makes one attempt, so C receives 3 requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use backoff_core::tower::{ReadScopeLayer, RetryLayer, WriteScopeLayer};
use backoff_core::{InnerRetries, Policy};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt as _};

use crate::loopback::Loopback;

/// A client for HTTP, with or without retries. The body of a request is `Clone`, so it can be sent again.
pub type HttpClient = BoxCloneSyncService<Request<Full<Bytes>>, Response<Body>, BoxError>;

/// The policy of every caller. Its 10 seconds are part of the scope: no caller inside waits longer than that.
const THREE_ATTEMPTS: Policy = Policy::exponential()
    .initial_delay(Duration::from_millis(2))
    .max_attempts(3)
    .max_elapsed(Duration::from_secs(10))
    .build();

/// Returns a client without retries, which writes no scope.
#[must_use]
pub fn client_without_retries() -> HttpClient {
    let http = Client::builder(TokioExecutor::new()).build_http();
    // The client has types of its own for errors and bodies.
    let map =
        ServiceBuilder::new().map_err(BoxError::from).map_response(|response: Response<_>| response.map(Body::new));
    BoxCloneSyncService::new(map.service(http))
}

/// Returns a client with three attempts, which writes no scope.
#[must_use]
pub fn client_without_scopes() -> HttpClient {
    let stack = ServiceBuilder::new().layer(RetryLayer::http(THREE_ATTEMPTS).name("without scopes"));
    BoxCloneSyncService::new(stack.service(client_without_retries()))
}

/// Returns a client with three attempts. Each of them has the scope of its call in the headers.
#[must_use]
pub fn client_with_scopes() -> HttpClient {
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::http(THREE_ATTEMPTS).inner_retries(InnerRetries::Suppress).name("with scopes"))
        .layer(WriteScopeLayer); // inside of the retries, because each attempt has its own number
    BoxCloneSyncService::new(stack.service(client_without_retries()))
}

/// One service. It counts requests, and asks the next service for the answer.
struct Service {
    requests: AtomicU32,
    /// The client and the URL of the next service. The last service has none, and is down.
    next: Option<(HttpClient, String)>,
}

async fn handler(State(service): State<Arc<Service>>) -> StatusCode {
    service.requests.fetch_add(1, Relaxed);
    let Some((client, url)) = &service.next else { return StatusCode::SERVICE_UNAVAILABLE };
    // This handler runs in the scope of the request, and so does the call. A spawned task would have to be wrapped:
    // `Scope::current()` before, and `scope.wrap(future)` inside.
    send(client, url).await.unwrap_or(StatusCode::BAD_GATEWAY)
}

async fn send(client: &HttpClient, url: &str) -> Result<StatusCode, BoxError> {
    let request = Request::get(url).body(Full::default())?;
    Ok(client.clone().oneshot(request).await?.status())
}

/// The result of one request of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The status that the customer received.
    pub status: StatusCode,
    /// The number of requests at the services A, B and C.
    pub requests: [u32; 3],
}

/// Starts the three services, and sends one request of `customer` to service A.
///
/// # Errors
///
/// Returns an error if the network of this machine does not work.
pub async fn run(customer: &HttpClient, with_scopes: bool) -> Result<Outcome, BoxError> {
    let (mut services, mut servers, mut next) = (Vec::new(), Vec::new(), None);
    for _ in ["C", "B", "A"] {
        let service = Arc::new(Service { requests: AtomicU32::new(0), next });
        let routes = Router::new().route("/", get(handler)).with_state(Arc::clone(&service));
        let app = if with_scopes { routes.layer(ReadScopeLayer) } else { routes };
        let server = Loopback::start(|listener| axum::serve(listener, app).into_future()).await?;
        let client = if with_scopes { client_with_scopes() } else { client_without_scopes() };
        next = Some((client, server.url("/")));
        services.insert(0, service);
        servers.push(server);
    }
    let (_, first) = next.ok_or("no service")?;
    let status = send(customer, &first).await?;
    let requests: Vec<u32> = services.iter().map(|service| service.requests.load(Relaxed)).collect();
    Ok(Outcome { status, requests: requests.try_into().map_err(|_| "three services")? })
}
