//! The settings of a manual loop.

use core::future::IntoFuture;
use core::time::Duration;

use super::Attempts;
use super::cancel::CancelSignal;
use super::environment::LoopEnvironment;
use super::state::{FinishOnDrop, State};
use crate::drive::call::Environment;
use crate::drive::shared_limits::{BudgetSource, Named, Nesting, SharedLimits};
use crate::drive::source::PolicySource;
use crate::drive::timeouts::NoTimeouts;
use crate::random::Random;
use crate::sleep::SleepFn;
use crate::{ClockSource, InnerRetries, Scope, Seeded};

type With<S, K, G, X, D, N> = Environment<S, K, G, X, NoTimeouts, SharedLimits<D, N>>;

impl<P: PolicySource, E: LoopEnvironment> Attempts<P, E> {
    /// Continues a call of an earlier process: it has failed this many times in this time.
    ///
    /// Save [`failures`](Self::failures) and [`elapsed`](Self::elapsed) for it. The pending delay of the earlier
    /// process is not part of them. Decorrelated jitter starts from the initial delay. The state of a custom backoff is
    /// computed by repeating its delays.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Jitter, Policy};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::exponential()
    ///     .jitter(Jitter::None)
    ///     .max_elapsed(Duration::from_secs(60))
    ///     .build();
    /// let mut attempts = policy.start().resume(3, Duration::from_secs(59));
    /// assert_eq!(attempts.number(), 4);
    /// assert_eq!(attempts.failed("down"), Ok(Duration::from_millis(800)));
    /// assert!(attempts.elapsed() >= Duration::from_secs(59));
    /// ```
    #[must_use]
    pub fn resume(mut self, failures: u32, elapsed: Duration) -> Self {
        self.state.resume(failures, elapsed);
        self
    }

    fn changed<V>(self, change: impl FnOnce(E) -> V) -> Attempts<P, V>
    where
        V: LoopEnvironment<Clock = E::Clock, Nesting = E::Nesting>,
    {
        Attempts { state: FinishOnDrop::new(self.state.into_inner().changed(change)) }
    }

    fn restarted<V: LoopEnvironment>(self, change: impl FnOnce(E) -> V) -> Attempts<P, V> {
        Attempts { state: FinishOnDrop::new(State::restarted(self.state.into_inner(), change)) }
    }
}

