//! tonic: a client that waits as long as the server requests, and three places for its retries.
//!
//! A server requests a wait in the metadata `grpc-retry-pushback-ms`, or in a `RetryInfo` detail of its status. A
//! negative push-back and a permanent code end the call at once.
//!
//! 1. [`Place::Function`]: `#[retry]` above the function that makes the call. It sees the whole `tonic::Status`. This
//!    is the simplest way, and the usual one.
//! 2. [`Place::GrpcLayer`]: [`RetryLayer::grpc`] below the generated client, for all of its methods. It reads the code
//!    and the metadata. It does not read `RetryInfo`, which is encoded by protobuf.
//! 3. [`Place::StatusLayer`]: the same layer with the classification of the function for responses. It reads
//!    `RetryInfo`, too.
//!
//! A layer sends a copy of a request in each attempt, but the bodies of tonic are streams. So [`collect`] first reads
//! the body, which is right for unary calls.

pub mod kitchen;
#[path = "../../recipes/src/tonic.rs"]
pub mod recipe;

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use backoff_core::tower::RetryLayer;
use backoff_core::{Fault, Policy, retry};
use http_body_util::{BodyExt as _, Full};
use tonic::body::Body;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Status};
use tower::filter::AsyncFilterLayer;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder};

use self::kitchen::{Kitchen, KitchenClient, Order, Tea};
use crate::loopback::Loopback;

/// A channel with layers, in a type that a struct can name.
pub type LayeredChannel = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

/// The retries of one method, above its call. A lost connection is ambiguous, and a second cup of tea harms nobody, so
/// the function is `idempotent`.
///
/// # Errors
///
/// Returns the status of the last attempt.
#[retry(max_attempts = 4, initial_delay = "1ms", idempotent, when = recipe::classify)]
pub async fn brew(kitchen: &KitchenClient<Channel>, leaf: &str) -> Result<Tea, Status> {
    // The call consumes its request, so each attempt makes one.
    kitchen.clone().brew(Order { leaf: leaf.to_owned() }).await
}

/// The same policy for all methods of a client. All of them must be idempotent; otherwise leave that out, and select
/// the methods with [`RetryLayer::idempotent_if`].
const POLICY: Policy =
    Policy::exponential().initial_delay(Duration::from_millis(1)).max_attempts(4).idempotent().build();

/// Returns the channel with retries that read the headers of a response.
#[must_use]
pub fn grpc_layer(channel: Channel) -> LayeredChannel {
    let stack = ServiceBuilder::new()
        .layer(AsyncFilterLayer::new(collect))
        .layer(RetryLayer::grpc(POLICY).name("kitchen"))
        .map_request(|request: Request<Full<Bytes>>| request.map(Body::new));
    BoxCloneSyncService::new(stack.service(channel))
}

/// Returns the channel with retries that read the status of a response, and its details.
#[must_use]
pub fn status_layer(channel: Channel) -> LayeredChannel {
    let layer = RetryLayer::grpc(POLICY).until(failed_at_once).name("kitchen");
    let stack = ServiceBuilder::new()
        .layer(AsyncFilterLayer::new(collect))
        .layer(layer)
        .map_request(|request: Request<Full<Bytes>>| request.map(Body::new));
    BoxCloneSyncService::new(stack.service(channel))
}

/// Reads the body of a request, so that the request is `Clone`.
///
/// # Errors
///
/// Returns the error of the body, for example of a message that cannot be encoded.
pub async fn collect(request: Request<Body>) -> Result<Request<Full<Bytes>>, BoxError> {
    let (parts, body) = request.into_parts();
    Ok(Request::from_parts(parts, Full::new(body.collect().await?.to_bytes())))
}

/// A response that is an error from the start has its status in the headers. The status of any other response follows
/// its messages, where no layer can see it.
fn failed_at_once(response: &Response<Body>) -> Result<(), Fault> {
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() != Code::Ok => Err(recipe::classify(&status)),
        _ => Ok(()),
    }
}

/// The place of the retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Above the function: [`brew`].
    Function,
    /// Below the client: [`grpc_layer`].
    GrpcLayer,
    /// Below the client: [`status_layer`].
    StatusLayer,
}

/// The result of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The tea, or the code of the last status.
    pub result: Result<String, Code>,
    /// The number of requests at the server.
    pub requests: usize,
    /// The times between two requests at the server.
    pub gaps: Vec<Duration>,
}

/// Starts a server that fails with each status of the script in turn, and orders tea from it.
///
/// # Errors
///
/// Returns an error if the network of this machine does not work.
pub async fn run(place: Place, script: Vec<Status>) -> Result<Outcome, BoxError> {
    let kitchen = Kitchen::new(script);
    let routes = Server::builder().add_service(kitchen.clone());
    let server = Loopback::start(|listener| routes.serve_with_incoming(TcpIncoming::from(listener))).await?;
    let channel = Endpoint::from_shared(server.url(""))?.connect().await?;
    let order = Order { leaf: "assam".to_owned() };
    let result = match place {
        Place::Function => brew(&KitchenClient::new(channel), &order.leaf).await,
        Place::GrpcLayer => KitchenClient::new(grpc_layer(channel)).brew(order).await,
        Place::StatusLayer => KitchenClient::new(status_layer(channel)).brew(order).await,
    };
    let arrivals = kitchen.arrivals();
    let later = arrivals.iter().skip(1);
    Ok(Outcome {
        result: result.map(|tea| tea.leaf).map_err(|status| status.code()),
        requests: arrivals.len(),
        gaps: arrivals.iter().zip(later).map(|(first, second)| second.duration_since(*first)).collect(),
    })
}

/// Returns an `UNAVAILABLE` with the metadata `grpc-retry-pushback-ms`. A negative value means "no retry".
#[must_use]
pub fn pushed_back(millis: i32) -> Status {
    let mut status = Status::unavailable("the kitchen is busy");
    status.metadata_mut().insert("grpc-retry-pushback-ms", millis.into());
    status
}

/// Returns an `UNAVAILABLE` with a `RetryInfo` detail.
#[must_use]
pub fn with_retry_info(wait: Duration) -> Status {
    use tonic_types::{ErrorDetails, StatusExt as _};
    Status::with_error_details(Code::Unavailable, "the kitchen is busy", ErrorDetails::with_retry_info(Some(wait)))
}
