//! The layer, and its settings for requests, results and budgets.

use core::fmt;
use core::ops::Deref;

use super::budget::{BudgetBy, OneBudget};
use super::request::{ByClone, ByPolicy};
use crate::call::{Answer, BudgetSource, EveryError, NoBudget};
use crate::drive::call::Environment;
use crate::drive::criteria::Criteria;
use crate::{Budgets, Fault, Policy, Schedule};

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

    pub(super) fn with_environment<E2>(self, change: impl FnOnce(E) -> E2) -> RetryLayer<B, C, J, D, E2> {
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
    /// request without a copy is not retried. If its attempt fails in a way that would be retried, the call ends with
    /// the reason [`Disabled`](crate::StopReason::Disabled), which observers receive, and the result is handed back.
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
