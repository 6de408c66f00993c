//! Calls of an operation that lends its state to its future (`AsyncFnMut`).
//!
//! The future of an attempt borrows the operation, so no named type can keep both. The attempt is in an async block
//! here, and the engine of every async call, [`RetryFuture`], polls it there. So there is one set of rules.

use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};

use super::super::blocking::report;
use super::super::call::{Environment, Retry};
use super::super::cancel::AsyncCancel;
use super::super::criteria::{Classifier, Condition, Criteria};
use super::super::operation::{Async, Operation, ReportOf};
use super::super::shared_limits::{BudgetSource, CallName, Nesting, OpenScope as _, SharedLimits};
use super::super::source::PolicySource;
use super::super::timeout_signals::TimeoutSignals;
use super::bounds::Reported;
use super::{AsyncCall, CurrentAttempt, EndOf, Phase, RetryFuture};
use crate::clock::ClockSource;
use crate::observe::Observer;
use crate::random::Random;
use crate::sleep::SleepMut;
use crate::{Attempt, Backoff, Outcome, Policy};

/// An operation that lends its state to its future; see [`Policy::retry_mut`].
#[derive(Clone, Copy, Debug)]
pub struct Lends<F>(F);

/// Takes the place of an attempt that borrows the operation. It is not a future, because such a call is awaited with
/// `.call().await` or `.call_report().await`.
#[derive(Clone, Copy, Debug)]
pub struct AwaitCall;

impl<F, R> Operation<Async> for Lends<F>
where
    F: AsyncFnMut() -> R,
    R: Outcome,
{
    type Attempt = AwaitCall;
    type Outcome = R;
    type LastDelay = ();

    fn start(&mut self, _: impl FnOnce() -> Attempt) -> AwaitCall {
        AwaitCall
    }
}

impl<B: Backoff> Policy<B> {
    /// Returns a call of an async closure that lends its own state to its future: it may change what it has borrowed.
    ///
    /// The call takes the same settings as [`retry`](Self::retry). It ends with `.call().await` or
    /// `.call_report().await`, because its future has no name.
    ///
    /// The future is `Send` if the compiler can prove it for the closure that is given. It can if the closure owns its
    /// state (`async move || ..`). It cannot (Rust 1.95) if the closure borrows a local variable, and in generic code:
    /// there is no bound that makes the futures of `impl AsyncFnMut()` `Send`. Such a call can be awaited everywhere,
    /// but a task that contains it cannot be spawned on a runtime with several threads ("higher-ranked lifetime
    /// error"). `#[retry]` and [`Policy::start`] do not have this limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::Policy;
    ///
    /// async fn send(packet: &mut Vec<u8>) -> Result<usize, &'static str> {
    ///     packet.push(0);
    ///     if packet.len() < 3 { Err("too short") } else { Ok(packet.len()) }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let mut packet = Vec::new();
    /// let policy = Policy::default();
    /// let call = policy.retry_mut(async || send(&mut packet).await);
    /// let sent = call.call().await;
    /// assert_eq!((sent, packet), (Ok(3), vec![0, 0, 0]));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// A helper that repeats a whole transaction takes an async closure, and calls it in each attempt:
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// # struct Store { conflicts: u32, rows: u32 }
    /// # struct Tx<'s> { store: &'s mut Store, added: u32 }
    /// # impl Store {
    /// #     async fn begin(&mut self) -> Result<Tx<'_>, &'static str> { Ok(Tx { store: self, added: 0 }) }
    /// # }
    /// # impl Tx<'_> {
    /// #     async fn insert(&mut self) -> Result<(), &'static str> { self.added += 1; Ok(()) }
    /// #     async fn commit(self) -> Result<(), &'static str> {
    /// #         if self.store.conflicts > 0 { self.store.conflicts -= 1; return Err("conflict"); }
    /// #         self.store.rows += self.added;
    /// #         Ok(())
    /// #     }
    /// # }
    /// use backoff_core::Policy;
    ///
    /// const CONFLICTS: Policy = Policy::exponential().build();
    ///
    /// async fn in_transaction<T>(
    ///     store: &mut Store,
    ///     mut work: impl AsyncFnMut(&mut Tx<'_>) -> Result<T, &'static str>,
    /// ) -> Result<T, &'static str> {
    ///     let call = CONFLICTS.retry_mut(async || {
    ///         let mut tx = store.begin().await?;
    ///         let value = work(&mut tx).await?;
    ///         tx.commit().await?;
    ///         Ok(value)
    ///     });
    ///     call.call().await
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let mut store = Store { conflicts: 1, rows: 0 };
    /// let work = in_transaction(&mut store, async |tx| tx.insert().await);
    /// assert_eq!(work.await, Ok(()));
    /// assert_eq!(store.rows, 1); // the first transaction was rolled back
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn retry_mut<F, R>(&self, operation: F) -> Retry<&Self, Async, Lends<F>>
    where
        F: AsyncFnMut() -> R,
        R: Outcome,
    {
        Retry::new(self, Lends(operation))
    }
}

impl<P, F, R, W, U, O, S, K, G, X, T, D, N, L>
    Retry<P, Async, Lends<F>, Criteria<W, U>, O, Environment<S, K, G, X, T, SharedLimits<D, N, L>>>
