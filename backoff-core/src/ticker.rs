//! Attempt numbers spaced by a policy, for work that is repeated rather than retried.

use core::fmt;
use core::future::IntoFuture;
use core::time::Duration;

use crate::attempts::cancel::CancelSignal;
use crate::attempts::environment::LoopEnvironment;
use crate::attempts::pending::Pending;
use crate::attempts::state::{InstantIn, StateOf};
use crate::clock::{WaitClock, WaitKind};
use crate::decision::{Decision, Failure};
use crate::drive::Driver;
use crate::drive::call::Environment;
use crate::drive::cancel::BlockingCancel;
use crate::drive::source::PolicySource;
use crate::random::Random;
use crate::sleep::{BlockingSleepMut, SleepFn};
use crate::{Backoff, ClockSource, Fault, Policy, Seeded};

/// Ticks at the pace of a policy: the first at once, each further one after the policy's delay, until the policy ends.
///
/// An iterator for blocking code; async code awaits [`tick`](Ticker::tick). Created by [`Policy::ticker`], which
/// borrows the policy, or by [`Ticker::new`], which owns it.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
/// use std::time::Duration;
///
/// const PACE: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
///
/// let ticks: Vec<u32> = PACE.ticker().collect();
/// assert_eq!(ticks, [1, 2, 3]);
/// ```
pub struct Ticker<P: PolicySource = Policy, E: LoopEnvironment = Environment> {
    source: P,
    environment: E,
    /// `None` before the first tick.
    driver: Option<Driver<StateOf<P>, InstantIn<E>>>,
    pending: Option<Pending<InstantIn<E>>>,
    has_ended: bool,
}

impl<B: Backoff> Policy<B> {
    /// Returns a ticker at the pace of this policy. Its time starts at the first tick, or at the request for the second
    /// with `Since::FirstFailure`.
    #[must_use]
    pub fn ticker(&self) -> Ticker<&Self> {
        Ticker::new(self)
    }
}

impl<P: PolicySource> Ticker<P> {
    /// Returns a ticker that contains its policy: a `Policy`, a `&Policy`, or an `Arc<Policy>`.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, Ticker};
    ///
    /// struct Poller {
    ///     ticker: Ticker,
    /// }
    ///
    /// let mut poller = Poller { ticker: Ticker::new(Policy::never().build()) };
    /// assert_eq!((poller.ticker.next(), poller.ticker.next()), (Some(1), None));
    /// ```
    #[must_use]
    pub const fn new(policy: P) -> Self {
        Self { source: policy, environment: Environment::new(), driver: None, pending: None, has_ended: false }
    }
}

