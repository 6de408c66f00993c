//! reqwest-middleware: an error of reqwest, or of a middleware.
//!
//! - An error of reqwest is classified by `classify::reqwest`: a connection that was not established is transient, a
//!   timeout is ambiguous, and so on.
//! - An error of a middleware is an `anyhow::Error`: `classify::chain` finds marks and known errors in it. Without one
//!   it is transient.
//!
//! `classify::chain` alone is wrong here. Both variants are transparent, so the chain of the error begins below the
//! error of reqwest, and a connection that was lost after the request would be transient.
//!
//! The middleware of `reqwest-retry` retries inside an attempt. Use it or a policy, because both together multiply.

use backoff_core::{Fault, classify};
use reqwest_middleware::Error;

/// Classifies an error of `reqwest_middleware`, for `when`.
#[must_use]
pub fn classify(error: &Error) -> Fault {
    match error {
        Error::Reqwest(error) => classify::reqwest(error),
        Error::Middleware(error) => classify::chain(error),
    }
}