impl<P, S, K, G, X, D, N> Attempts<P, With<S, K, G, X, D, N>>
where
    P: PolicySource,
    K: ClockSource,
    D: BudgetSource,
    N: Nesting,
{
    /// Sets a custom sleeper, `|delay| ..`. It returns `()` for blocking waits, and a future for async ones.
    #[must_use]
    pub fn sleep<V, A>(self, sleeper: V) -> Attempts<P, With<SleepFn<V>, K, G, X, D, N>>
    where
        V: FnMut(Duration) -> A,
    {
        self.sleep_with(SleepFn(sleeper))
    }

    /// Sets a sleeper that implements [`Sleeper`](crate::Sleeper) or [`BlockingSleeper`](crate::BlockingSleeper).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{BlockingSleeper, Policy};
    /// use std::time::Duration;
    ///
    /// struct NoWait;
    ///
    /// impl BlockingSleeper for NoWait {
    ///     fn sleep(&self, _: Duration) {}
    /// }
    ///
    /// let policy = Policy::constant(Duration::from_secs(3_600)).build();
    /// let mut attempts = policy.start().sleep_with(NoWait);
    /// assert_eq!(attempts.pause("down"), Ok(())); // at once
    /// ```
    #[must_use]
    pub fn sleep_with<V>(self, sleeper: V) -> Attempts<P, With<V, K, G, X, D, N>> {
        self.changed(|environment| environment.with_sleeper(sleeper))
    }

    /// Sets a custom clock, for example a closure `|| -> Duration`. The call starts now.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason};
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// let now = Cell::new(Duration::ZERO);
    /// let policy = Policy::exponential().max_elapsed(Duration::from_secs(60)).build();
    /// let mut attempts = policy
    ///     .start()
    ///     .clock(|| now.get())
    ///     .sleep(|delay| now.set(now.get() + delay));
    /// while attempts.pause("down").is_ok() {}
    /// assert_eq!(
    ///     (attempts.stopped(), attempts.elapsed()),
    ///     (Some(StopReason::MaxElapsed), attempts.slept())
    /// );
    /// ```
    #[must_use]
    pub fn clock<V: ClockSource>(self, clock: V) -> Attempts<P, With<S, V, G, X, D, N>> {
        self.restarted(|environment| environment.with_clock(clock))
    }

    /// Sets a custom source of random numbers for the jitter.
    #[must_use]
    pub fn random<V: Random>(self, random: V) -> Attempts<P, With<S, K, V, X, D, N>> {
        self.changed(|environment| environment.with_random(random))
    }

    /// Makes the jitter of this call repeatable: the same seed gives the same delays.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let policy = Policy::default();
    /// let delay = |seed| policy.start().seed(seed).failed("down");
    /// assert_eq!(delay(7), delay(7));
    /// let longest = policy.start().random(|| u64::MAX).failed("down");
    /// assert_eq!(longest, Ok(Duration::from_millis(100)));
    /// ```
    #[must_use]
    pub fn seed(self, seed: u64) -> Attempts<P, With<S, K, Seeded, X, D, N>> {
        self.random(Seeded::new(seed))
    }

    /// Stops the call when it is cancelled: at its next failure, or at once while it waits.
    ///
    /// A loop that blocks takes a [`CancelToken`](crate::CancelToken), borrowed or owned. A loop that awaits takes a
    /// token or any other future, whose completion cancels the call. The future is pinned at the first failure, on the
    /// heap.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{CancelToken, Policy, StopReason};
    ///
    /// static SHUTDOWN: CancelToken = CancelToken::new();
    ///
    /// let policy = Policy::exponential().forever().build();
    /// let mut attempts = policy.start().cancel(&SHUTDOWN);
    /// SHUTDOWN.cancel();
    /// assert_eq!(attempts.pause("refused"), Err("refused"));
    /// assert_eq!(attempts.stopped(), Some(StopReason::Cancelled));
    /// ```
    #[must_use]
    pub fn cancel<C: IntoFuture>(self, by: C) -> Attempts<P, With<S, K, G, CancelSignal<C::IntoFuture>, D, N>> {
        self.changed(|environment| environment.with_cancel(|_| CancelSignal::new(by.into_future())))
    }

    /// Sets the name of the call in logs and metrics; empty by default.
    #[must_use]
    pub fn name(self, name: &'static str) -> Self {
        self.changed(|environment| environment.with_shared(|shared| SharedLimits { name: Named(name), ..shared }))
    }

    /// Takes a token of a shared budget for each retry. [`success`](Self::success) puts a part back, as does an attempt
    /// that runs when the value is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Budget, Policy, StopReason};
    ///
    /// static BUDGET: Budget = Budget::new().capacity(1);
    ///
    /// let policy = Policy::default();
    /// let mut attempts = policy.start().budget(&BUDGET).name("import");
    /// assert!(attempts.failed("down").is_ok()); // takes the token
    /// attempts.delay_passed();
    /// assert_eq!(attempts.failed("down"), Err("down"));
    /// assert_eq!(attempts.stopped(), Some(StopReason::BudgetEmpty));
    /// ```
    #[must_use]
    pub fn budget<V: BudgetSource>(self, budget: V) -> Attempts<P, With<S, K, G, X, V, N>> {
        self.changed(|environment| {
            environment.with_shared(|SharedLimits { name, nesting, .. }| SharedLimits { name, budget, nesting })
        })
    }

    /// Sets the handling of retries in inner calls; see [`InnerRetries`]. Run each attempt in [`scope`](Self::scope).
    #[must_use]
    pub fn inner_retries(self, mode: InnerRetries) -> Attempts<P, With<S, K, G, X, D, InnerRetries>> {
        self.restarted(|environment| {
            environment.with_shared(|SharedLimits { name, budget, .. }| SharedLimits { name, budget, nesting: mode })
        })
    }
}

impl<P, S, K, G, X, D> Attempts<P, With<S, K, G, X, D, InnerRetries>>
where
    P: PolicySource,
    K: ClockSource,
    D: BudgetSource,
{
    /// Returns the scope in which attempts run, so that calls inside find the limits of this loop; `None` with
    /// [`InnerRetries::Allow`].
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{InnerRetries, Policy};
    ///
    /// const THREE: Policy =
    ///     Policy::constant(std::time::Duration::ZERO).max_attempts(3).build();
    ///
    /// let mut calls = 0;
    /// let mut attempts = THREE.start().inner_retries(InnerRetries::Suppress);
    /// loop {
    ///     let scope = attempts.scope().ok_or("no scope")?;
    ///     let result = scope.run(|| {
    ///         THREE
    ///             .retry(|| {
    ///                 calls += 1;
    ///                 Err::<(), _>("down")
    ///             })
    ///             .call()
    ///     });
    ///     if attempts.pause(result.unwrap_err()).is_err() {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(calls, 3); // and not 9
    ///
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        self.state.scope.clone()
    }
}
