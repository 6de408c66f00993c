//! What is retried: a closure that returns a result, or a future of one.

use core::future::Future;

use crate::Outcome;

/// Marks the operations that block the thread.
#[derive(Clone, Copy, Debug)]
pub enum Blocking {}

/// Marks the operations that return a future.
#[derive(Clone, Copy, Debug)]
pub enum Async {}

/// A caller's fallible closure: `FnMut() -> Result<T, E>`, or `FnMut() -> impl Future<Output = Result<T, E>>`.
///
/// The compiler finds out which of the two it is; `M` is [`Blocking`] or [`Async`]. Any other [`Outcome`] serves in the
/// place of `Result`.
///
/// A closure that borrows mutably from its surroundings cannot return a future that uses the borrow; the loop by hand
/// ([`Policy::start`](crate::Policy::start)) and `#[retry]` have no such limit.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an operation that can be retried",
    label = "expected a closure that returns `Result`, `Option`, or a future of one",
    note = "the closure takes no arguments and may be called more than once: `|| fetch(&url)`"
)]
pub trait Operation<M> {
    /// What calling the closure gives: the outcome, or the future of it.
    type Attempt;
    /// What an attempt ends with.
    type Outcome: Outcome;

    /// Starts an attempt.
    fn start(&mut self) -> Self::Attempt;
}

impl<F, R> Operation<Blocking> for F
where
    F: FnMut() -> R,
    R: Outcome,
{
    type Attempt = R;
    type Outcome = R;

    #[inline]
    fn start(&mut self) -> R {
        self()
    }
}

impl<F, A> Operation<Async> for F
where
    F: FnMut() -> A,
    A: Future,
    A::Output: Outcome,
{
    type Attempt = A;
    type Outcome = A::Output;

    #[inline]
    fn start(&mut self) -> A {
        self()
    }
}

/// The value of a successful attempt of `F`.
pub type ValueOf<F, M> = <<F as Operation<M>>::Outcome as Outcome>::Value;
/// The error of a failed attempt of `F`.
pub type ErrorOf<F, M> = <<F as Operation<M>>::Outcome as Outcome>::Error;

/// How a reported call of `F` ends: [`Success`](crate::Success), or [`RetryError`](crate::RetryError).
pub type ReportOf<F, M> = Result<crate::Success<ValueOf<F, M>>, crate::RetryError<ErrorOf<F, M>>>;
