//! Classification of HTTP responses.
use core::error::Error;
use core::fmt;
use core::time::Duration;
use std::time::SystemTime;

use ::http::header::{DATE, RETRY_AFTER};
use ::http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::marks::Note;
use super::retry_after::parse_with;
use crate::clock::calendar_now;
use crate::{Classify, Fault, FaultKind};

/// Classifies an HTTP response by its status alone.
///
/// [`HttpError`] also evaluates the `Retry-After` header; prefer it where the headers are available.
///
/// | status | fault | because |
/// |---|---|---|
/// | 408 Request Timeout | transient | the server did not get the whole request, so it did not act on it |
/// | 421 Misdirected Request | transient | refused by this connection; another one may lead to the right server |
/// | 425 Too Early | transient | refused, because it came as early data of a TLS handshake |
/// | 429 Too Many Requests | transient | refused, because of the rate |
/// | 503 Service Unavailable, 529 (overloaded) | transient | refused, because of overload or maintenance |
/// | 500 Internal Server Error | ambiguous | the server failed during the request, perhaps after it acted |
/// | 502 Bad Gateway, 504 Gateway Timeout | ambiguous | the gateway lost the response of a server that may have acted |
/// | 501, 505, 506, 507, 508, 510, 511 | permanent | the server cannot do this, and will not be able to within a call |
/// | every other 5xx | ambiguous | to be treated as a 500, whatever its code |
/// | every other 4xx | permanent | the request is wrong, and stays the same |
/// | 1xx, 2xx, 3xx, and above 599 | permanent | HTTP defines no such failure; another attempt gets the same response |
///
/// Many clients repeat every 5xx. Here 500, 502 and 504 are retried only by a policy or call that is `idempotent`. Set
/// it for `GET`, `PUT` and `DELETE`, and for a `POST` with an idempotency key. A payment that ended in a 504 may have
/// been made.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
/// use http::StatusCode;
///
/// assert_eq!(classify::http(StatusCode::SERVICE_UNAVAILABLE), Fault::Transient);
/// assert_eq!(classify::http(StatusCode::GATEWAY_TIMEOUT), Fault::Ambiguous);
/// assert_eq!(classify::http(StatusCode::NOT_FOUND), Fault::Permanent);
/// ```
#[must_use]
pub fn http(status: StatusCode) -> Fault {
    match status.as_u16() {
        408 | 421 | 425 | 429 | 503 | 529 => Fault::Transient,
        501 | 505..=508 | 510 | 511 => Fault::Permanent,
        500..=599 => Fault::Ambiguous,
        _ => Fault::Permanent,
    }
}

/// Returns the response if its status is neither 4xx nor 5xx; otherwise an error with its status and `Retry-After`.
///
/// # Errors
///
/// Returns [`HttpError`] when the status is 4xx or 5xx.
///
/// # Examples
///
/// ```
/// use backoff_core::classify;
/// use http::{Response, StatusCode};
/// use std::time::Duration;
///
/// let response =
///     Response::builder().status(429).header("retry-after", "2").body(())?;
/// let error = classify::check_http(response).unwrap_err();
/// assert_eq!(error.status(), StatusCode::TOO_MANY_REQUESTS);
/// assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
/// # Ok::<(), http::Error>(())
/// ```
pub fn check_http<B>(response: Response<B>) -> Result<Response<B>, HttpError> {
    HttpError::check(response.status(), response.headers()).map(|()| response)
}

/// The response of an HTTP server as an error: its status, and the wait that its `Retry-After` requests.
///
/// The fault is that of [`http`](fn@http) for the status. A readable `Retry-After` adds its wait to a response of 400
/// or above. It makes a permanent fault transient, because a 403 or a 413 with that header is not final. An ambiguous
/// fault stays ambiguous: a 504 with that header specifies when to repeat the request, not whether the server acted. An
/// `idempotent` call then waits for that time, and every other call ends.
///
/// `Retry-After` is a number of seconds or a date. A date is measured from the response's own `Date`, so that a wrong
/// local clock does no harm. If `Date` is missing, it is measured from the local clock. Of several values the longest
/// counts. A value that cannot be read is ignored.
///
/// The error is found through `anyhow::Error` and `Box<dyn Error>` like a mark ([`marks`](super::marks)).
///
/// # Examples
///
/// ```
/// use backoff_core::classify::HttpError;
/// use backoff_core::{Classify, Fault, classify};
/// use http::Response;
/// use std::time::Duration;
///
/// let response =
///     Response::builder().status(503).header("retry-after", "2").body(())?;
/// let error = HttpError::from_response(&response);
/// assert_eq!(
///     error.to_string(),
///     "the server answered 503 Service Unavailable; retry after 2s"
/// );
/// assert_eq!(error.classify(), Fault::PushBack(Duration::from_secs(2)));
///
/// let erased = anyhow::Error::new(error).context("cannot load the page");
/// assert_eq!(
///     classify::marks(&*erased),
///     Some(Fault::PushBack(Duration::from_secs(2)))
/// );
///
/// let response =
///     Response::builder().status(502).header("retry-after", "2").body(())?;
/// let fault = HttpError::from_response(&response).classify();
/// assert_eq!(fault, Fault::Ambiguous.with_not_before(Duration::from_secs(2)));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    status: StatusCode,
    retry_after: Option<Duration>,
    fault: Note,
}

