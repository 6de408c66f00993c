//! The peers of the comparison, behind one function: a client with settings, for a transport.

mod backoff_core;
mod reqwest_retry;
mod tower_resilience;
mod tower_retry;

use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tower::{BoxError, Service, ServiceExt as _};

use crate::transport::{BoxFuture, LocalBoxFuture, Transport};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    BackoffCore,
    TowerRetry,
    TowerResilience,
    ReqwestRetry,
}

pub(crate) const PEERS: [Peer; 4] = [Peer::BackoffCore, Peer::TowerRetry, Peer::TowerResilience, Peer::ReqwestRetry];

/// The settings of a case. A setting that is `None` has the default of the peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Retries 429 and all 5xx, for peers that retry no response by default.
    pub(crate) on_status: bool,
    pub(crate) max_attempts: Option<u32>,
    /// The same delay before each retry, without jitter.
    pub(crate) delay: Option<Duration>,
    /// The limit on the time of a call.
    pub(crate) limit: Option<Duration>,
    pub(crate) budget: Option<BudgetKind>,
    pub(crate) nesting: Nesting,
    pub(crate) variant: Variant,
}

/// The kind of budget, of those that a peer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BudgetKind {
    Default,
    /// The second kind of tower-resilience.
    Aimd,
}

/// The number of layers, one inside the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Nesting {
    #[default]
    One,
    Two,
    /// Two layers, of which the outer one suppresses the retries of the inner one.
    Suppressed,
}

/// A second form of a peer's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Variant {
    #[default]
    Usual,
    /// tower: a policy that waits for `Retry-After`.
    ReadsRetryAfter,
    /// tower: delays of `ExponentialBackoffMaker`; tower-resilience: of `ExponentialRandomBackoff`.
    OtherDelays,
    /// reqwest-retry: `build_with_total_retry_duration_and_limit_retries`.
    LimitsRetries,
    /// The request chooses its number of attempts, by its header `attempts`.
    AttemptsOfRequest,
}

/// The last result of a call.
pub(crate) type Outcome = Result<StatusCode, Failure>;

/// An error of a call.
#[derive(Debug)]
pub(crate) struct Failure {
    /// `true` if it is the error of the transport, and not one of the retry layer around it.
    pub(crate) is_untouched: bool,
}

/// Sends a request through a clone of the client.
pub(crate) type Client = Box<dyn Fn(Request<Bytes>) -> BoxFuture<Outcome>>;

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BackoffCore => "backoff-core 0.1",
            Self::TowerRetry => "tower 0.5.3",
            Self::TowerResilience => "tower-resilience-retry 0.14.0",
            Self::ReqwestRetry => "reqwest-retry 0.9.1",
        }
    }

    pub(crate) fn client(self, settings: &Settings, transport: Transport) -> Client {
        match self {
            Self::BackoffCore => backoff_core::client(settings, transport),
            Self::TowerRetry => tower_retry::client(settings, transport),
            Self::TowerResilience => tower_resilience::client(settings, transport),
            Self::ReqwestRetry => reqwest_retry::client(settings, transport),
        }
    }

    /// Sends a body that is a stream to a server that is busy, and describes the result.
    ///
    /// The stream has no copy.
    pub(crate) fn stream(self) -> LocalBoxFuture<String> {
        match self {
            Self::BackoffCore => Box::pin(backoff_core::stream()),
            Self::TowerRetry => Box::pin(tower_retry::stream()),
            Self::TowerResilience => Box::pin(ready(tower_resilience::stream())),
            Self::ReqwestRetry => Box::pin(reqwest_retry::stream()),
        }
    }

    /// Sends a body whose clones share one stream to a server that is busy, and describes the result.
    pub(crate) fn shared_stream(self) -> LocalBoxFuture<String> {
        match self {
            Self::BackoffCore => Box::pin(backoff_core::shared_stream()),
            Self::TowerRetry => Box::pin(tower_retry::shared_stream()),
            Self::TowerResilience => Box::pin(tower_resilience::shared_stream()),
            Self::ReqwestRetry => Box::pin(ready("reqwest has no such bodies".to_owned())),
        }
    }
}

/// Returns `true` for the statuses that each peer retries if it is told to.
fn is_busy(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// Makes a client of a service.
fn client_of<S>(service: S) -> Client
where
    S: Service<Request<Bytes>, Response = Response<Bytes>, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    Box::new(move |request| {
        let service = service.clone();
        Box::pin(async move {
            let result = service.oneshot(request).await;
            result.map(|response| response.status()).map_err(|error| Failure { is_untouched: is_of_transport(&error) })
        })
    })
}

fn is_of_transport(error: &BoxError) -> bool {
    error.is::<hyper_util::client::legacy::Error>()
}
