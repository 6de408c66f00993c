//! The rules for HTTP: responses by status and `Retry-After`, errors by their source chain, requests by their method.

use alloc::string::{String, ToString};
use core::fmt;
use core::marker::PhantomData;

use ::http::header::HOST;
use ::http::{Request, Response};

use super::layer::{Requests, RetryLayer};
use super::request::{ByClone, IdempotentIf};
use crate::classify::{AsDynError, HttpError, known_in};
use crate::drive::criteria::{Classifier, Condition, Criteria};
use crate::{Classify, Fault, Policy};

/// The request header that makes a request idempotent, whatever its method.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A [`RetryLayer`] with the rules for HTTP, as [`RetryLayer::http`] returns it. `M` is inferred.
pub type HttpRetryLayer<B, M> = RetryLayer<B, Requests<ByClone, ByMethod>, Criteria<ClientErrors<M>, ByStatus>>;

impl<B> RetryLayer<B> {
    /// Returns a layer with the rules for HTTP, for requests and responses of the crate `http` (feature `http-1`).
    ///
    /// | | |
    /// |---|---|
    /// | a response | accepted below 400; otherwise the fault of [`HttpError`]: of its status, with its `Retry-After` |
    /// | an error | the fault of [`classify::chain`](crate::classify::chain), so a refused connection is transient; an error that it does not know is ambiguous, because the request may have been sent |
    /// | a request | idempotent if its method is (`GET`, `HEAD`, `PUT`, `DELETE`, `OPTIONS`, `TRACE`), or if it has an `Idempotency-Key` |
    ///
    /// So a `POST` without a key is repeated only where the server has not acted: after a refused connection, or a 429
    /// or 503. The last response is handed back, whatever its status. A response is judged before its body is read; a
    /// body that breaks off is an error of the caller.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::Policy;
    /// use backoff_core::tower::{HttpRetryLayer, RetryLayer};
    /// use http::{Request, Response};
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// const POLICY: Policy = Policy::exponential().max_attempts(4).build();
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let start = tokio::time::Instant::now();
    /// let server = service_fn(move |_: Request<&'static str>| async move {
    ///     let is_busy = start.elapsed() < Duration::from_secs(2);
    ///     let response = Response::builder().status(if is_busy { 503 } else { 200 });
    ///     let response = response.header("retry-after", "2").body("tea");
    ///     Ok::<_, Infallible>(response.unwrap())
    /// });
    /// let layer: HttpRetryLayer<_, _> = RetryLayer::http(POLICY);
    /// let client = ServiceBuilder::new().layer(layer).service(server);
    /// let response = client.oneshot(Request::get("/tea").body("")?).await?;
    /// assert_eq!((response.status().as_u16(), *response.body()), (200, "tea"));
    /// assert!(start.elapsed() >= Duration::from_secs(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn http<M: ?Sized>(policy: Policy<B>) -> HttpRetryLayer<B, M> {
        Self::new(policy)
            .with_requests(|Requests { clone, .. }| Requests { clone, idempotent: ByMethod })
            .with_criteria(|_| Criteria { when: ClientErrors::new(), until: ByStatus })
    }
}

/// Accepts responses below 400; the others have the fault of [`HttpError`].
#[derive(Clone, Copy, Debug)]
pub struct ByStatus;

impl<B> Condition<Response<B>> for ByStatus {
    fn unmet(&mut self, response: &Response<B>) -> Option<Fault> {
        HttpError::check(response.status(), response.headers()).err().map(|error| error.classify())
    }
}

/// Classifies the errors of a client by their source chain; an unknown error is ambiguous.
///
/// `M` is the marker of [`AsDynError`].
pub struct ClientErrors<M: ?Sized>(PhantomData<fn(&M)>);

impl<M: ?Sized> ClientErrors<M> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M: ?Sized, E: AsDynError<M>> Classifier<E> for ClientErrors<M> {
    fn fault(&mut self, error: &E) -> Fault {
        known_in(error.as_dyn_error()).unwrap_or(Fault::Ambiguous)
    }
}

impl<M: ?Sized> Clone for ClientErrors<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: ?Sized> Copy for ClientErrors<M> {}

impl<M: ?Sized> fmt::Debug for ClientErrors<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientErrors")
    }
}

/// Selects the requests whose method is idempotent, and those with an `Idempotency-Key`.
///
/// # Examples
///
/// ```
/// use backoff_core::tower::{ByMethod, IdempotentIf};
/// use http::Request;
///
/// assert!(ByMethod.is_idempotent(&Request::put("/tea").body(())?));
/// assert!(!ByMethod.is_idempotent(&Request::post("/tea").body(())?));
/// let with_key = Request::post("/tea").header("idempotency-key", "7");
/// assert!(ByMethod.is_idempotent(&with_key.body(())?));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[doc(alias = "Idempotency-Key")]
pub struct ByMethod;

impl<B> IdempotentIf<Request<B>> for ByMethod {
    fn is_idempotent(&self, request: &Request<B>) -> bool {
        request.method().is_idempotent() || request.headers().contains_key(IDEMPOTENCY_KEY)
    }
}

/// Returns the host and port that a request names, in its URI or its `Host` header, as a key for
/// [`RetryLayer::budget_by`]. It is empty if the request names none.
///
/// # Examples
///
/// ```
/// use backoff_core::tower::{RetryLayer, host};
/// use backoff_core::{Budgets, Policy};
/// use http::Request;
///
/// static HOSTS: Budgets<String> = Budgets::new();
///
/// let request = Request::get("http://Shop.example:8080/tea").body(())?;
/// assert_eq!(host(&request), "shop.example:8080");
///
/// # fn layer<B: 'static>() {
/// let layer = RetryLayer::new(Policy::default()).budget_by(host::<B>, &HOSTS);
/// # }
/// # Ok::<(), http::Error>(())
/// ```
#[must_use]
pub fn host<B>(request: &Request<B>) -> String {
    let in_uri = request.uri().authority().map(|authority| {
        let host = authority.host();
        authority.port().map_or_else(|| host.to_string(), |port| alloc::format!("{host}:{port}"))
    });
    let in_header = || request.headers().get(HOST).and_then(|value| value.to_str().ok()).map(ToString::to_string);
    let mut host = in_uri.or_else(in_header).unwrap_or_default();
    host.make_ascii_lowercase();
    host
}
