//! The layer, and its settings.

use core::fmt;
use core::ops::Deref;
use core::time::Duration;

use super::budget::{BudgetBy, OneBudget};
use super::request::{ByClone, ByPolicy};
use crate::call::{Answer, BudgetSource, EveryError, Named, NoBudget, NoCancel, SharedLimits, SleepFn};
use crate::drive::call::Environment;
use crate::drive::cancel::{CancelledBy, CancelsAttempts, DropsAttempts, FromCancelled, HasSignal};
use crate::drive::criteria::Criteria;
use crate::drive::source::Editable as _;
use crate::drive::timeouts::{TimeoutSettings, Timeouts};
use crate::{AttemptTimeout, Backoff, Budgets, Cancelled, ClockSource, Fault, InnerRetries, Policy, Schedule};
use backoff_rules::Rules;

/// A layer that retries the requests of a service.
///
/// The settings have the words of a call ([`Retry`](crate::Retry)): `when` classifies an error, and `until` a response.
/// They have the meaning that they have there, with one call for each request. By default every error is transient, and
/// every response is accepted.
///
/// A closure cannot see the types of a service that the layer does not know yet, so write the type of its argument:
/// `|error: &MyError| ..`. A setting is cloned for each request, so a closure with costly state shares it in an `Arc`.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::tower::RetryLayer;
/// use backoff_core::Policy;
/// use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use std::{future::ready, io};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let layer = RetryLayer::new(Policy::exponential().max_attempts(4).build())
///     .when(|error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused)
///     .until(|answer: &u32| *answer != 0)
///     .name("answers");
///
/// let number = AtomicU32::new(0);
/// let service = service_fn(|_: &str| match number.fetch_add(1, SeqCst) {
///     0 => ready(Err(io::ErrorKind::ConnectionRefused.into())),
///     1 => ready(Ok(0)),
///     _ => ready(Ok(42)),
/// });
/// let service = ServiceBuilder::new().layer(layer).service(service);
/// assert_eq!(service.oneshot("the question").await?, 42); // the third attempt
/// # Ok::<(), io::Error>(())
/// # })?;
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct RetryLayer<B = Schedule, C = Requests, J = Criteria, D = NoBudget, E = Environment> {
    pub(super) policy: Policy<B>,
    pub(super) parts: LayerParts<C, J, D, E>,
}

/// The settings of a layer except its policy.
#[derive(Clone)]
pub struct LayerParts<C, J, D, E> {
    pub(super) requests: C,
    pub(super) criteria: J,
    pub(super) budget: D,
    pub(super) environment: E,
}

/// The handling of requests: how one is cloned, and which are idempotent.
#[derive(Clone, Copy, Debug)]
pub struct Requests<C = ByClone, I = ByPolicy> {
    pub(super) clone: C,
    pub(super) idempotent: I,
}

/// The environment of a layer.
type With<S, K, G, X, T, N> = Environment<S, K, G, X, T, SharedLimits<NoBudget, N>>;

impl<B> RetryLayer<B> {
    /// Returns a layer that retries every error, and accepts every response.
    #[must_use]
    pub fn new(policy: Policy<B>) -> Self {
        let requests = Requests { clone: ByClone, idempotent: ByPolicy };
        let (criteria, budget, environment) = (Criteria::new(), NoBudget, Environment::new());
        Self { policy, parts: LayerParts { requests, criteria, budget, environment } }
    }
}

impl<B, C, J, D, E> RetryLayer<B, C, J, D, E> {
    fn with_parts<C2, J2, D2, E2>(
        self,
        change: impl FnOnce(LayerParts<C, J, D, E>) -> LayerParts<C2, J2, D2, E2>,
    ) -> RetryLayer<B, C2, J2, D2, E2> {
        RetryLayer { policy: self.policy, parts: change(self.parts) }
    }

    pub(super) fn with_requests<C2>(self, change: impl FnOnce(C) -> C2) -> RetryLayer<B, C2, J, D, E> {
        self.with_parts(|LayerParts { requests, criteria, budget, environment }| LayerParts {
            requests: change(requests),
            criteria,
            budget,
            environment,
        })
    }