// A ticker that has ticked starts again with a new setting.
impl<P, S, K, G, X, T, L> Ticker<P, Environment<S, K, G, X, T, L>>
where
    P: PolicySource,
    Environment<S, K, G, X, T, L>: LoopEnvironment,
{
    /// Sets a custom sleeper, `|delay| ..`. It returns `()` for blocking code, and a future for async code.
    #[must_use]
    pub fn sleep<V, A>(self, sleeper: V) -> Ticker<P, Environment<SleepFn<V>, K, G, X, T, L>>
    where
        V: FnMut(Duration) -> A,
        Environment<SleepFn<V>, K, G, X, T, L>: LoopEnvironment,
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
    /// let policy = Policy::constant(Duration::from_secs(60)).max_attempts(3).build();
    /// assert!(policy.ticker().sleep_with(NoWait).eq([1, 2, 3])); // at once
    /// ```
    #[must_use]
    pub fn sleep_with<V>(self, sleeper: V) -> Ticker<P, Environment<V, K, G, X, T, L>>
    where
        Environment<V, K, G, X, T, L>: LoopEnvironment,
    {
        self.with_environment(|environment| environment.with_sleeper(sleeper))
    }

    /// Sets a custom clock, for example a closure `|| -> Duration`.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Jitter, Policy};
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// let now = Cell::new(Duration::ZERO);
    /// let policy = Policy::constant(Duration::from_secs(20))
    ///     .jitter(Jitter::None)
    ///     .max_elapsed(Duration::from_secs(60))
    ///     .build();
    /// let ticker = policy.ticker().clock(|| now.get());
    /// let ticker = ticker.sleep(|delay| now.set(now.get() + delay));
    /// assert_eq!(ticker.count(), 4); // at 0, 20, 40 and 60 s
    /// ```
    #[must_use]
    pub fn clock<V: ClockSource>(self, clock: V) -> Ticker<P, Environment<S, V, G, X, T, L>>
    where
        Environment<S, V, G, X, T, L>: LoopEnvironment,
    {
        self.with_environment(|environment| environment.with_clock(clock))
    }

    /// Sets a custom source of random numbers for the jitter.
    #[must_use]
    pub fn random<V: Random>(self, random: V) -> Ticker<P, Environment<S, K, V, X, T, L>>
    where
        Environment<S, K, V, X, T, L>: LoopEnvironment,
    {
        self.with_environment(|environment| environment.with_random(random))
    }

    /// Makes the jitter repeatable: the same seed gives the same delays.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let policy = Policy::constant(Duration::from_secs(60)).max_attempts(2).build();
    /// let mut delays = Vec::new();
    /// let _ = policy.ticker().seed(7).sleep(|delay| delays.push(delay)).count();
    /// let _ = policy.ticker().seed(7).sleep(|delay| delays.push(delay)).count();
    /// assert_eq!(delays[0], delays[1]);
    /// let ticker = policy.ticker().random(|| u64::MAX); // 10 % more
    /// let _ = ticker.sleep(|delay| delays.push(delay)).count();
    /// assert_eq!(delays[2], Duration::from_secs(66));
    /// ```
    #[must_use]
    pub fn seed(self, seed: u64) -> Ticker<P, Environment<S, K, Seeded, X, T, L>>
    where
        Environment<S, K, Seeded, X, T, L>: LoopEnvironment,
    {
        self.random(Seeded::new(seed))
    }

    /// Ends the ticker when it is cancelled. A delay in progress ends at once. The first tick happens in any case.
    ///
    /// A ticker of blocking code takes a [`CancelToken`](crate::CancelToken), borrowed or owned. One of async code
    /// takes a token or any other future.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{CancelToken, Policy};
    /// use std::time::Duration;
    ///
    /// let token = CancelToken::new();
    /// let policy = Policy::constant(Duration::from_secs(3_600)).forever().build();
    /// let mut ticker = policy.ticker().cancel(&token);
    /// token.cancel();
    /// assert_eq!((ticker.next(), ticker.next()), (Some(1), None));
    /// ```
    #[must_use]
    pub fn cancel<C: IntoFuture>(self, by: C) -> Ticker<P, Environment<S, K, G, CancelSignal<C::IntoFuture>, T, L>>
    where
        Environment<S, K, G, CancelSignal<C::IntoFuture>, T, L>: LoopEnvironment,
    {
        self.with_environment(|environment| environment.with_cancel(|_| CancelSignal::new(by.into_future())))
    }
}

impl<P: PolicySource, E: LoopEnvironment> Ticker<P, E> {
    fn with_environment<V: LoopEnvironment>(self, change: impl FnOnce(E) -> V) -> Ticker<P, V> {
        Ticker {
            source: self.source,
            environment: change(self.environment),
            driver: None,
            pending: None,
            has_ended: false,
        }
    }

    /// Returns the number of the tick that is due.
    fn number(&mut self) -> u32 {
        self.pending = None;
        self.driver.as_ref().map_or(1, |driver| driver.attempts().saturating_add(1))
    }
}

impl<P, S, K, G, X, T, L> Ticker<P, Environment<S, K, G, X, T, L>>
where
    P: PolicySource,
    K: ClockSource,
    G: Random,
    Environment<S, K, G, X, T, L>: LoopEnvironment<Clock = K>,
{
    /// Decides on the next tick. Returns the number of the first one, which has no delay.
    fn decide(&mut self, kind: WaitKind, is_cancelled: bool) -> Option<u32> {
        let clock = WaitClock::new(&self.environment.clock, kind);
        let Some(driver) = &mut self.driver else {
            self.driver = Some(Driver::start(self.source.rules(), &clock, false));
            return Some(1);
        };
        let tick = Failure::new(Fault::Transient).cancelled(is_cancelled);
        match driver.decide_tick(&self.source, &clock, tick, &mut self.environment.random) {
            Decision::RetryAfter(delay) => {
                self.pending = Some(Pending::new(delay, None, &clock, driver.attempts()));
            }
            Decision::Stop(_) => self.has_ended = true,
        }
        None
    }
}

#[cfg(feature = "async")]
mod awaiting {
    use core::future::poll_fn;
    use core::pin::{Pin, pin};
    use core::task::{Context, Poll, ready};

    use super::Ticker;
    use crate::ClockSource;
    use crate::attempts::cancel::LoopCancel;
    use crate::attempts::environment::LoopEnvironment;
    use crate::attempts::pending::WaitState;
    use crate::clock::{WaitClock, WaitKind};
    use crate::drive::call::Environment;
    use crate::drive::race::DelayEnd;
    use crate::drive::source::PolicySource;
    use crate::random::Random;
    use crate::sleep::SleepMut;

