//! Cancellation of a call: during its delays, and with `cancel_attempts` during its attempts, too.

use core::time::Duration;

use crate::sleep::BlockingSleepMut;
use crate::{Cancelled, Outcome};

/// No cancellation.
#[derive(Clone, Copy, Debug)]
pub struct NoCancel;

/// Cancellation by a token or a future.
#[derive(Clone, Copy, Debug)]
pub struct CancelledBy<C>(pub(crate) C);

/// Cancellation by a future that also drops a running attempt; `T` creates the error.
#[derive(Clone, Copy, Debug)]
pub struct CancelsAttempts<C, T> {
    by: C,
    #[cfg_attr(not(feature = "async"), expect(dead_code, reason = "only the async driver drops attempts"))]
    on_cancel: T,
}

/// Creates the error if `on_cancel` is not set, by the error's own `From<Cancelled>`.
#[derive(Clone, Copy, Debug)]
pub struct FromCancelled;

/// Creates the failure of a cancelled attempt.
#[diagnostic::on_unimplemented(
    message = "no error can be made for an attempt that was cancelled",
    label = "give `on_cancel` a closure, or implement `From<backoff_core::Cancelled>` for the error",
    note = "for an error of another crate, such as `reqwest::Error`, return one of your own that it converts into"
)]
pub trait MakeCancelled<R>: sealed::Sealed<R> {
    /// Returns the failure.
    fn outcome(&mut self, cancelled: Cancelled) -> R;
}

mod sealed {
    use crate::{Cancelled, Outcome};

    pub trait Sealed<R> {}
    impl<R: Outcome> Sealed<R> for super::FromCancelled {}
    #[diagnostic::do_not_recommend]
    impl<R: Outcome, F: FnMut(Cancelled) -> R::Error> Sealed<R> for F {}
}

#[diagnostic::do_not_recommend]
impl<R> MakeCancelled<R> for FromCancelled
where
    R: Outcome,
    R::Error: From<Cancelled>,
{
    fn outcome(&mut self, cancelled: Cancelled) -> R {
        R::from_error(cancelled.into())
    }
}

impl<R, F> MakeCancelled<R> for F
where
    R: Outcome,
    F: FnMut(Cancelled) -> R::Error,
{
    fn outcome(&mut self, cancelled: Cancelled) -> R {
        R::from_error(self(cancelled))
    }
}

/// A call that `.cancel(..)` can end, so that `.cancel_attempts()` has a signal.
#[diagnostic::on_unimplemented(
    message = "nothing cancels this call, so nothing can cancel its attempts",
    label = "call `.cancel(future)` first"
)]
pub trait HasSignal<C> {
    #[doc(hidden)]
    fn cancel_attempts(self) -> CancelsAttempts<C, FromCancelled>;
}

impl<C> HasSignal<C> for CancelledBy<C> {
    fn cancel_attempts(self) -> CancelsAttempts<C, FromCancelled> {
        CancelsAttempts { by: self.0, on_cancel: FromCancelled }
    }
}

/// A call whose attempts are cancelled, so that `.on_cancel(..)` has an error to make.
#[diagnostic::on_unimplemented(
    message = "no attempt of this call is cancelled, so `on_cancel` has no error to make",
    label = "call `.cancel(future).cancel_attempts()` first",
    note = "a call that is cancelled during a delay returns its last error"
)]
pub trait DropsAttempts<C> {
    #[doc(hidden)]
    fn on_cancel<T>(self, make: T) -> CancelsAttempts<C, T>;
}

impl<C, T> DropsAttempts<C> for CancelsAttempts<C, T> {
    fn on_cancel<N>(self, make: N) -> CancelsAttempts<C, N> {
        CancelsAttempts { by: self.by, on_cancel: make }
    }
}

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

/// Implements [`KeepsOutcome`] for cancellations, which return the outcome if they end the delay.
macro_rules! keeps_outcome {
    ($([$($parameter:ident),*] $cancel:ty;)*) => {$(
        impl<$($parameter),*> KeepsOutcome for $cancel {
            type Held<R> = R;

            fn hold<R>(outcome: R) -> R {
                outcome
            }

            fn release<R>(held: R) -> Option<R> {
                Some(held)
            }
        }
    )*};
}

keeps_outcome! {
    [C] CancelledBy<C>;
    [C, T] CancelsAttempts<C, T>;
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
    use super::{CancelledBy, CancelsAttempts, KeepsOutcome, MakeCancelled, NoCancel};
    use crate::Cancelled;

    /// Cancellation of an async call with outcomes of type `R`: none, or any future. Completion of the future cancels
    /// the call.
    pub trait AsyncCancel<R>: KeepsOutcome {
        /// The signal that is raced with each delay, and with each attempt if it drops attempts.
        type Signal: Signal;
        /// The part that creates the failure of a dropped attempt.
        type OnCancel;
        /// `true` if the signal drops a running attempt.
        const DROPS_ATTEMPTS: bool = false;

        #[doc(hidden)]
        fn into_parts(self) -> (Self::Signal, Self::OnCancel);
        #[doc(hidden)]
        fn outcome(on_cancel: &mut Self::OnCancel) -> Option<R>;
    }

    impl<R> AsyncCancel<R> for NoCancel {
        type Signal = Never;
        type OnCancel = ();

        fn into_parts(self) -> (Never, ()) {
            (Never, ())
        }

        fn outcome((): &mut ()) -> Option<R> {
            None
        }
    }

    impl<R, C: IntoFuture> AsyncCancel<R> for CancelledBy<C> {
        type Signal = FutureSignal<C::IntoFuture>;
        type OnCancel = ();

        fn into_parts(self) -> (FutureSignal<C::IntoFuture>, ()) {
            (FutureSignal::new(self.0.into_future()), ())
        }

        fn outcome((): &mut ()) -> Option<R> {
            None
        }
    }

    impl<R, C: IntoFuture, T: MakeCancelled<R>> AsyncCancel<R> for CancelsAttempts<C, T> {
        type Signal = FutureSignal<C::IntoFuture>;
        type OnCancel = T;
        const DROPS_ATTEMPTS: bool = true;

        fn into_parts(self) -> (FutureSignal<C::IntoFuture>, T) {
            (FutureSignal::new(self.by.into_future()), self.on_cancel)
        }

        fn outcome(on_cancel: &mut T) -> Option<R> {
            Some(on_cancel.outcome(Cancelled))
        }
    }
}

#[cfg(feature = "async")]
pub(crate) use self::asynchronous::AsyncCancel;