    pub(super) fn with_criteria<J2>(self, change: impl FnOnce(J) -> J2) -> RetryLayer<B, C, J2, D, E> {
        self.with_parts(|LayerParts { requests, criteria, budget, environment }| LayerParts {
            requests,
            criteria: change(criteria),
            budget,
            environment,
        })
    }

    fn with_budget<D2>(self, budget: D2) -> RetryLayer<B, C, J, D2, E> {
        self.with_parts(|LayerParts { requests, criteria, environment, .. }| LayerParts {
            requests,
            criteria,
            budget,
            environment,
        })
    }

    fn with_environment<E2>(self, change: impl FnOnce(E) -> E2) -> RetryLayer<B, C, J, D, E2> {
        self.with_parts(|LayerParts { requests, criteria, budget, environment }| LayerParts {
            requests,
            criteria,
            budget,
            environment: change(environment),
        })
    }

    /// Takes a token of a shared budget for each retry: a `&'static Budget` or an `Arc<Budget>`. A success makes a
    /// deposit.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::tower::RetryLayer;
    /// use backoff_core::{Budget, Policy};
    ///
    /// static SEARCH: Budget = Budget::new();
    ///
    /// let layer = RetryLayer::new(Policy::default()).budget(&SEARCH);
    /// assert_eq!(SEARCH.available(), 2.0); // the retries of a new client
    /// ```
    #[must_use]
    pub fn budget<V: BudgetSource>(self, budget: V) -> RetryLayer<B, C, J, OneBudget<V>, E> {
        self.with_budget(OneBudget(budget))
    }

    /// Takes the tokens for retries from the budget of the request's key, such as its host: `budgets` is a
    /// `&'static Budgets<K>` or an `Arc<Budgets<K>>`.
    ///
    /// The key is computed once for each request, and its budget is looked up.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::tower::RetryLayer;
    /// use backoff_core::{Budgets, Policy};
    ///
    /// static TENANTS: Budgets<u64> = Budgets::new();
    ///
    /// struct Order { tenant: u64 }
    ///
    /// let layer = RetryLayer::new(Policy::default());
    /// let layer = layer.budget_by(|order: &Order| order.tenant, &TENANTS);
    /// ```
    #[must_use]
    pub fn budget_by<F, Request, K, A>(self, key: F, budgets: A) -> RetryLayer<B, C, J, BudgetBy<F, A>, E>
    where
        F: Fn(&Request) -> K,
        A: Deref<Target = Budgets<K>>,
    {
        self.with_budget(BudgetBy { key, budgets })
    }
}

impl<B, C, I, J, D, E> RetryLayer<B, Requests<C, I>, J, D, E> {
    /// Sets the closure that clones a request. It returns `None` for a request that is sent only once.
    ///
    /// Default: the request's own [`Clone`]. A request is cloned before it is sent, unless the attempt is the last. A
    /// request without a copy is not retried. If its attempt fails in a way that would be retried, the call ends with the
    /// reason [`Disabled`](crate::StopReason::Disabled), which observers receive, and the result is handed back.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use backoff_core::tower::RetryLayer;
    ///
    /// #[derive(Clone)]
    /// struct Upload(Vec<u8>);
    ///
    /// let small = |all: &Upload| (all.0.len() < 4096).then(|| all.clone());
    /// let layer = RetryLayer::new(Policy::default()).clone_with(small);
    /// ```
    #[must_use]
    pub fn clone_with<F, Request>(self, clone: F) -> RetryLayer<B, Requests<F, I>, J, D, E>
    where
        F: Fn(&Request) -> Option<Request> + Clone,
    {
        self.with_requests(|Requests { idempotent, .. }| Requests { clone, idempotent })
    }

