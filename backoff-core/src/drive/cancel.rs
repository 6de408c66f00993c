//! Cancellation of a call during its delays.

use core::time::Duration;

use crate::sleep::BlockingSleepMut;

/// No cancellation.
#[derive(Clone, Copy, Debug)]
pub struct NoCancel;

/// Cancellation by a token or a future.
#[derive(Clone, Copy, Debug)]
pub struct CancelledBy<C>(pub(crate) C);

/// Storage of an outcome during a delay. The whole outcome is kept if the call may end during the delay.
pub trait KeepsOutcome {
    /// The stored part of the outcome.
    type Held<R>;

    #[doc(hidden)]
    fn hold<R>(outcome: R) -> Self::Held<R>;
    #[doc(hidden)]
    fn release<R>(held: Self::Held<R>) -> Option<R>;
}

impl KeepsOutcome for NoCancel {
    type Held<R> = ();

    /// Drops the outcome before the delay, so that resources held by an error are free while the call waits.
    #[inline]
    fn hold<R>(outcome: R) {
        drop(outcome);
    }

    #[inline]
    fn release<R>((): ()) -> Option<R> {
        None
    }
}

impl<C> KeepsOutcome for CancelledBy<C> {
    type Held<R> = R;

    fn hold<R>(outcome: R) -> R {
        outcome
    }

    fn release<R>(held: R) -> Option<R> {
        Some(held)
    }
}

/// Cancellation of a blocking call: none, or a borrowed or owned [`CancelToken`](crate::CancelToken).
#[diagnostic::on_unimplemented(
    message = "a blocking call is cancelled by a `&CancelToken`, and not by what is given here",
    label = "`cancel` was given something else",
    note = "a future can cancel async calls only; give a blocking call a `&backoff_core::CancelToken`"
)]
pub trait BlockingCancel: KeepsOutcome {
    #[doc(hidden)]
    fn is_cancelled(&self) -> bool;
    /// Waits for the delay. Returns early on cancellation if the sleeper supports it.
    #[doc(hidden)]
    fn wait(&self, sleeper: &mut impl BlockingSleepMut, delay: Duration);
}

impl BlockingCancel for NoCancel {
    #[inline]
    fn is_cancelled(&self) -> bool {
        false
    }

    #[inline]
    fn wait(&self, sleeper: &mut impl BlockingSleepMut, delay: Duration) {
        sleeper.sleep_mut(delay);
    }
}

#[cfg(feature = "std")]
#[diagnostic::do_not_recommend]
impl<C: core::borrow::Borrow<crate::CancelToken>> BlockingCancel for CancelledBy<C> {
    fn is_cancelled(&self) -> bool {
        self.0.borrow().is_cancelled()
    }

    fn wait(&self, sleeper: &mut impl BlockingSleepMut, delay: Duration) {
        sleeper.sleep_mut_unless_cancelled(delay, self.0.borrow());
    }
}

#[cfg(feature = "async")]
mod asynchronous {
    use core::future::IntoFuture;

    use super::super::race::{FutureSignal, Never, Signal};
    use super::{CancelledBy, KeepsOutcome, NoCancel};

    /// Cancellation of an async call: none, or any future. Completion of the future cancels the call.
    pub trait AsyncCancel: KeepsOutcome {
        /// The signal that is raced with each delay.
        type Signal: Signal;

        #[doc(hidden)]
        fn signal(self) -> Self::Signal;
    }

    impl AsyncCancel for NoCancel {
        type Signal = Never;

        fn signal(self) -> Never {
            Never
        }
    }

    impl<C: IntoFuture> AsyncCancel for CancelledBy<C> {
        type Signal = FutureSignal<C::IntoFuture>;

        fn signal(self) -> FutureSignal<C::IntoFuture> {
            FutureSignal::new(self.0.into_future())
        }
    }
}

#[cfg(feature = "async")]
pub(crate) use self::asynchronous::AsyncCancel;