    impl<P, S, K, G, X, T, L> Ticker<P, Environment<S, K, G, X, T, L>>
    where
        P: PolicySource,
        K: ClockSource,
        G: Random,
        Environment<S, K, G, X, T, L>: LoopEnvironment<Clock = K>,
    {
        /// Waits for the next tick and returns its number; `None` when the policy has ended.
        ///
        /// # Cancellation
        ///
        /// Dropping the future keeps the delay: the next call waits for the rest of it, and the tick counts once.
        ///
        /// # Panics
        ///
        /// With the feature `tokio`, a delay panics in a tokio runtime without `enable_time`, whatever other features
        /// are on. Outside of a tokio runtime it panics unless `async-io` is on, too.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[cfg(feature = "tokio")]
        /// # {
        /// use backoff_core::{Jitter, Policy};
        /// use std::time::Duration;
        /// use tokio::time::{Instant, timeout};
        ///
        /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
        /// let policy = Policy::constant(Duration::from_secs(1));
        /// let policy = policy.jitter(Jitter::None).forever().build();
        /// let mut ticker = policy.ticker();
        /// assert_eq!(ticker.tick().await, Some(1));
        /// let start = Instant::now();
        /// let dropped = timeout(Duration::from_millis(300), ticker.tick()).await;
        /// assert!(dropped.is_err());
        /// assert_eq!(ticker.tick().await, Some(2));
        /// assert_eq!(start.elapsed(), Duration::from_secs(1));
        /// # });
        /// # }
        /// # Ok::<(), std::io::Error>(())
        /// ```
        pub async fn tick(&mut self) -> Option<u32>
        where
            S: SleepMut,
            X: LoopCancel,
        {
            let mut state = pin!(WaitState::new());
            poll_fn(|cx| self.poll_tick(state.as_mut(), cx)).await
        }

        /// Polls for the next tick, for `Stream`s and custom futures. `state` keeps the sleep of the delay; see
        /// [`Attempts::poll_wait`](crate::Attempts::poll_wait).
        ///
        /// # Panics
        ///
        /// Panics as [`tick`](Self::tick) does.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[cfg(feature = "tokio")]
        /// # {
        /// use backoff_core::{Policy, WaitState};
        /// use std::future::poll_fn;
        /// use std::pin::pin;
        /// use std::time::Duration;
        ///
        /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
        /// let policy = Policy::constant(Duration::from_secs(60)).max_attempts(2).build();
        /// let (mut ticker, mut state) = (policy.ticker(), pin!(WaitState::new()));
        /// for expected in [Some(1), Some(2), None] {
        ///     let tick = poll_fn(|cx| ticker.poll_tick(state.as_mut(), cx)).await;
        ///     assert_eq!(tick, expected);
        /// }
        /// # });
        /// # }
        /// # Ok::<(), std::io::Error>(())
        /// ```
        pub fn poll_tick(&mut self, state: Pin<&mut WaitState<S::Sleep>>, cx: &mut Context<'_>) -> Poll<Option<u32>>
        where
            S: SleepMut,
            X: LoopCancel,
        {
            if self.has_ended {
                return Poll::Ready(None);
            }
            if self.pending.is_none() {
                let is_cancelled = self.driver.is_some() && self.environment.cancel.is_given();
                if let Some(first) = self.decide(WaitKind::Async, is_cancelled) {
                    return Poll::Ready(Some(first));
                }
            }
            let Some(pending) = &mut self.pending else { return Poll::Ready(None) };
            let Environment { sleeper, clock, cancel, .. } = &mut self.environment;
            let clock = WaitClock::new(&*clock, WaitKind::Async);
            let end = ready!(pending.poll(cx, state, (&clock, sleeper), cancel));
            if end == DelayEnd::Cancelled {
                self.has_ended = true;
                return Poll::Ready(None);
            }
            Poll::Ready(Some(self.number()))
        }
    }
}

impl<P, S, K, G, X, T, L> Iterator for Ticker<P, Environment<S, K, G, X, T, L>>
where
    P: PolicySource,
    S: BlockingSleepMut,
    K: ClockSource,
    G: Random,
    X: BlockingCancel,
    Environment<S, K, G, X, T, L>: LoopEnvironment<Clock = K>,
{
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.has_ended {
            return None;
        }
        if self.pending.is_none() {
            let is_cancelled = self.environment.cancel.is_cancelled();
            if let Some(first) = self.decide(WaitKind::Blocking, is_cancelled) {
                return Some(first);
            }
        }
        let Environment { sleeper, clock, cancel, .. } = &mut self.environment;
        let clock = WaitClock::new(clock, WaitKind::Blocking);
        if !self.pending?.block(&clock, sleeper, cancel) {
            self.has_ended = true;
            return None;
        }
        Some(self.number())
    }
}

impl<P: PolicySource, E: LoopEnvironment> fmt::Debug for Ticker<P, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker").finish_non_exhaustive()
    }
}
