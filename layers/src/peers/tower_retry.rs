//! `tower::retry`, with the policies of its documentation: every error is retried, and no response. `Settings` adds
//! what such a policy is free to do.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response};
use tower::retry::backoff::{Backoff as _, ExponentialBackoffMaker, MakeBackoff as _};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::retry::{Policy, RetryLayer};
use tower::{BoxError, Layer as _, ServiceExt as _};

use super::{Client, Nesting, Settings, Variant, client_of, is_busy};
use crate::busy::{Busy, shared_request, streaming_request};
use crate::requests::attempts_of;
use crate::transport::{BoxFuture, Transport};

/// The attempts of a policy that a case does not limit; the documentation leaves the number open.
const ATTEMPTS: u32 = 3;

#[derive(Clone)]
struct HttpPolicy {
    failures: u32,
    settings: Settings,
    budget: Option<Arc<TpsBudget>>,
    delays: ExponentialBackoffMaker,
}

impl HttpPolicy {
    fn is_failure(&self, result: &Result<Response<Bytes>, BoxError>) -> bool {
        match result {
            Ok(response) => self.settings.on_status && is_busy(response.status()),
            Err(_) => true,
        }
    }

    fn wait(&mut self, result: &Result<Response<Bytes>, BoxError>) -> BoxFuture<()> {
        let delay = match self.settings.variant {
            Variant::OtherDelays => return Box::pin(self.delays.make_backoff().next_backoff()),
            Variant::ReadsRetryAfter => result.as_ref().ok().and_then(retry_after),
            _ => self.settings.delay,
        };
        delay.map_or_else(|| Box::pin(ready(())) as BoxFuture<()>, |delay| Box::pin(tokio::time::sleep(delay)))
    }
}

/// Returns the wait of a response, which `Retry-After` has as seconds or as a date.
fn retry_after(response: &Response<Bytes>) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(std::time::SystemTime::now()).ok()
}

impl Policy<Request<Bytes>, Response<Bytes>, BoxError> for HttpPolicy {
    type Future = BoxFuture<()>;

    fn retry(
        &mut self,
        request: &mut Request<Bytes>,
        result: &mut Result<Response<Bytes>, BoxError>,
    ) -> Option<BoxFuture<()>> {
        if !self.is_failure(result) {
            if let Some(budget) = &self.budget {
                budget.deposit();
            }
            return None;
        }
        let attempts = match self.settings.variant {
            Variant::AttemptsOfRequest => attempts_of(request).unwrap_or(ATTEMPTS),
            _ => self.settings.max_attempts.unwrap_or(ATTEMPTS),
        };
        self.failures += 1;
        if self.failures >= attempts || self.budget.as_ref().is_some_and(|budget| !budget.withdraw()) {
            return None;
        }
        Some(self.wait(result))
    }

    fn clone_request(&mut self, request: &Request<Bytes>) -> Option<Request<Bytes>> {
        Some(request.clone())
    }
}

pub(super) fn client(settings: &Settings, transport: Transport) -> Client {
    let layer = RetryLayer::new(HttpPolicy {
        failures: 0,
        settings: settings.clone(),
        budget: settings.budget.map(|_| Arc::default()),
        delays: ExponentialBackoffMaker::default(),
    });
    match settings.nesting {
        Nesting::One => client_of(layer.layer(transport)),
        Nesting::Two | Nesting::Suppressed => client_of(layer.layer(layer.layer(transport))),
    }
}

/// Retries a busy service once, if the request has a copy.
struct WithCopy<R> {
    copy: fn(&R) -> Option<R>,
    is_used: bool,
}

impl<R> Clone for WithCopy<R> {
    fn clone(&self) -> Self {
        Self { copy: self.copy, is_used: self.is_used }
    }
}

impl<R> Policy<R, Response<()>, BoxError> for WithCopy<R> {
    type Future = Ready<()>;

    fn retry(&mut self, _request: &mut R, result: &mut Result<Response<()>, BoxError>) -> Option<Ready<()>> {
        let is_retried = !self.is_used && result.as_ref().is_ok_and(|response| is_busy(response.status()));
        self.is_used = true;
        is_retried.then(|| ready(()))
    }

    fn clone_request(&mut self, request: &R) -> Option<R> {
        (self.copy)(request)
    }
}

pub(super) async fn stream() -> String {
    let service = Busy::default();
    let policy = WithCopy { copy: reqwest::Request::try_clone, is_used: false };
    let result = RetryLayer::new(policy).layer(service.clone()).oneshot(streaming_request()).await;
    service.describe(&result.map(|response| response.status()))
}

pub(super) async fn shared_stream() -> String {
    let service = Busy::default();
    let policy = WithCopy { copy: |request| Some(Request::clone(request)), is_used: false };
    let result = RetryLayer::new(policy).layer(service.clone()).oneshot(shared_request()).await;
    service.describe(&result.map(|response| response.status()))
}
