//! The middleware of reqwest-retry, with its default strategy.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Extensions, Request, StatusCode};
use reqwest::{Body, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next};
use reqwest_retry::policies::{ExponentialBackoff, ExponentialBackoffTimed};
use reqwest_retry::{Jitter, RetryDecision, RetryPolicy, RetryTransientMiddleware};
use tower::ServiceExt as _;

use super::{Client, Failure, Nesting, Settings, Variant};
use crate::busy::{Busy, streaming_request};
use crate::transport::Transport;

/// The retries of a policy that a case does not limit: the number of the documentation's example is three.
const RETRIES: u32 = 3;

enum AnyPolicy {
    Counted(ExponentialBackoff),
    Timed(ExponentialBackoffTimed),
}

impl RetryPolicy for AnyPolicy {
    fn should_retry(&self, start: SystemTime, past_retries: u32) -> RetryDecision {
        match self {
            Self::Counted(policy) => policy.should_retry(start, past_retries),
            Self::Timed(policy) => policy.should_retry(start, past_retries),
        }
    }
}

fn policy(settings: &Settings) -> AnyPolicy {
    let mut builder = ExponentialBackoff::builder();
    if let Some(delay) = settings.delay {
        builder = builder.retry_bounds(delay, delay).jitter(Jitter::None);
    }
    let retries = settings.max_attempts.map_or(RETRIES, |max| max - 1);
    match (settings.limit, settings.variant) {
        (None, _) => AnyPolicy::Counted(builder.build_with_max_retries(retries)),
        (Some(limit), Variant::LimitsRetries) => {
            AnyPolicy::Timed(builder.build_with_total_retry_duration_and_limit_retries(limit))
        }
        (Some(limit), _) => AnyPolicy::Timed(builder.build_with_total_retry_duration(limit)),
    }
}

/// Answers in place of the network.
struct InMemory(Mutex<Transport>);

#[async_trait]
impl Middleware for InMemory {
    async fn handle(
        &self,
        request: reqwest::Request,
        _extensions: &mut Extensions,
        _next: Next<'_>,
    ) -> Result<Response, Error> {
        let transport = self.0.lock().expect("no case panics under the lock").clone();
        let mut message = Request::new(Bytes::new());
        *message.method_mut() = request.method().clone();
        *message.headers_mut() = request.headers().clone();
        *message.body_mut() = request.body().and_then(Body::as_bytes).map(Bytes::copy_from_slice).unwrap_or_default();
        let response = transport.oneshot(message).await.map_err(|error| Error::Middleware(anyhow::anyhow!(error)))?;
        Ok(Response::from(response))
    }
}

fn client_with(settings: &Settings, transport: Transport) -> ClientWithMiddleware {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client without TLS starts");
    let retries = || RetryTransientMiddleware::new_with_policy(policy(settings));
    let mut builder = ClientBuilder::new(client).with(retries());
    if settings.nesting != Nesting::One {
        builder = builder.with(retries());
    }
    if matches!(transport, Transport::Memory(_)) {
        builder = builder.with(InMemory(Mutex::new(transport)));
    }
    builder.build()
}

pub(super) fn client(settings: &Settings, transport: Transport) -> Client {
    let client = client_with(settings, transport);
    Box::new(move |request| {
        let client = client.clone();
        Box::pin(async move {
            let request = request.map(Body::from).try_into().expect("the URL of a case is absolute");
            match client.execute(request).await {
                Ok(response) => Ok(response.status()),
                Err(error) => Err(Failure { is_untouched: matches!(error, Error::Reqwest(_)) }),
            }
        })
    })
}

/// Sends every request to a service that is busy.
struct ToBusy(Busy);

#[async_trait]
impl Middleware for ToBusy {
    async fn handle(
        &self,
        request: reqwest::Request,
        _extensions: &mut Extensions,
        _next: Next<'_>,
    ) -> Result<Response, Error> {
        let response =
            self.0.clone().oneshot(request).await.map_err(|error| Error::Middleware(anyhow::anyhow!(error)))?;
        Ok(Response::from(response.map(|()| Bytes::new())))
    }
}

pub(super) async fn stream() -> String {
    let service = Busy::default();
    let policy =
        ExponentialBackoff::builder().retry_bounds(Duration::ZERO, Duration::ZERO).build_with_max_retries(RETRIES);
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(RetryTransientMiddleware::new_with_policy(policy))
        .with(ToBusy(service.clone()))
        .build();
    let result = client.execute(streaming_request()).await;
    service.describe(&result.map(|response| -> StatusCode { response.status() }))
}
