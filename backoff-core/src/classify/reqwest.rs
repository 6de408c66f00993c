//! Classification of reqwest's errors.
use ::reqwest::{Error, Response};

use super::{HttpError, http, marks};
use crate::Fault;

/// Classifies an error of reqwest: `when = classify::reqwest`.
///
/// The first row that applies decides:
///
/// | error | fault | because |
/// |---|---|---|
/// | one with a mark in its chain ([`marks`]) | of the mark | such as the error of a stream that is the request's body |
/// | `is_builder` | permanent | the request could not be built, and will not be |
/// | `is_status` | of the status ([`http`](fn@http)) | made by `error_for_status`, which loses `Retry-After`; use [`check_reqwest`] |
/// | `is_redirect` | permanent | too many redirects, or a redirect to a forbidden target |
/// | `is_connect`: name lookup, TLS and the timeout of connecting are included | transient | no connection, so nothing was sent |
/// | `is_timeout` | ambiguous | the request may have arrived, and only the response is late |
/// | `is_body`, `is_decode` | ambiguous | the response was cut off or could not be read, so the server has most likely acted |
/// | every other (`is_request`, `is_upgrade`) | ambiguous | the connection broke at an unknown point |
///
/// Set `idempotent` where repeating is harmless; the ambiguous errors are then retried as well. A timeout of the whole
/// request does not show that it was still connecting; with a `connect_timeout` on the client it does. A body that is
/// not the expected JSON is `is_decode`, and so is one that was cut off; read it outside the retried part if the first
/// is likely. After a redirect, `is_connect` refers to the last hop only; turn redirects off where an earlier hop may
/// act.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
///
/// let error = reqwest::Client::new().get("no address").build().unwrap_err();
/// assert_eq!(classify::reqwest(&error), Fault::Permanent);
/// ```
#[must_use]
pub fn reqwest(error: &Error) -> Fault {
    if let Some(fault) = marks(error) {
        return fault;
    }
    if let Some(status) = error.status() {
        return http(status);
    }
    if error.is_builder() || error.is_redirect() {
        return Fault::Permanent;
    }
    if is_connect(error) {
        return Fault::Transient;
    }
    Fault::Ambiguous
}

/// Returns the response if its status is neither 4xx nor 5xx; otherwise an error with its status and `Retry-After`.
///
/// Use it in place of `error_for_status`, which loses the header. For a blocking response write
/// `HttpError::check(response.status(), response.headers())?`.
///
/// # Errors
///
/// Returns [`HttpError`] when the status is 4xx or 5xx.
///
/// # Examples
///
/// ```
/// use backoff_core::{Classify, Fault, classify};
/// use std::time::Duration;
///
/// let answer = http::Response::builder()
///     .status(503)
///     .header("retry-after", "2")
///     .body("")?;
/// let error =
///     classify::check_reqwest(reqwest::Response::from(answer)).unwrap_err();
/// assert_eq!(error.classify(), Fault::PushBack(Duration::from_secs(2)));
/// # Ok::<(), http::Error>(())
/// ```
pub fn check_reqwest(response: Response) -> Result<Response, HttpError> {
    HttpError::check(response.status(), response.headers()).map(|()| response)
}

impl HttpError {
    /// Creates the error from reqwest's response, for any status.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::classify::HttpError;
    ///
    /// let answer = http::Response::builder().status(404).body("")?;
    /// let error = HttpError::from_reqwest(&reqwest::Response::from(answer));
    /// assert_eq!(error.to_string(), "the server answered 404 Not Found");
    /// # Ok::<(), http::Error>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "reqwest-0-13")))]
    #[must_use]
    pub fn from_reqwest(response: &Response) -> Self {
        Self::from_parts(response.status(), response.headers())
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn is_connect(error: &Error) -> bool {
    error.is_connect()
}

/// Returns `false`, because a browser does not show whether there was a connection.
#[cfg(target_arch = "wasm32")]
fn is_connect(_: &Error) -> bool {
    false
}

#[cfg(test)]
mod tests;
