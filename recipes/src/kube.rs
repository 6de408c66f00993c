//! kube: the status that the Kubernetes API returned, or the connection to it.
//!
//! - **Transient.** 409 with the reason `Conflict`: somebody else changed the object, and nothing was written. Put the
//!   `get` before the `replace` into the retried function, because the same `resourceVersion` conflicts for ever. 429,
//!   of which the documentation says that "a client may always retry". 503. A refused connection.
//! - **Ambiguous.** 500 and 504: the reasons `InternalError` ("the outcome of the call is unknown"), `ServerTimeout`
//!   and `Timeout`. A lost connection.
//! - **Permanent.** Other statuses: 409 with `AlreadyExists`, 404, 403, 422, and 410, after which a list starts again
//!   without a `resourceVersion`. Errors of this side: configuration, serialization, authentication.
//!
//! The detail `retryAfterSeconds` is a wait.
//!
//! `classify::chain` alone is wrong here: it sees neither the status nor hyper's error for a lost connection, and both
//! would be transient.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use backoff_core::{Fault, classify};
use http::StatusCode;

/// Classifies an error of `kube::Client`, for `when`.
#[must_use]
pub fn classify(error: &kube::Error) -> Fault {
    match error {
        kube::Error::Api(status) => api(status),
        kube::Error::Service(error) => connection(error.as_ref()),
        kube::Error::HyperError(error) => connection(error),
        kube::Error::ReadEvents(error) => classify::io(error),
        _ => Fault::Permanent,
    }
}

fn api(status: &kube::core::Status) -> Fault {
    let fault = match status.code {
        409 if status.reason == "Conflict" => Fault::Transient,
        code => StatusCode::from_u16(code).map_or(Fault::Permanent, classify::http),
    };
    let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    fault.with_not_before(Duration::from_secs(seconds.into()))
}

fn connection(error: &(dyn Error + 'static)) -> Fault {
    let io = successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref::<io::Error>());
    io.map_or(Fault::Ambiguous, classify::io) // refused: transient; lost: ambiguous
}
