//! Cancellation of a manual loop or a ticker.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Waker};
use core::time::Duration;

use crate::WaitForCancel;
use crate::drive::cancel::{BlockingCancel, KeepsOutcome, NoCancel};
use crate::sleep::BlockingSleepMut;

/// The cancellation of a manual loop or a ticker: the future `F` cancels it when it completes.
///
/// That of a [`CancelToken`](crate::CancelToken) is a [`WaitForCancel`], which is also the only one that cancels
/// blocking waits.
///
/// # Examples
///
/// ```
/// use backoff_core::call::{AttemptsWith, CancelSignal};
/// use backoff_core::{Attempts, Budget, Policy, StopReason};
/// use std::future::{Ready, ready};
///
/// static BUDGET: Budget = Budget::new();
///
/// type Cancellable = AttemptsWith<&'static Budget, CancelSignal<Ready<()>>>;
///
/// let attempts = Attempts::new(Policy::default()).budget(&BUDGET);
/// let mut attempts: Cancellable = attempts.cancel(ready(())); // at once
/// assert_eq!(attempts.failed("down"), Err("down"));
/// assert_eq!(attempts.stopped(), Some(StopReason::Cancelled));
/// ```
#[derive(Debug)]
pub struct CancelSignal<F>(Signal<F>);

#[derive(Debug)]
enum Signal<F> {
    /// Never polled, so that it could be moved.
    New(F),
    /// Pinned at its first poll.
    Polled(Pin<Box<F>>),
    /// The future has completed.
    Given,
}

impl<F> CancelSignal<F> {
    pub(crate) const fn new(future: F) -> Self {
        Self(Signal::New(future))
    }
}

impl<F> KeepsOutcome for CancelSignal<F> {
    type Held<R> = R;

    fn hold<R>(outcome: R) -> R {
        outcome
    }

    fn release<R>(held: R) -> Option<R> {
        Some(held)
    }
}

/// Cancellation of a manual loop or a ticker: none, or a [`CancelSignal`].
pub trait LoopCancel: KeepsOutcome {
    /// Returns whether the signal was given. If not, the task is woken when it is.
    #[doc(hidden)]
    fn poll_given(&mut self, cx: &mut Context<'_>) -> bool;

    /// Returns whether the signal was given, without waiting for it.
    #[doc(hidden)]
    fn is_given(&mut self) -> bool {
        #[cfg(feature = "async")]
        return crate::test_hooks::poll_without_waiting(|| self.poll_given(&mut Context::from_waker(Waker::noop())));
        #[cfg(not(feature = "async"))]
        self.poll_given(&mut Context::from_waker(Waker::noop()))
    }
}

impl LoopCancel for NoCancel {
    #[inline]
    fn poll_given(&mut self, _: &mut Context<'_>) -> bool {
        false
    }

    #[inline]
    fn is_given(&mut self) -> bool {
        false
    }
}

impl<F: Future> LoopCancel for CancelSignal<F> {
    fn poll_given(&mut self, cx: &mut Context<'_>) -> bool {
        let mut future = match std::mem::replace(&mut self.0, Signal::Given) {
            Signal::New(future) => Box::pin(future),
            Signal::Polled(future) => future,
            Signal::Given => return true,
        };
        #[cfg(feature = "async")]
        let polled = crate::sleep::poll_unbudgeted(future.as_mut(), cx);
        #[cfg(not(feature = "async"))]
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            self.0 = Signal::Polled(future);
            return false;
        }
        true
    }
}

#[diagnostic::do_not_recommend]
impl BlockingCancel for CancelSignal<WaitForCancel> {
    fn is_cancelled(&self) -> bool {
        self.token_future().is_none_or(|future| future.token().is_cancelled())
    }

    fn wait(&self, sleeper: &mut impl BlockingSleepMut, delay: Duration) {
        if let Some(future) = self.token_future() {
            sleeper.sleep_mut_unless_cancelled(delay, &future.token());
        }
    }
}

impl CancelSignal<WaitForCancel> {
    fn token_future(&self) -> Option<&WaitForCancel> {
        match &self.0 {
            Signal::New(future) => Some(future),
            Signal::Polled(future) => Some(future),
            Signal::Given => None,
        }
    }
}