    /// Sets the closure that selects idempotent requests: those are also repeated after an ambiguous failure.
    ///
    /// Requests for which it returns `false` follow the policy.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(all(feature = "tokio", feature = "testing"))]
    /// # {
    /// use backoff_core::tower::RetryLayer;
    /// use backoff_core::{Fault, Policy, testing};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let layer = RetryLayer::new(Policy::default())
    ///     .when(|_: &&str| Fault::Ambiguous) // the server may have acted
    ///     .idempotent_if(|request: &&str| *request == "read");
    /// let service = |_: &'static str| async { Err::<(), _>("lost") };
    /// let service = ServiceBuilder::new().layer(layer).service_fn(service);
    /// let test = testing::no_waits();
    /// assert!(service.clone().oneshot("read").await.is_err());
    /// assert!(service.oneshot("write").await.is_err());
    /// assert_eq!(test.attempts(), 3 + 1);
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn idempotent_if<F, Request>(self, idempotent: F) -> RetryLayer<B, Requests<C, F>, J, D, E>
    where
        F: Fn(&Request) -> bool,
    {
        self.with_requests(|Requests { clone, .. }| Requests { clone, idempotent })
    }
}

impl<B, C, U, D, E> RetryLayer<B, C, Criteria<EveryError, U>, D, E> {
    /// Sets the classifier of errors. It returns `true` to retry, or a [`Fault`].
    #[must_use]
    pub fn when<W, Error, A>(self, classifier: W) -> RetryLayer<B, C, Criteria<W, U>, D, E>
    where
        W: FnMut(&Error) -> A + Clone,
        A: Into<Fault>,
    {
        self.with_criteria(|Criteria { until, .. }| Criteria { when: classifier, until })
    }
}

impl<B, C, W, V, D, E> RetryLayer<B, C, Criteria<W, V>, D, E> {
    /// Sets the condition that a response must meet to be accepted. It returns a `bool`, or a `Result<(), Fault>`.
    ///
    /// When the call ends with a response that does not meet it, that response is handed back. It replaces the rule for
    /// responses of [`http`](Self::http) or [`grpc`](Self::grpc), and leaves the rule for errors.
    #[must_use]
    pub fn until<U, Response, A>(self, condition: U) -> RetryLayer<B, C, Criteria<W, U>, D, E>
    where
        U: FnMut(&Response) -> A + Clone,
        A: Answer,
    {
        self.with_criteria(|Criteria { when, .. }| Criteria { when, until: condition })
    }
}

impl<B, C, J, D, S, K, G, X, T, N> RetryLayer<B, C, J, D, With<S, K, G, X, T, N>> {
    /// Sets the name of the calls in the events of `tracing`, `metrics` and the global observer.
    #[must_use]
    pub fn name(self, name: &'static str) -> Self {
        self.with_environment(|environment| {
            environment.with_shared(|shared| SharedLimits { name: Named(name), ..shared })
        })
    }

    /// Sets the handling of retries in calls inside the inner service; see [`InnerRetries`].
    ///
    /// With [`WriteScopeLayer`](super::WriteScopeLayer) inside this layer, it applies to the server, too.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")] {
    /// use backoff_core::tower::RetryLayer;
    /// use backoff_core::{CancelToken, InnerRetries, Policy, Scope};
    /// use std::future::ready;
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// static SHUTDOWN: CancelToken = CancelToken::new();
    /// SHUTDOWN.cancel(); // so the first attempt is the last
    /// let layer = RetryLayer::new(Policy::default()).cancel(&SHUTDOWN);
    /// let layer = layer.inner_retries(InnerRetries::Suppress);
    /// let failing = |_: ()| ready(Err::<(), _>(Scope::current().is_some()));
    /// let service = ServiceBuilder::new().layer(layer).service_fn(failing);
    /// assert_eq!(service.oneshot(()).await, Err(true)); // it ran in a scope
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn inner_retries(self, mode: InnerRetries) -> RetryLayer<B, C, J, D, With<S, K, G, X, T, InnerRetries>> {
        self.with_environment(|environment| {
            environment.with_shared(|SharedLimits { name, budget, .. }| SharedLimits { name, budget, nesting: mode })
        })
    }

