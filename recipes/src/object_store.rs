//! `object_store`: the variants are final answers, and `Generic` contains the rest.
//!
//! The stores of clouds retry by themselves: `RetryConfig` documents 5xx errors, connection errors and dropped
//! connections, up to ten times within three minutes. What arrives here has been retried, so use few attempts, or set
//! `RetryConfig::max_retries` to 0 and leave the retries to the policy.
//!
//! - **Transient.** `Generic` with a refused connection in its chain.
//! - **Ambiguous.** Every other `Generic`: a timeout, a lost connection, a 5xx. `get`, `list`, `head` and a `put` that
//!   replaces the whole object are `idempotent`.
//! - **Permanent.** Every other variant: `NotFound`, `AlreadyExists`, `PermissionDenied`, `Unauthenticated`. A
//!   `Precondition` is a lost race: where the retried function reads the version again before it writes, return
//!   `Fault::Transient` for it.

use std::error::Error;
use std::io;
use std::iter::successors;

use backoff_core::{Fault, classify};

/// Classifies an error of `object_store`, for `when`.
#[must_use]
pub fn classify(error: &object_store::Error) -> Fault {
    let object_store::Error::Generic { source, .. } = error else {
        return Fault::Permanent;
    };
    let first: &(dyn Error + 'static) = source.as_ref();
    let io = successors(Some(first), |error| (*error).source()).find_map(|error| error.downcast_ref::<io::Error>());
    io.map_or(Fault::Ambiguous, classify::io) // refused: transient; lost: ambiguous
}