impl HttpError {
    /// Creates the error from a response's status and headers, for any status.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::classify::HttpError;
    /// use http::{HeaderMap, StatusCode};
    ///
    /// let error = HttpError::from_parts(StatusCode::NOT_FOUND, &HeaderMap::new());
    /// assert_eq!(error.to_string(), "the server answered 404 Not Found");
    /// ```
    #[must_use]
    pub fn from_parts(status: StatusCode, headers: &HeaderMap) -> Self {
        Self::at(status, headers, calendar_now)
    }

    /// Creates the error from a response, for any status.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::classify::HttpError;
    /// use http::Response;
    ///
    /// let response = Response::builder().status(502).body("a page of the gateway")?;
    /// assert_eq!(HttpError::from_response(&response).status(), 502);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn from_response<B>(response: &Response<B>) -> Self {
        Self::from_parts(response.status(), response.headers())
    }

    /// Returns an error if the status is 4xx or 5xx.
    ///
    /// It needs only status and headers, so it works with every client built on the `http` crate. For reqwest's
    /// blocking response pass `status()` and `headers()`.
    ///
    /// # Errors
    ///
    /// Returns [`HttpError`] when the status is 4xx or 5xx.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::classify::HttpError;
    /// use http::{HeaderMap, StatusCode};
    ///
    /// assert!(HttpError::check(StatusCode::OK, &HeaderMap::new()).is_ok());
    /// assert!(HttpError::check(StatusCode::NOT_FOUND, &HeaderMap::new()).is_err());
    /// ```
    pub fn check(status: StatusCode, headers: &HeaderMap) -> Result<(), Self> {
        if status.is_client_error() || status.is_server_error() {
            return Err(Self::from_parts(status, headers));
        }
        Ok(())
    }

    fn at(status: StatusCode, headers: &HeaderMap, now: impl Fn() -> SystemTime) -> Self {
        let retry_after = retry_after_of(headers, now);
        let fault = with_push_back(status, http(status), retry_after);
        Self { status, retry_after, fault: Note::new(fault) }
    }

    /// Returns the response's status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the wait that the server requested, counted from its response; `None` if it requested none.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl Classify for HttpError {
    fn classify(&self) -> Fault {
        self.fault.fault()
    }
}

impl Error for HttpError {
    fn cause(&self) -> Option<&dyn Error> {
        Some(&self.fault)
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status.as_str())?;
        if let Some(reason) = self.status.canonical_reason() {
            write!(f, " {reason}")?;
        }
        match self.retry_after {
            Some(delay) => write!(f, "; retry after {delay:?}"),
            None => Ok(()),
        }
    }
}

/// Returns the fault of a status together with a `Retry-After`.
fn with_push_back(status: StatusCode, fault: Fault, retry_after: Option<Duration>) -> Fault {
    let is_failure = status.is_client_error() || status.is_server_error();
    let Some(wait) = retry_after.filter(|_| is_failure) else { return fault };
    match fault.kind() {
        FaultKind::Transient | FaultKind::Ambiguous => fault.with_not_before(wait),
        // The server itself specifies when its refusal ends.
        FaultKind::Permanent => Fault::Transient.with_not_before(wait),
    }
}

/// Returns the longest `Retry-After` among the headers, because the server forbade attempts before each of them.
fn retry_after_of(headers: &HeaderMap, now: impl Fn() -> SystemTime) -> Option<Duration> {
    let since = || date_of(headers).unwrap_or_else(&now);
    headers.get_all(RETRY_AFTER).iter().filter_map(|value| parse_with(value.to_str().ok()?, since)).max()
}

fn date_of(headers: &HeaderMap) -> Option<SystemTime> {
    let date: &HeaderValue = headers.get(DATE)?;
    httpdate::parse_http_date(date.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests;