    /// Sets a custom sleeper, a closure that returns a future.
    #[must_use]
    pub fn sleep<F, A>(self, sleeper: F) -> RetryLayer<B, C, J, D, With<SleepFn<F>, K, G, X, T, N>>
    where
        F: FnMut(Duration) -> A + Clone,
    {
        self.sleep_with(SleepFn(sleeper))
    }

    /// Sets a sleeper that implements [`Sleeper`](crate::Sleeper).
    #[must_use]
    pub fn sleep_with<Z>(self, sleeper: Z) -> RetryLayer<B, C, J, D, With<Z, K, G, X, T, N>> {
        self.with_environment(|environment| environment.with_sleeper(sleeper))
    }

    /// Sets a custom clock, for example a closure `|| -> Duration`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")] {
    /// use backoff_core::{Policy, tower::RetryLayer};
    /// use std::{future::ready, time::Duration};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let policy = Policy::constant(Duration::from_secs(3_600)).build();
    /// let layer = RetryLayer::new(policy).clock(|| Duration::ZERO);
    /// let layer = layer.sleep(|_| ready(())); // or `sleep_with(sleeper)`
    /// let failing = |_: ()| ready(Err::<(), _>("down"));
    /// let service = ServiceBuilder::new().layer(layer).service_fn(failing);
    /// assert_eq!(service.oneshot(()).await, Err("down")); // after no delay
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn clock<Z: ClockSource>(self, clock: Z) -> RetryLayer<B, C, J, D, With<S, Z, G, X, T, N>> {
        self.with_environment(|environment| environment.with_clock(clock))
    }
}

impl<B, C, J, D, S, K, G, T, N> RetryLayer<B, C, J, D, With<S, K, G, NoCancel, T, N>> {
    /// Sets the cancellation of all calls of the layer: a [`CancelToken`](crate::CancelToken), owned or `&'static`.
    ///
    /// A cancelled call wakes from its delay, makes no further attempt, and ends with the last result. An attempt that has
    /// begun goes on. The wait until the inner service is ready again is a part of the attempt, so its request may be
    /// sent after the cancellation: [`cancel_attempts`](Self::cancel_attempts) ends that, too.
    #[must_use]
    pub fn cancel<Z>(self, by: Z) -> RetryLayer<B, C, J, D, With<S, K, G, CancelledBy<Z>, T, N>>
    where
        Z: IntoFuture + Clone,
    {
        self.with_environment(|environment| environment.with_cancel(|_| CancelledBy(by)))
    }
}

impl<B, C, J, D, S, K, G, X, T, N> RetryLayer<B, C, J, D, With<S, K, G, X, T, N>> {
    /// Lets [`cancel`](Self::cancel) also end a running attempt, and the wait until the inner service is ready.
    ///
    /// The attempt is dropped, and the call fails with the error from [`on_cancel`](Self::on_cancel) or
    /// `From<Cancelled>`, which `tower::BoxError` has. A dropped request may have reached the server.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::tower::RetryLayer;
    /// use backoff_core::{CancelToken, Policy};
    /// use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let stop = CancelToken::new();
    /// let layer = RetryLayer::new(Policy::default()).cancel(stop.clone()).cancel_attempts();
    /// let service = ServiceBuilder::new().layer(layer).service(service_fn(|_: ()| {
    ///     std::future::pending::<Result<(), BoxError>>() // hangs
    /// }));
    /// let call = tokio::spawn(service.oneshot(()));
    /// stop.cancel();
    /// assert_eq!(call.await?.unwrap_err().to_string(), "cancelled");
    /// # Ok::<(), BoxError>(())
    /// # })?;
    /// # }
    /// # Ok::<(), tower::BoxError>(())
    /// ```
    #[must_use]
    pub fn cancel_attempts<Z>(self) -> RetryLayer<B, C, J, D, With<S, K, G, CancelsAttempts<Z, FromCancelled>, T, N>>
    where
        X: HasSignal<Z>,
    {
        self.with_environment(|environment| environment.with_cancel(HasSignal::cancel_attempts))
    }

