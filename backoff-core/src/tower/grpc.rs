//! The rules for gRPC: responses by the `grpc-status` and the push-back in their headers.

use core::time::Duration;

use ::http::{HeaderMap, Response};

use super::http::{ByStatus, ClientErrors};
use super::layer::{Requests, RetryLayer};
use super::request::{ByClone, ByPolicy};
use crate::drive::criteria::{Condition, Criteria};
use crate::{Fault, Policy};

/// The header with the code of a response without messages ("trailers-only").
const STATUS: &str = "grpc-status";
/// The header with the milliseconds that the server requests before a retry.
const PUSH_BACK: &str = "grpc-retry-pushback-ms";

/// A [`RetryLayer`] with the rules for gRPC, as [`RetryLayer::grpc`] returns it. `M` is inferred.
pub type GrpcRetryLayer<B, M> = RetryLayer<B, Requests<ByClone, ByPolicy>, Criteria<ClientErrors<M>, ByGrpcStatus>>;

impl<B> RetryLayer<B> {
    /// Returns a layer with the rules for gRPC over HTTP/2, for requests and responses of the crate `http` (feature
    /// `http-1`).
    ///
    /// | `grpc-status` in the headers | fault |
    /// |---|---|
    /// | 8 `RESOURCE_EXHAUSTED`, 10 `ABORTED` | transient |
    /// | 14 `UNAVAILABLE`, 4 `DEADLINE_EXCEEDED`, 1 `CANCELLED`, 2 `UNKNOWN`, one that cannot be read | ambiguous |
    /// | every other number except 0 | permanent |
    ///
    /// The longest `grpc-retry-pushback-ms` is waited for. One that is negative or cannot be read means "no retry". A
    /// response without `grpc-status` has started to send messages, and is accepted, unless it is an HTTP error of a
    /// proxy. That and the errors of the client have the rules of [`http`](Self::http).
    ///
    /// All requests of gRPC are `POST`. Set [`idempotent_if`](Self::idempotent_if), or `idempotent` in the policy, for
    /// methods that may be repeated. The bodies of tonic are streams, which cannot be cloned: collect the body of a
    /// unary call in a layer outside of this one, as the guide shows in
    /// [services of tower](crate::guide::clients#services-of-tower), or annotate the function that makes the call.
    ///
    /// A `RetryInfo` detail is not read, because it is encoded by protobuf. To read it, classify the whole `Status` of
    /// a response with [`until`](Self::until), which replaces the table above.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::Policy;
    /// use backoff_core::tower::{GrpcRetryLayer, RetryLayer};
    /// use http::{Request, Response};
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let start = tokio::time::Instant::now();
    /// let server = service_fn(move |_: Request<&'static str>| async move {
    ///     let code = if start.elapsed() < Duration::from_secs(2) { "8" } else { "0" };
    ///     let response = Response::builder().header("grpc-status", code);
    ///     let response = response.header("grpc-retry-pushback-ms", "2000");
    ///     Ok::<_, Infallible>(response.body(()).unwrap())
    /// });
    /// let layer: GrpcRetryLayer<_, _> = RetryLayer::grpc(Policy::default());
    /// let client = ServiceBuilder::new().layer(layer).service(server);
    /// let request = Request::post("/tea.Kitchen/Brew").body("")?;
    /// let response = client.oneshot(request).await?;
    /// assert_eq!(response.headers()["grpc-status"], "0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn grpc<M: ?Sized>(policy: Policy<B>) -> GrpcRetryLayer<B, M> {
        Self::new(policy).with_criteria(|_| Criteria { when: ClientErrors::new(), until: ByGrpcStatus })
    }
}

/// Accepts responses without an error in their headers; see [`RetryLayer::grpc`].
#[derive(Clone, Copy, Debug)]
pub struct ByGrpcStatus;

impl<B> Condition<Response<B>> for ByGrpcStatus {
    fn unmet(&mut self, response: &Response<B>) -> Option<Fault> {
        let Some(code) = response.headers().get(STATUS) else { return ByStatus.unmet(response) };
        let fault = fault_of(code.to_str().unwrap_or_default())?;
        Some(with_push_back(fault, response.headers()))
    }
}

/// Returns the fault of a code; `None` for "ok".
fn fault_of(code: &str) -> Option<Fault> {
    Some(match code.parse::<u32>() {
        Ok(0) => return None,
        Ok(8 | 10) => Fault::Transient,
        // A code that cannot be read is `UNKNOWN`.
        Ok(1 | 2 | 4 | 14) | Err(_) => Fault::Ambiguous,
        Ok(_) => Fault::Permanent,
    })
}

fn with_push_back(fault: Fault, headers: &HeaderMap) -> Fault {
    let mut longest = Duration::ZERO;
    for value in headers.get_all(PUSH_BACK) {
        match value.to_str().ok().and_then(|text| text.parse().ok()) {
            Some(millis) => longest = longest.max(Duration::from_millis(millis)),
            None => return Fault::Permanent, // the server wants no retry
        }
    }
    fault.with_not_before(longest)
}
