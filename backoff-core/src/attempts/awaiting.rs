//! The async waits of a manual loop.

use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};

use super::Attempts;
use super::cancel::LoopCancel;
use super::environment::LoopEnvironment;
use super::pending::WaitState;
use super::state::State;
use crate::clock::{WaitClock, WaitKind};
use crate::drive::after_attempt::text_of;
use crate::drive::call::Environment;
use crate::drive::race::DelayEnd;
use crate::drive::shared_limits::{BudgetSource, Nesting, SharedLimits};
use crate::drive::source::PolicySource;
use crate::drive::timeouts::NoTimeouts;
use crate::error::Cancelled;
use crate::observe::ErrorText;
use crate::random::Random;
use crate::sleep::SleepMut;
use crate::{ClockSource, Fault};

impl<P, S, K, G, X, D, N> Attempts<P, Environment<S, K, G, X, NoTimeouts, SharedLimits<D, N>>>
where
    P: PolicySource,
    K: ClockSource,
    G: Random,
    D: BudgetSource,
    N: Nesting,
{
    /// Waits for the pending delay without blocking the thread. Returns at once if none is pending.
    ///
    /// # Errors
    ///
    /// Returns [`Cancelled`] if the call was cancelled during the delay, or had been before.
    ///
    /// # Cancellation
    ///
    /// Dropping the future keeps the delay: the next wait is for the rest of it.
    ///
    /// # Panics
    ///
    /// Panics as [`pause_async`](Self::pause_async) does.
    ///
    /// # Examples
    ///
    /// A loop that also serves messages. Each attempt begins with the wait, so a message does not end a delay:
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{Attempts, Jitter, Policy};
    /// use std::time::Duration;
    /// use tokio::time::{Instant, interval};
    ///
    /// async fn connect(attempts: &mut Attempts) -> Result<u32, &'static str> {
    ///     let _ = attempts.wait_async().await; // the rest of the delay
    ///     Err("refused")
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let second = Policy::constant(Duration::from_secs(1)).jitter(Jitter::None);
    /// let mut attempts = Attempts::new(second.max_attempts(4).build());
    /// let mut messages = interval(Duration::from_millis(300));
    /// let start = Instant::now();
    /// let error = loop {
    ///     tokio::select! {
    ///         _ = messages.tick() => {} // drops `connect`
    ///         result = connect(&mut attempts) => match result {
    ///             Ok(connection) => panic!("{connection}"),
    ///             Err(error) => match attempts.failed(error) {
    ///                 Ok(_) => {}
    ///                 Err(last) => break last,
    ///             },
    ///         },
    ///     }
    /// };
    /// assert_eq!((error, start.elapsed()), ("refused", Duration::from_secs(3)));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn wait_async(&mut self) -> Result<(), Cancelled>
    where
        S: SleepMut,
        X: LoopCancel,
    {
        if self.state.call.pending.is_none() {
            return self.without_delay();
        }
        let end = self.end_of_delay().await;
        self.waited(end)
    }

    /// Polls the wait for the pending delay, for `Stream`s, `Service`s and custom futures. Returns at once if none is
    /// pending.
    ///
    /// The sleep of the delay is kept in `state`, so that the loop itself needs no pin. If `state` is dropped, the next
    /// wait is for the rest of the delay.
    ///
    /// # Errors
    ///
    /// Returns [`Cancelled`] if the call was cancelled during the delay, or had been before.
    ///
    /// # Panics
    ///
    /// Panics as [`pause_async`](Self::pause_async) does.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::call::RuntimeSleep;
    /// use backoff_core::{Attempts, Policy, WaitState};
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll, ready};
    /// use std::time::Duration;
    ///
    /// /// A connection that is made again whenever it breaks.
    /// struct Connector {
    ///     attempts: Attempts,
    ///     delay: Pin<Box<WaitState<RuntimeSleep>>>,
    ///     tries: u32,
    /// }
    ///
    /// impl Connector {
    ///     fn poll_connect(
    ///         &mut self,
    ///         cx: &mut Context<'_>,
    ///     ) -> Poll<Result<u32, String>> {
    ///         loop {
    ///             let end = self.attempts.poll_wait(self.delay.as_mut(), cx);
    ///             ready!(end).map_err(|cancelled| cancelled.to_string())?;
    ///             self.tries += 1; // poll the attempt here
    ///             if self.tries == 3 {
    ///                 self.attempts.success();
    ///                 return Poll::Ready(Ok(self.tries));
    ///             }
    ///             self.attempts.failed("refused".to_owned())?;
    ///         }
    ///     }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::constant(Duration::from_secs(1)).max_attempts(3);
    /// let attempts = Attempts::new(policy.build());
    /// let delay = Box::pin(WaitState::new());
    /// let mut connector = Connector { attempts, delay, tries: 0 };
    /// assert_eq!(poll_fn(|cx| connector.poll_connect(cx)).await, Ok(3));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn poll_wait(
        &mut self,
        state: Pin<&mut WaitState<S::Sleep>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Cancelled>>
    where
        S: SleepMut,
        X: LoopCancel,
    {
        if self.state.call.pending.is_none() {
            return Poll::Ready(self.without_delay());
        }
        let end = ready!(self.state.poll_delay(state, cx));
        Poll::Ready(self.waited(end))
    }

    /// Waits before the next attempt without blocking the thread; the error is transient.
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    ///
    /// # Cancellation
    ///
    /// Dropping the future keeps the delay, and the failure has been counted. Before the next attempt,
    /// [`wait_async`](Self::wait_async) waits for the rest. If the next attempt runs without that wait and fails, too,
    /// the next pause ends with the later of both delays.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, a delay panics in a tokio runtime without `enable_time`, whatever other features are
    /// on. Outside of a tokio runtime it panics unless `async-io` is on, too.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::Policy;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::exponential().max_attempts(2).build();
    /// let mut attempts = policy.start();
    /// assert_eq!(attempts.pause_async("down").await, Ok(()));
    /// assert_eq!(attempts.pause_async("down").await, Err("down"));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn pause_async<R>(&mut self, error: R) -> Result<(), R>
    where
        S: SleepMut,
        X: LoopCancel,
    {
        self.pause_async_as(error, Fault::Transient).await
    }

    /// Waits before the next attempt without blocking the thread; `fault` is the classification of the error.
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    ///
    /// # Cancellation
    ///
    /// Dropping the future keeps the delay, as that of [`pause_async`](Self::pause_async) does.
    ///
    /// # Panics
    ///
    /// Panics as [`pause_async`](Self::pause_async) does.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{Fault, Policy};
    /// use std::time::Duration;
    /// use tokio::time::Instant;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::default();
    /// let (mut attempts, start) = (policy.start(), Instant::now());
    /// let push_back = Fault::PushBack(Duration::from_secs(5));
    /// assert_eq!(attempts.pause_async_as("429", push_back).await, Ok(()));
    /// assert!(start.elapsed() >= Duration::from_secs(5));
    /// let last = attempts.pause_async_as("404", Fault::Permanent).await;
    /// assert_eq!(last, Err("404"));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn pause_async_as<R>(&mut self, error: R, fault: impl Into<Fault>) -> Result<(), R>
    where
        S: SleepMut,
        X: LoopCancel,
    {
        self.state.call.kind = WaitKind::Async;
        if self.state.check_and_count(fault.into(), Some(&error)).is_err() {
            return Err(error);
        }
        let held = X::hold(error);
        if self.end_of_delay().await == DelayEnd::Cancelled {
            if let Some(error) = X::release(held) {
                self.state.interrupted(text_of(Some(&error)));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Returns the result of a wait. Cancellation ends the call.
    fn waited(&mut self, end: DelayEnd) -> Result<(), Cancelled> {
        if end == DelayEnd::Cancelled {
            self.state.interrupted(ErrorText::NONE);
            return Err(Cancelled);
        }
        Ok(())
    }

    /// Waits for the end of the pending delay.
    async fn end_of_delay(&mut self) -> DelayEnd
    where
        S: SleepMut,
        X: LoopCancel,
    {
        let waiting = Waiting(&mut *self.state);
        let mut sleep = pin!(WaitState::new());
        poll_fn(|cx| waiting.0.poll_delay(sleep.as_mut(), cx)).await
    }
}

impl<P, S, K, G, X, D, N> State<P, Environment<S, K, G, X, NoTimeouts, SharedLimits<D, N>>>
where
    P: PolicySource,
    S: SleepMut,
    K: ClockSource,
    X: LoopCancel,
    D: BudgetSource,
    N: Nesting,
{
    /// Polls the pending delay. At its end the next attempt starts, unless the call was cancelled.
    fn poll_delay(&mut self, sleep: Pin<&mut WaitState<S::Sleep>>, cx: &mut Context<'_>) -> Poll<DelayEnd> {
        let Self { environment, call, .. } = self;
        call.kind = WaitKind::Async;
        let Some(pending) = &mut call.pending else { return Poll::Ready(DelayEnd::Elapsed) };
        let Environment { sleeper, clock, cancel, .. } = environment;
        let clock = WaitClock::new(&*clock, call.kind);
        let end = ready!(pending.poll(cx, sleep, (&clock, sleeper), cancel));
        if end == DelayEnd::Elapsed {
            self.delay_passed();
        }
        Poll::Ready(end)
    }
}

/// A wait in progress. If it is dropped in the middle, the next attempt may start there.
struct Waiting<'a, P: PolicySource, E: LoopEnvironment>(&'a mut State<P, E>);

impl<P: PolicySource, E: LoopEnvironment> Drop for Waiting<'_, P, E> {
    fn drop(&mut self) {
        self.0.wait_dropped();
    }
}