    /// Sets the closure that creates the error of an attempt that was cancelled, after
    /// [`cancel_attempts`](Self::cancel_attempts).
    #[must_use]
    pub fn on_cancel<F, Error, Z>(self, make: F) -> RetryLayer<B, C, J, D, With<S, K, G, CancelsAttempts<Z, F>, T, N>>
    where
        F: FnMut(Cancelled) -> Error + Clone,
        X: DropsAttempts<Z>,
    {
        self.with_environment(|environment| environment.with_cancel(|cancel| cancel.on_cancel(make)))
    }
}

impl<B, C, J, D, S, K, G, X, T, N> RetryLayer<B, C, J, D, With<S, K, G, X, T, N>>
where
    T: TimeoutSettings,
{
    /// Limits the run time of each attempt. It includes the wait until the inner service is ready again, and ends with
    /// the response; the body of an HTTP response is not part of it.
    ///
    /// An attempt that exceeds the limit is dropped, and fails with the error from [`on_timeout`](Self::on_timeout) or
    /// `From<AttemptTimeout>`, which `tower::BoxError` has.
    #[must_use]
    pub fn attempt_timeout(
        self,
        limit: Duration,
    ) -> RetryLayer<B, C, J, D, With<S, K, G, X, Timeouts<T::OnTimeout>, N>> {
        self.with_timeouts(|timeouts| Timeouts { attempt: Some(limit), ..timeouts })
    }

    /// Limits the time of the whole call: when it has passed, the attempt or the delay in progress is dropped, and the
    /// call fails with the error from [`on_timeout`](Self::on_timeout) or `From<AttemptTimeout>`.
    ///
    /// A timeout is a limit, so it replaces the default of 3 attempts of a policy without limits.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> RetryLayer<B, C, J, D, With<S, K, G, X, Timeouts<T::OnTimeout>, N>>
    where
        B: Backoff,
    {
        self.policy = self.policy.edited(Rules::limit_by_timeout);
        self.with_timeouts(|timeouts| Timeouts { call: Some(limit), ..timeouts })
    }

    /// Sets the closure that creates the error of an attempt or a call that timed out.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")] {
    /// use backoff_core::tower::RetryLayer;
    /// use backoff_core::{AttemptTimeout, Policy};
    /// use std::{future::pending, time::Duration};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let start = tokio::time::Instant::now();
    /// let layer = RetryLayer::new(Policy::default())
    ///     .attempt_timeout(Duration::from_secs(2))
    ///     .timeout(Duration::from_secs(9))
    ///     .on_timeout(|timeout: AttemptTimeout| timeout.limit().as_secs());
    /// let builder = ServiceBuilder::new().layer(layer);
    /// let service = builder.service_fn(|_: ()| pending::<Result<(), u64>>());
    /// assert_eq!(service.oneshot(()).await, Err(9)); // after attempts of 2 s
    /// assert_eq!(start.elapsed(), Duration::from_secs(9));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn on_timeout<F, Error>(self, make: F) -> RetryLayer<B, C, J, D, With<S, K, G, X, Timeouts<F>, N>>
    where
        F: FnMut(AttemptTimeout) -> Error + Clone,
    {
        self.with_timeouts(|Timeouts { attempt, call, .. }| Timeouts { attempt, call, on_timeout: make })
    }

    fn with_timeouts<F>(
        self,
        change: impl FnOnce(Timeouts<T::OnTimeout>) -> Timeouts<F>,
    ) -> RetryLayer<B, C, J, D, With<S, K, G, X, Timeouts<F>, N>> {
        self.with_environment(|environment| environment.with_timeouts(|timeouts| change(timeouts.settings())))
    }
}

impl<B, C, J, D, E> fmt::Debug for RetryLayer<B, C, J, D, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer").finish_non_exhaustive()
    }
}

impl<C, J, D, E> fmt::Debug for LayerParts<C, J, D, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerParts").finish_non_exhaustive()
    }
}
