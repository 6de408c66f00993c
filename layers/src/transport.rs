//! The service below a retry layer: the server in memory, or the client of hyper for a server on loopback.

use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower::{BoxError, Service};

use crate::memory::Memory;

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
pub(crate) type LocalBoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

#[derive(Clone, Debug)]
pub(crate) enum Transport {
    Memory(Memory),
    Loopback(Box<Client<HttpConnector, Full<Bytes>>>),
}

impl Transport {
    pub(crate) fn loopback() -> Self {
        Self::Loopback(Box::new(Client::builder(TokioExecutor::new()).build_http()))
    }
}

impl Service<Request<Bytes>> for Transport {
    type Response = Response<Bytes>;
    type Error = BoxError;
    type Future = BoxFuture<Result<Response<Bytes>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Memory(memory) => memory.poll_ready(cx),
            Self::Loopback(client) => {
                Service::<Request<Full<Bytes>>>::poll_ready(&mut **client, cx).map_err(BoxError::from)
            }
        }
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        match self {
            Self::Memory(memory) => Box::pin(ready(memory.answer(request))),
            Self::Loopback(client) => {
                let response = Service::call(&mut **client, request.map(Full::new));
                Box::pin(async move {
                    let (parts, body) = response.await?.into_parts();
                    Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
                })
            }
        }
    }
}
