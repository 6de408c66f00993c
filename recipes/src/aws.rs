//! AWS SDKs: the stage at which an `SdkError` occurred, then the code of the service and the status of its response.
//!
//! - **Transient.** A refused connection. The codes of throttling, the same as in the retry classifier of the SDKs. A
//!   `RequestTimeout`: the service did not get the whole request. A status that `classify::http` treats so (429, 503).
//! - **Ambiguous.** `TimeoutError`, documented as "the request MAY have been sent and received". `DispatchFailure`
//!   ("the request MAY have been sent"), unless the connection was refused. `ResponseError`: a response that cannot be
//!   read. The statuses 500, 502 and 504.
//! - **Permanent.** `ConstructionFailure` ("it was not dispatched over the network"), a dispatch that fails because of
//!   the caller's input, and every other code.
//!
//! The header `x-amz-retry-after` is a wait in milliseconds. An SDK makes three attempts by itself: configure
//! `RetryConfig::disabled()` for calls that a policy retries, or both multiply.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use backoff_core::{Fault, classify};
use http::StatusCode;

/// Classifies an error of any operation of an AWS SDK, for `when`.
#[must_use]
pub fn classify<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Fault {
    match error {
        SdkError::ConstructionFailure(_) => Fault::Permanent, // never sent
        SdkError::DispatchFailure(failure) if failure.is_user() => Fault::Permanent,
        SdkError::DispatchFailure(failure) => failure.as_connector_error().map_or(Fault::Ambiguous, dispatch),
        SdkError::ServiceError(failure) => service(failure.err().code(), failure.raw()),
        _ => Fault::Ambiguous, // a timeout, or a response that cannot be read
    }
}

fn dispatch(error: &ConnectorError) -> Fault {
    let first: &(dyn Error + 'static) = error;
    let io = successors(Some(first), |error| (*error).source()).find_map(|error| error.downcast_ref::<io::Error>());
    io.map_or(Fault::Ambiguous, classify::io) // refused: transient; lost: ambiguous
}

fn service(code: Option<&str>, response: &HttpResponse) -> Fault {
    let fault = match code {
        Some(
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "ProvisionedThroughputExceededException"
            | "TransactionInProgressException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "LimitExceededException"
            | "PriorRequestNotComplete"
            | "EC2ThrottledException"
            | "SlowDown"
            | "RequestTimeout"
            | "RequestTimeoutException",
        ) => Fault::Transient,
        _ => StatusCode::from_u16(response.status().as_u16()).map_or(Fault::Permanent, classify::http),
    };
    let wait = response.headers().get("x-amz-retry-after").and_then(|millis| millis.parse().ok());
    fault.with_not_before(wait.map(Duration::from_millis).unwrap_or_default())
}
