//! Layers that carry the scope of a call from a client to a server.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use ::http::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{InScope, Scope};

/// A layer for clients: writes the present [`Scope`] into the headers of each request.
///
/// Place it inside a [`RetryLayer`](super::RetryLayer) with
/// [`inner_retries`](super::RetryLayer::inner_retries), so that each attempt has its own number, or inside any other
/// code that runs in a scope. A request outside of a scope stays as it is.
///
/// The worker of tower's `buffer` is a task outside of the scope, so place a buffer inside this layer.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::tower::{ReadScopeLayer, RetryLayer, WriteScopeLayer};
/// use backoff_core::{InnerRetries, Policy, Scope};
/// use http::Request;
/// use std::convert::Infallible;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let is_single = service_fn(|_: Request<()>| async {
///     // A call here makes one attempt: the client retries in its place.
///     let scope = Scope::current();
///     Ok::<_, Infallible>(scope.is_some_and(|scope| scope.suppresses_retries()))
/// });
/// let server = ServiceBuilder::new().layer(ReadScopeLayer).service(is_single);
/// let retry = RetryLayer::new(Policy::default());
/// let retry = retry.inner_retries(InnerRetries::Suppress);
/// let client = ServiceBuilder::new()
///     .layer(retry)
///     .layer(WriteScopeLayer)
///     .service(server); // here a network would be between the two
/// assert_eq!(client.oneshot(Request::new(())).await, Ok(true));
/// # });
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteScopeLayer;

/// A layer for servers: runs the inner service in the [`Scope`] that the client wrote into the headers of the request.
///
/// Calls inside then keep to the limits of the client: they make one attempt if it retries in their place, and no delay
/// outlasts its time. The headers can only restrict the retries of a server, so a hostile client gains nothing.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use backoff_core::tower::ReadScopeLayer;
///
/// let tea = get(|| async { "tea" });
/// let app: Router = Router::new().route("/", tea).layer(ReadScopeLayer);
/// assert!(app.has_routes());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadScopeLayer;

/// A service that writes the present scope into the headers of requests; made by [`WriteScopeLayer`].
///
/// # Examples
///
/// ```
/// use backoff_core::Scope;
/// use backoff_core::tower::{WriteScope, WriteScopeLayer};
/// use http::Request;
/// use tower::{Layer, Service, service_fn};
///
/// let attempt_of = |request: Request<()>| {
///     let number = request.headers().get("retry-attempt").cloned();
///     std::future::ready(Ok::<_, ()>(number))
/// };
/// let mut client: WriteScope<_> = WriteScopeLayer.layer(service_fn(attempt_of));
/// let header = |name: &str| (name == "retry-attempt").then_some("2");
/// let scope = Scope::from_headers(header).ok_or("no scope")?;
/// let response = scope.run(|| client.call(Request::new(()))).into_inner();
/// assert_eq!(response, Ok(Some("2".try_into()?)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WriteScope<V> {
    inner: V,
}

/// A service that runs in the scope of the client; made by [`ReadScopeLayer`].
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::Scope;
/// use backoff_core::tower::{ReadScope, ReadScopeLayer, ScopeFuture};
/// use http::Request;
/// use tower::{Layer, Service, service_fn};
///
/// async fn attempt(_: Request<()>) -> Result<Option<u32>, ()> {
///     Ok(Scope::current().map(|scope| scope.attempt()))
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let mut server: ReadScope<_> = ReadScopeLayer.layer(service_fn(attempt));
/// let request = Request::get("/").header("retry-attempt", "2").body(())?;
/// let response: ScopeFuture<_> = server.call(request);
/// assert_eq!(response.await, Ok(Some(2)));
/// # Ok::<(), http::Error>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ReadScope<V> {
    inner: V,
}

impl<V> Layer<V> for WriteScopeLayer {
    type Service = WriteScope<V>;

    fn layer(&self, inner: V) -> WriteScope<V> {
        WriteScope { inner }
    }
}

impl<V> Layer<V> for ReadScopeLayer {
    type Service = ReadScope<V>;

    fn layer(&self, inner: V) -> ReadScope<V> {
        ReadScope { inner }
    }
}

impl<V: Service<Request<B>>, B> Service<Request<B>> for WriteScope<V> {
    type Response = V::Response;
    type Error = V::Error;
    type Future = V::Future;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), V::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> V::Future {
        if let Some(scope) = Scope::current() {
            scope.add_to(request.headers_mut());
        }
        self.inner.call(request)
    }
}

impl<V: Service<Request<B>>, B> Service<Request<B>> for ReadScope<V> {
    type Response = V::Response;
    type Error = V::Error;
    type Future = ScopeFuture<V::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), V::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> ScopeFuture<V::Future> {
        match Scope::of(request.headers()) {
            Some(scope) => ScopeFuture::Within { work: scope.wrap(scope.run(|| self.inner.call(request))) },
            None => ScopeFuture::Without { work: self.inner.call(request) },
        }
    }
}

pin_project! {
    /// The future of a [`ReadScope`]. It allocates only for a request with a scope.
    #[project = ScopeFuturePinned]
    pub enum ScopeFuture<F> {
        #[doc(hidden)]
        Within { #[pin] work: InScope<F> },
        #[doc(hidden)]
        Without { #[pin] work: F },
    }
}

impl<F: Future> Future for ScopeFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            ScopeFuturePinned::Within { work } => work.poll(cx),
            ScopeFuturePinned::Without { work } => work.poll(cx),
        }
    }
}

impl<F> fmt::Debug for ScopeFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeFuture").finish_non_exhaustive()
    }
}
