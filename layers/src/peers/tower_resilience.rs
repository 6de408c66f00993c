//! The retry layer of tower-resilience.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tower::{BoxError, Layer as _, ServiceExt as _};
use tower_resilience_retry::{ExponentialRandomBackoff, Retry, RetryBudgetBuilder, RetryLayer};

use super::{BudgetKind, Client, Nesting, Settings, Variant, client_of, is_busy};
use crate::busy::{Busy, Shared, shared_request};
use crate::implements::implements;
use crate::requests::attempts_of;
use crate::transport::Transport;

pub(super) fn client(settings: &Settings, transport: Transport) -> Client {
    let mut layer = RetryLayer::<Request<Bytes>, Response<Bytes>, BoxError>::builder();
    if let Some(max) = settings.max_attempts {
        layer = layer.max_attempts(max as usize);
    }
    if settings.variant == Variant::AttemptsOfRequest {
        layer = layer.max_attempts_fn(|request| attempts_of(request).map_or(3, |attempts| attempts as usize));
    }
    if settings.variant == Variant::OtherDelays {
        let delays = ExponentialRandomBackoff::new(Duration::from_millis(100), 0.5);
        layer = layer.backoff(delays.expect("a factor of one half is valid"));
    }
    if let Some(delay) = settings.delay {
        layer = layer.fixed_backoff(delay);
    }
    if settings.on_status {
        layer = layer.retry_on_response(|response| is_busy(response.status()));
    }
    let budget = match settings.budget {
        None => None,
        // It refills by the system's clock: without that, the case does not depend on the speed of the machine.
        Some(BudgetKind::Default) => Some(RetryBudgetBuilder::new().token_bucket().tokens_per_second(0.0).build()),
        Some(BudgetKind::Aimd) => Some(RetryBudgetBuilder::new().aimd().build()),
    };
    if let Some(budget) = budget {
        layer = layer.budget(budget.expect("the defaults are valid"));
    }
    let layer = layer.build();
    match settings.nesting {
        Nesting::One => client_of(layer.layer(transport)),
        Nesting::Two | Nesting::Suppressed => client_of(layer.layer(layer.layer(transport))),
    }
}

pub(super) fn stream() -> String {
    type Service = Retry<Busy, reqwest::Request, Response<()>, BoxError>;
    let compiles = implements!(Service: tower::Service<reqwest::Request>);
    let text = if compiles { "compiles" } else { "does not compile, because the request must be `Clone`" };
    text.to_owned()
}

pub(super) async fn shared_stream() -> String {
    let service = Busy::default();
    let layer = RetryLayer::<Request<Shared>, Response<()>, BoxError>::builder()
        .max_attempts(2)
        .retry_on_response(|response| is_busy(response.status()))
        .build();
    let result = layer.layer(service.clone()).oneshot(shared_request()).await;
    service.describe(&result.map(|response| response.status()))
}
