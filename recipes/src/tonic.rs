//! tonic: the code of a status, and the waits that a server requests.
//!
//! - **Transient.** `RESOURCE_EXHAUSTED` and `ABORTED`: the server refused or rolled back. The documentation of gRPC
//!   advises for `ABORTED` to repeat at a higher level, so put the whole transaction into the retried function.
//!   `UNAVAILABLE` is transient where tonic's `ConnectError` is in the source chain, because nothing was sent.
//! - **Ambiguous.** Every other `UNAVAILABLE`: proxies and other clients use it for a lost connection, too, and the
//!   documentation of gRPC warns that it is not always safe to repeat an operation that is not idempotent.
//!   `DEADLINE_EXCEEDED` may be returned even if the operation was completed. tonic's own timeout is `CANCELLED`, and
//!   its connection that was lost is `UNKNOWN`.
//! - **Permanent.** Every other code.
//!
//! A server requests a wait in the metadata `grpc-retry-pushback-ms` or in a `RetryInfo` detail (crate `tonic-types`).
//! A wait never makes a permanent code transient. gRFC A6 defines that a negative value, or one that cannot be read,
//! means "no retry". It defines nothing for several values: here one such value among them ends the call, and otherwise
//! the longest wait counts, because the server forbade earlier attempts.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use backoff_core::Fault;
use tonic_types::{ErrorDetail, StatusExt as _};

/// Classifies a status, for `when`.
#[must_use]
pub fn classify(status: &tonic::Status) -> Fault {
    let mut chain = successors(status.source(), |error| (*error).source());
    let fault = match status.code() {
        tonic::Code::ResourceExhausted | tonic::Code::Aborted => Fault::Transient,
        tonic::Code::Unavailable if chain.any(<dyn Error>::is::<tonic::ConnectError>) => Fault::Transient,
        tonic::Code::Unavailable | tonic::Code::DeadlineExceeded | tonic::Code::Cancelled | tonic::Code::Unknown => {
            Fault::Ambiguous
        }
        _ => Fault::Permanent,
    };
    let mut longest = Duration::ZERO;
    for value in status.metadata().get_all("grpc-retry-pushback-ms") {
        match value.to_str().ok().and_then(|text| text.parse().ok()) {
            Some(millis) => longest = longest.max(Duration::from_millis(millis)),
            None => return Fault::Permanent, // the server wants no retry
        }
    }
    for detail in status.get_error_details_vec() {
        if let ErrorDetail::RetryInfo(info) = detail {
            longest = longest.max(info.retry_delay.unwrap_or_default());
        }
    }
    fault.with_not_before(longest)
}
