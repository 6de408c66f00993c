//! A kitchen: messages, client and server, as `tonic-prost-build` writes them from a `.proto` file. They are written by
//! hand here, so that this package builds without `protoc`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{BoxFuture, Bytes, StdError, http};
use tonic::server::NamedService;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// The path of the only method.
const BREW: &str = "/tea.Kitchen/Brew";

/// An order of tea.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Order {
    /// The kind of tea.
    #[prost(string, tag = "1")]
    pub leaf: String,
}

/// A cup of tea.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Tea {
    /// The kind of tea.
    #[prost(string, tag = "1")]
    pub leaf: String,
}

/// A client of the kitchen. A clone uses the same connection.
#[derive(Clone, Debug)]
pub struct KitchenClient<T> {
    grpc: tonic::client::Grpc<T>,
}

impl<T> KitchenClient<T>
where
    T: GrpcService<
            Body,
            ResponseBody: tonic::codegen::Body<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
        >,
{
    /// Returns a client that sends its requests through `channel`.
    pub fn new(channel: T) -> Self {
        Self { grpc: tonic::client::Grpc::new(channel) }
    }

    /// Orders tea.
    ///
    /// # Errors
    ///
    /// Returns the status of the server, or one for a lost connection.
    pub async fn brew(&mut self, order: Order) -> Result<Tea, Status> {
        let not_ready = |error: T::Error| Status::unknown(format!("the channel is not ready: {}", error.into()));
        self.grpc.ready().await.map_err(not_ready)?;
        let codec = ProstCodec::<Order, Tea>::default();
        let response = self.grpc.unary(Request::new(order), PathAndQuery::from_static(BREW), codec).await?;
        Ok(response.into_inner())
    }
}

/// A server that fails as it is told: with each status of a script in turn, and then no more.
#[derive(Clone, Debug)]
pub struct Kitchen {
    script: Arc<Mutex<VecDeque<Status>>>,
    arrivals: Arc<Mutex<Vec<Instant>>>,
}

impl Kitchen {
    /// Returns a server that answers the first requests with these errors, and every later one with tea.
    #[must_use]
    pub fn new(script: Vec<Status>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into())), arrivals: Arc::default() }
    }

    /// Returns the times at which requests have arrived.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Instant> {
        locked(&self.arrivals).clone()
    }

    fn brew(&self, order: Order) -> Result<Response<Tea>, Status> {
        locked(&self.arrivals).push(Instant::now());
        match locked(&self.script).pop_front() {
            Some(status) => Err(status),
            None => Ok(Response::new(Tea { leaf: order.leaf })),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl NamedService for Kitchen {
    const NAME: &'static str = "tea.Kitchen";
}

impl Service<http::Request<Body>> for Kitchen {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let kitchen = self.clone();
        let brew = service_fn(move |order: Request<Order>| std::future::ready(kitchen.brew(order.into_inner())));
        Box::pin(async move {
            if request.uri().path() != BREW {
                return Ok(Status::unimplemented("the kitchen only brews").into_http());
            }
            Ok(tonic::server::Grpc::new(ProstCodec::default()).unary(brew, request).await)
        })
    }
}
