//! Requests of the cases, and a count of their clones.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use bytes::Bytes;
use http::{Method, Request};

/// The URL of the server in memory.
pub(crate) const URL: &str = "http://server.example/";

pub(crate) fn request(method: Method, url: &str, body: &'static str) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from_static(body.as_bytes()));
    *request.method_mut() = method;
    *request.uri_mut() = url.parse().expect("the URL of a case is valid");
    request
}

pub(crate) fn get() -> Request<Bytes> {
    request(Method::GET, URL, "")
}

const ATTEMPTS: &str = "attempts";

/// Returns a request that chooses its number of attempts.
pub(crate) fn with_attempts(number: u32) -> Request<Bytes> {
    let mut request = get();
    request.headers_mut().insert(ATTEMPTS, number.into());
    request
}

/// Returns the number of attempts that a request has chosen.
pub(crate) fn attempts_of(request: &Request<Bytes>) -> Option<u32> {
    request.headers().get(ATTEMPTS)?.to_str().ok()?.parse().ok()
}

/// An extension of a request that counts the clones of that request.
#[derive(Debug)]
pub(crate) struct Clones(Arc<AtomicUsize>);

impl Clone for Clones {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, SeqCst);
        Self(Arc::clone(&self.0))
    }
}

/// Returns a request, and the number of its clones so far.
pub(crate) fn counted() -> (Request<Bytes>, Arc<AtomicUsize>) {
    let clones = Arc::new(AtomicUsize::new(0));
    let mut request = get();
    request.extensions_mut().insert(Clones(Arc::clone(&clones)));
    (request, clones)
}
