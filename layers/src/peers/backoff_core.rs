//! The `RetryLayer` of backoff-core, with its rules for HTTP.

use std::sync::Arc;

use backoff_core::tower::RetryLayer;
use backoff_core::{Budget, Fault, InnerRetries, Jitter, Policy};
use bytes::Bytes;
use http::{Request, Response};
use tower::{Layer as _, ServiceExt as _};

use super::{Client, Nesting, Settings, Variant, client_of, is_busy};
use crate::busy::{Busy, shared_request, streaming_request};
use crate::requests::attempts_of;
use crate::transport::Transport;

pub(super) fn client(settings: &Settings, transport: Transport) -> Client {
    let layer = RetryLayer::http(policy(settings));
    if settings.budget.is_some() {
        return client_of(layer.budget(Arc::new(Budget::new())).layer(transport));
    }
    if settings.variant == Variant::AttemptsOfRequest {
        let copy = |request: &Request<Bytes>| (attempts_of(request) != Some(1)).then(|| request.clone());
        return client_of(layer.clone_with(copy).layer(transport));
    }
    match settings.nesting {
        Nesting::One => client_of(layer.layer(transport)),
        Nesting::Two => client_of(layer.layer(layer.layer(transport))),
        Nesting::Suppressed => {
            let outer = layer.clone().inner_retries(InnerRetries::Suppress);
            client_of(outer.layer(layer.layer(transport)))
        }
    }
}

fn policy(settings: &Settings) -> Policy {
    let Some(delay) = settings.delay else {
        return settings
            .max_attempts
            .map_or_else(Policy::default, |max| Policy::exponential().max_attempts(max).build());
    };
    let policy = Policy::constant(delay).jitter(Jitter::None);
    match (settings.limit, settings.max_attempts) {
        (Some(limit), Some(max)) => policy.max_elapsed(limit).max_attempts(max).build(),
        (Some(limit), None) => policy.max_elapsed(limit).build(),
        (None, Some(max)) => policy.max_attempts(max).build(),
        (None, None) => policy.build(),
    }
}

fn is_accepted(response: &Response<()>) -> Result<(), Fault> {
    if is_busy(response.status()) { Err(Fault::Transient) } else { Ok(()) }
}

pub(super) async fn stream() -> String {
    let service = Busy::default();
    let layer = RetryLayer::new(Policy::default()).clone_with(reqwest::Request::try_clone).until(is_accepted);
    let result = layer.layer(service.clone()).oneshot(streaming_request()).await;
    service.describe(&result.map(|response| response.status()))
}

pub(super) async fn shared_stream() -> String {
    let service = Busy::default();
    let layer = RetryLayer::new(Policy::exponential().max_attempts(2).build()).until(is_accepted);
    let result = layer.layer(service.clone()).oneshot(shared_request()).await;
    service.describe(&result.map(|response| response.status()))
}
