//! Future of an async call that returns a report.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::super::blocking::report;
use super::super::call::{Environment, Retry};
use super::super::cancel::AsyncCancel;
use super::super::criteria::{Classifier, Condition, Criteria};
use super::super::operation::{Async, Operation, ReportOf};
use super::super::shared_limits::{BudgetSource, CallName, Nesting, SharedLimits};
use super::super::source::PolicySource;
use super::super::timeout_signals::TimeoutSignals;
use super::bounds::Reported;
use super::{AsyncCall, RetryFuture};
use crate::Outcome;
use crate::clock::ClockSource;
use crate::observe::Observer;
use crate::random::Random;
use crate::sleep::SleepMut;

pin_project! {
    /// The future of an async call that returns a report, created by [`Retry::report`].
    ///
    /// # Cancellation
    ///
    /// The same as for [`RetryFuture`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::Policy;
    /// use backoff_core::call::ReportFuture;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let policy = Policy::default();
    /// let call = policy.retry(|| async { Ok::<_, &str>("tea") });
    /// let future: ReportFuture<_> = call.report();
    /// let success = future.await.map_err(|error| error.last);
    /// assert_eq!(success.map(|success| success.attempts), Ok(1));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct ReportFuture<C> {
        #[pin]
        call: C,
    }
}

impl<C: AsyncCall> Future for ReportFuture<RetryFuture<C>> {
    type Output = ReportOf<C::Operation, Async>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut call = self.project().call;
        let (outcome, stopped) = ready!(call.as_mut().poll_end(cx));
        Poll::Ready(report(outcome, &|| call.ended(stopped)))
    }
}

impl<P, F, W, U, O, S, K, G, X, T, D, N, L>
    Retry<P, Async, F, Criteria<W, U>, O, Environment<S, K, G, X, T, SharedLimits<D, N, L>>>
where
    P: PolicySource,
    F: Operation<Async>,
    F::Attempt: Future<Output = F::Outcome>,
    W: Classifier<<F::Outcome as Outcome>::Error>,
    U: Condition<<F::Outcome as Outcome>::Value>,
    O: Observer<<F::Outcome as Outcome>::Error>,
    K: ClockSource,
    G: Random,
    D: BudgetSource,
    N: Nesting,
    L: CallName,
{
    /// Returns a future that runs the call and returns a report.
    ///
    /// The report is [`Success`](crate::Success), or [`RetryError`](crate::RetryError) with the last error, the stop
    /// reason, the number of attempts and the times.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the attempt or the delay in progress.
    ///
    /// # Panics
    ///
    /// Panics if the operation panics. With the feature `tokio`, a delay or a timeout panics in a tokio runtime without
    /// `enable_time`, whatever other features are enabled. Outside of a tokio runtime, it panics unless the feature
    /// `async-io` is enabled, too.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{Policy, StopReason};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::default();
    /// let call = policy.retry(|| async { Err::<(), _>("down") });
    /// let error = call.report().await.unwrap_err();
    /// assert_eq!((error.last, error.attempts), ("down", 3));
    /// assert_eq!(error.reason, StopReason::MaxAttempts);
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn report(self) -> ReportFuture<RetryFuture<Reported<Self>>>
    where
        S: SleepMut,
        X: AsyncCancel<F::Outcome>,
        T: TimeoutSignals<F::Outcome>,
    {
        ReportFuture { call: RetryFuture::new(Reported(self)) }
    }
}
