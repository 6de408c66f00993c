//! The settings of a layer that are those of a call: name, scope, waiting, cancellation, timeouts.

use core::time::Duration;
use std::future::IntoFuture;

use super::layer::RetryLayer;
use crate::call::{Named, NoBudget, NoCancel, SharedLimits, SleepFn};
use crate::drive::call::Environment;
use crate::drive::cancel::{CancelledBy, CancelsAttempts, DropsAttempts, FromCancelled, HasSignal};
use crate::drive::source::Editable as _;
use crate::drive::timeouts::{TimeoutSettings, Timeouts};
use crate::{AttemptTimeout, Backoff, Cancelled, ClockSource, InnerRetries};
use backoff_rules::Rules;

/// The environment of a layer.
type With<S, K, G, X, T, N> = Environment<S, K, G, X, T, SharedLimits<NoBudget, N>>;

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
    /// A cancelled call wakes from its delay, makes no further attempt, and ends with the last result. An attempt that
    /// has begun goes on. The wait until the inner service is ready again is a part of the attempt, so its request may
    /// be sent after the cancellation: [`cancel_attempts`](Self::cancel_attempts) ends that, too.
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
