//! The service that retries, and the future of its responses.

use core::fmt;
use core::task::{Context, Poll};
use std::future::IntoFuture as _;

use tower_layer::Layer;
use tower_service::Service;

use super::attempt::RequestAttempts;
use super::budget::BudgetFor;
use super::layer::{LayerParts, Requests, RetryLayer};
use super::policy::SharedPolicy;
use super::request::{ByClone, CloneRequest, IdempotentIf};
use crate::call::{NoBudget, SharedLimits};
use crate::drive::call::Environment;
use crate::drive::cancel::AsyncCancel;
use crate::drive::criteria::{Classifier, Condition, Criteria};
use crate::drive::future::RetryFuture;
use crate::drive::operation::Async;
use crate::drive::shared_limits::Nesting;
use crate::drive::timeout_signals::TimeoutSignals;
use crate::random::Random;
use crate::sleep::SleepMut;
use crate::{Backoff, ClockSource, Retry, Schedule};

/// A service that retries its requests; made by [`RetryLayer`].
///
/// It is ready when the inner service is. The first attempt uses the instance that was polled to readiness, and starts
/// when the response future is first polled. Each retry uses a clone of it, and polls that to readiness first; an error
/// of `poll_ready` there is the result of the attempt. That wait is limited by `attempt_timeout`, `timeout` and
/// `cancel_attempts`, as the attempt is. `max_elapsed` and `cancel` do not end it: they are checked before it, and its
/// request may be sent later.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::Policy;
/// use backoff_core::tower::{ResponseFuture, RetryLayer, RetryService};
/// use std::convert::Infallible;
/// use tower::{Layer, Service, service_fn};
///
/// async fn brew(order: &str) -> Result<String, Infallible> {
///     Ok(format!("{order}, hot"))
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let layer = RetryLayer::new(Policy::default());
/// let mut service: RetryService<_> = layer.layer(service_fn(brew));
/// let response: ResponseFuture<_, _> = service.call("tea");
/// assert_eq!(response.await.as_deref(), Ok("tea, hot"));
/// # });
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct RetryService<V, B = Schedule, C = Requests, J = Criteria, D = NoBudget, E = Environment> {
    inner: V,
    policy: SharedPolicy<B>,
    parts: LayerParts<C, J, D, E>,
}

/// The future of a response: an async call of the engine. `V` is the inner service, and `E` the environment of the
/// call.
///
/// Dropping it drops the attempt or the delay in progress, and all other state. It is `Send` if the inner service, its
/// future, its results and the request are. It panics as a [`RetryFuture`] does. [`RetryService`] has an example.
pub type ResponseFuture<V, Request, B = Schedule, C = ByClone, J = Criteria, E = Environment> =
    RetryFuture<Retry<SharedPolicy<B>, Async, RequestAttempts<V, Request, C>, J, (), E>>;

impl<V, B, C, J, D, E> Layer<V> for RetryLayer<B, C, J, D, E>
where
    B: Backoff + Clone,
    LayerParts<C, J, D, E>: Clone,
{
    type Service = RetryService<V, B, C, J, D, E>;

    fn layer(&self, inner: V) -> Self::Service {
        RetryService { inner, policy: SharedPolicy::new(self.policy.clone()), parts: self.parts.clone() }
    }
}

impl<V, B, C, I, W, U, D, S, K, G, X, T, N, Request> Service<Request>
    for RetryService<V, B, Requests<C, I>, Criteria<W, U>, D, Environment<S, K, G, X, T, SharedLimits<NoBudget, N>>>
where
    V: Service<Request> + Clone,
    B: Backoff,
    C: CloneRequest<Request> + Clone,
    I: IdempotentIf<Request>,
    W: Classifier<V::Error> + Clone,
    U: Condition<V::Response> + Clone,
    D: BudgetFor<Request>,
    S: SleepMut + Clone,
    K: ClockSource + Clone,
    G: Random + Clone,
    X: AsyncCancel<Result<V::Response, V::Error>> + Clone,
    T: TimeoutSignals<Result<V::Response, V::Error>> + Clone,
    N: Nesting + Clone,
{
    type Response = V::Response;
    type Error = V::Error;
    type Future =
        ResponseFuture<V, Request, B, C, Criteria<W, U>, Environment<S, K, G, X, T, SharedLimits<D::Budget, N>>>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), V::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let LayerParts { requests, criteria, budget, environment } = &self.parts;
        let source = self.policy.for_request(requests.idempotent.is_idempotent(&request));
        let budget = budget.budget_for(&request);
        let environment = environment.clone().with_shared(|SharedLimits { name, nesting, .. }| SharedLimits {
            name,
            budget,
            nesting,
        });
        // The clone is not ready; the instance that is serves this request.
        let clone = self.inner.clone();
        let ready = core::mem::replace(&mut self.inner, clone);
        let attempts = RequestAttempts::new(ready, requests.clone.clone(), request);
        Retry::with_parts(source, attempts, criteria.clone(), environment).into_future()
    }
}

impl<V, B, C, J, D, E> Clone for RetryService<V, B, C, J, D, E>
where
    V: Clone,
    LayerParts<C, J, D, E>: Clone,
{
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), policy: self.policy.clone(), parts: self.parts.clone() }
    }
}

impl<V: fmt::Debug, B, C, J, D, E> fmt::Debug for RetryService<V, B, C, J, D, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
