//! How a call is ended from outside while it waits.

use core::time::Duration;

use crate::sleep::BlockingSleeper;

/// Nothing cancels the call.
#[derive(Clone, Copy, Debug)]
pub struct NoCancel;

/// Cancelled by a token or a future.
#[derive(Clone, Copy, Debug)]
pub struct CancelledBy<C>(pub(crate) C);

/// What can cancel a blocking call: nothing, or a [`CancelToken`](crate::CancelToken) by reference.
#[diagnostic::on_unimplemented(
    message = "a blocking call is cancelled by a `&CancelToken`, and not by what is given here",
    label = "`cancel` was given something else",
    note = "a future can cancel async calls only; give a blocking call a `&backoff_core::CancelToken`"
)]
pub trait BlockingCancel {
    /// What is kept of an outcome during a delay.
    #[doc(hidden)]
    type Held<R>;

    #[doc(hidden)]
    fn is_cancelled(&self) -> bool;
    #[doc(hidden)]
    fn hold<R>(outcome: R) -> Self::Held<R>;
    #[doc(hidden)]
    fn release<R>(held: Self::Held<R>) -> Option<R>;
    /// Waits; returns early when cancelled, if the sleeper can.
    #[doc(hidden)]
    fn wait(&self, sleeper: &impl BlockingSleeper, delay: Duration);
}

impl BlockingCancel for NoCancel {
    type Held<R> = ();

    /// Drops the outcome before the delay: what an error holds is free while the call waits.
    #[inline]
    fn hold<R>(outcome: R) {
        drop(outcome);
    }

    #[inline]
    fn release<R>((): ()) -> Option<R> {
        None
    }

    #[inline]
    fn is_cancelled(&self) -> bool {
        false
    }

    #[inline]
    fn wait(&self, sleeper: &impl BlockingSleeper, delay: Duration) {
        sleeper.sleep(delay);
    }
}

#[cfg(feature = "std")]
#[diagnostic::do_not_recommend]
impl<C: core::borrow::Borrow<crate::CancelToken>> BlockingCancel for CancelledBy<C> {
    type Held<R> = R;

    fn hold<R>(outcome: R) -> R {
        outcome
    }

    fn release<R>(held: R) -> Option<R> {
        Some(held)
    }

    fn is_cancelled(&self) -> bool {
        self.0.borrow().is_cancelled()
    }

    fn wait(&self, sleeper: &impl BlockingSleeper, delay: Duration) {
        sleeper.sleep_unless_cancelled(delay, self.0.borrow());
    }
}

#[cfg(feature = "async")]
mod asynchronous {
    use core::future::{Future, IntoFuture, Pending, pending};

    use super::{CancelledBy, NoCancel};

    /// What can cancel an async call: nothing, or any future; it completes to cancel.
    pub trait AsyncCancel {
        /// The future that is raced with each delay.
        type Future: Future;
        /// What is kept of an outcome during a delay.
        type Held<R>;
        /// Whether anything can cancel.
        const CANCELS: bool;

        #[doc(hidden)]
        fn future(self) -> Self::Future;
        #[doc(hidden)]
        fn hold<R>(outcome: R) -> Self::Held<R>;
        #[doc(hidden)]
        fn release<R>(held: Self::Held<R>) -> Option<R>;
    }

    impl AsyncCancel for NoCancel {
        type Future = Pending<()>;
        type Held<R> = ();
        const CANCELS: bool = false;

        fn future(self) -> Pending<()> {
            pending()
        }

        /// Drops the outcome before the delay: what an error holds is free while the call waits.
        #[inline]
        fn hold<R>(outcome: R) {
            drop(outcome);
        }

        #[inline]
        fn release<R>((): ()) -> Option<R> {
            None
        }
    }

    impl<C: IntoFuture> AsyncCancel for CancelledBy<C> {
        type Future = C::IntoFuture;
        type Held<R> = R;
        const CANCELS: bool = true;

        fn future(self) -> C::IntoFuture {
            self.0.into_future()
        }

        fn hold<R>(outcome: R) -> R {
            outcome
        }

        fn release<R>(held: R) -> Option<R> {
            Some(held)
        }
    }
}

#[cfg(feature = "async")]
pub use self::asynchronous::AsyncCancel;
