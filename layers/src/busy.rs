//! A server that is always busy, for requests whose body is a stream.

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use tower::{BoxError, Service};

const BODY: &[u8] = b"a cup of tea";

/// Returns a request whose body is a stream, so it has no copy.
pub(crate) fn streaming_request() -> reqwest::Request {
    let url = crate::requests::URL.parse().expect("the URL of a case is valid");
    let mut request = reqwest::Request::new(Method::PUT, url);
    *request.body_mut() = Some(reqwest::Body::wrap(Full::new(Bytes::from_static(BODY))));
    request
}

/// A stream that all clones share: what one of them has sent, no other sends again.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

pub(crate) fn shared_request() -> Request<Shared> {
    let mut request = Request::new(Shared(Arc::new(Mutex::new(BODY.to_vec()))));
    *request.method_mut() = Method::PUT;
    request
}

/// Answers 503, and records the requests: `true` for a whole body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Busy(Arc<Mutex<Vec<bool>>>);

impl Busy {
    fn answer(&self, is_whole: bool) -> Ready<Result<Response<()>, BoxError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(is_whole);
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        ready(Ok(response))
    }

    /// Describes the requests, and the result of their call.
    pub(crate) fn describe<E>(&self, result: &Result<StatusCode, E>) -> String {
        let requests = match self.0.lock().unwrap_or_else(PoisonError::into_inner).as_slice() {
            [] => "never sent",
            [true] => "sent once",
            [true, false] => "sent whole, then cut off",
            _ => "sent whole each time",
        };
        match result {
            Ok(status) => format!("{requests}; the {} is handed back", status.as_u16()),
            Err(_) => format!("{requests}; an error"),
        }
    }
}

impl Service<reqwest::Request> for Busy {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: reqwest::Request) -> Self::Future {
        self.answer(true)
    }
}

impl Service<Request<Shared>> for Busy {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Shared>) -> Self::Future {
        let body = std::mem::take(&mut *request.body().0.lock().unwrap_or_else(PoisonError::into_inner));
        self.answer(body == BODY)
    }
}