where
    P: PolicySource,
    F: AsyncFnMut() -> R,
    R: Outcome,
    W: Classifier<R::Error>,
    U: Condition<R::Value>,
    O: Observer<R::Error>,
    K: ClockSource,
    G: Random,
    D: BudgetSource,
    N: Nesting,
    L: CallName,
{
    /// Runs the operation until it succeeds or the policy stops. Returns the outcome of the last attempt.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the attempt or the delay in progress.
    ///
    /// # Panics
    ///
    /// Panics as [`RetryFuture`](crate::call::RetryFuture) does.
    pub fn call(self) -> impl Future<Output = R>
    where
        S: SleepMut,
        X: AsyncCancel<R>,
        T: TimeoutSignals<R>,
    {
        let (operation, call) = self.lend();
        async move {
            let mut engine = pin!(RetryFuture::new(call));
            run(operation, engine.as_mut()).await.0
        }
    }

    /// Runs the operation as [`call`](Self::call) does, and returns a report of the call.
    ///
    /// # Errors
    ///
    /// Returns [`RetryError`](crate::RetryError) with the last error, the stop reason, the number of attempts and the
    /// times.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the attempt or the delay in progress.
    ///
    /// # Panics
    ///
    /// Panics as [`RetryFuture`](crate::call::RetryFuture) does.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{Policy, StopReason};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let (policy, mut calls) = (Policy::default(), 0);
    /// let call = policy.retry_mut(async || {
    ///     calls += 1;
    ///     Err::<(), _>("down")
    /// });
    /// let error = call.call_report().await.unwrap_err();
    /// assert_eq!((error.last, error.attempts), ("down", 3));
    /// assert_eq!(error.reason, StopReason::MaxAttempts);
    /// assert_eq!(calls, 3);
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn call_report(self) -> impl Future<Output = ReportOf<Lends<F>, Async>>
    where
        S: SleepMut,
        X: AsyncCancel<R>,
        T: TimeoutSignals<R>,
    {
        let (operation, call) = self.lend();
        async move {
            let mut engine = pin!(RetryFuture::new(Reported(call)));
            let (outcome, stopped) = run(operation, engine.as_mut()).await;
            report(outcome, &|| engine.ended(stopped))
        }
    }

    /// Separates the operation from the call.
    #[expect(clippy::type_complexity, reason = "the type of the call, with another operation")]
    fn lend(
        self,
    ) -> (F, Retry<P, Async, Elsewhere<R>, Criteria<W, U>, O, Environment<S, K, G, X, T, SharedLimits<D, N, L>>>) {
        let Self { source, operation: Lends(operation), criteria, observer, environment, marker } = self;
        let call = Retry { source, operation: Elsewhere(PhantomData), criteria, observer, environment, marker };
        (operation, call)
    }
}

/// Runs a call whose attempts borrow the operation.
async fn run<C: AsyncCall>(
    mut operation: impl AsyncFnMut() -> C::Outcome,
    mut engine: Pin<&mut RetryFuture<C>>,
) -> EndOf<C> {
    loop {
        if let Some(end) = poll_fn(|cx| engine.as_mut().poll_until_attempt(cx)).await {
            return end;
        }
        let mut attempt = pin!(Some(engine.in_scope(|| operation())));
        let mut borrowed = BorrowedAttempt(attempt.as_mut());
        if let Some(end) = poll_fn(|cx| engine.as_mut().poll_phase(cx, &mut borrowed)).await {
            return end;
        }
    }
}

impl<C: AsyncCall> RetryFuture<C> {
    /// Polls the call until its next attempt starts. Returns the end of the call if it ends before that.
    fn poll_until_attempt(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<EndOf<C>>> {
        loop {
            self.as_mut().start_if_ready();
            if matches!(self.phase, Phase::Attempt { .. }) {
                return Poll::Ready(None);
            }
            if let Some(end) = ready!(self.as_mut().poll_phase(cx, &mut super::OwnAttempt)) {
                return Poll::Ready(Some(end));
            }
        }
    }

    /// Calls the operation in the scope of the call.
    fn in_scope<A>(&self, operation: impl FnOnce() -> A) -> A {
        self.scope.within(operation)
    }
}

/// An attempt that borrows the operation, and is dropped as soon as it ends.
struct BorrowedAttempt<'a, A>(Pin<&'a mut Option<A>>);

impl<C: AsyncCall, A: Future<Output = C::Outcome>> CurrentAttempt<C> for BorrowedAttempt<'_, A> {
    #[inline]
    fn poll(&mut self, _: Pin<&mut C::Attempt>, cx: &mut Context<'_>) -> Poll<C::Outcome> {
        self.0.as_mut().as_pin_mut().map_or(Poll::Pending, |attempt| attempt.poll(cx))
    }

    #[inline]
    fn drop_it(&mut self) {
        self.0.set(None);
    }
}

/// Takes the place of the operation and of its attempts in the engine.
#[derive(Debug)]
pub(super) struct Elsewhere<R>(PhantomData<fn() -> R>);

impl<R: Outcome> Operation<Async> for Elsewhere<R> {
    type Attempt = Self;
    type Outcome = R;
    type LastDelay = ();

    #[inline]
    fn start(&mut self, _: impl FnOnce() -> Attempt) -> Self {
        Self(PhantomData)
    }
}

impl<R> Future for Elsewhere<R> {
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<R> {
        Poll::Pending
    }
}
