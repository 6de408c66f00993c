//! Trait bounds of an async call, collected in one module.

use core::future::Future;

use super::super::call::{Retry, Surroundings};
use super::super::cancel::AsyncCancel;
use super::super::judge::{Classifier, Condition, Judge};
use super::super::limits::{BudgetSource, Nesting, Sharing};
use super::super::operation::{Async, Operation};
use super::super::source::PolicySource;
use super::super::timers::AsyncTimeouts;
use crate::clock::ClockSource;
use crate::observe::Observer;
use crate::random::Random;
use crate::sleep::Sleeper;
use crate::{Fault, Outcome};

/// A complete [`Retry`] of an async operation.
pub trait AsyncCall {
    /// The policy.
    type Source: PolicySource;
    /// The closure that starts an attempt.
    type Operation: Operation<Async, Attempt = Self::Attempt, Outcome = Self::Outcome>;
    /// The future of an attempt.
    type Attempt: Future<Output = Self::Outcome>;
    /// The result of an attempt.
    type Outcome: Outcome;
    /// The classifier and the condition.
    type Judge: Judges<Self::Outcome>;
    /// The hooks.
    type Observer: Observer<<Self::Outcome as Outcome>::Error>;
    /// The sleeper.
    type Sleeper: Sleeper;
    /// The clock.
    type Clock: ClockSource;
    /// The source of jitter.
    type Random: Random;
    /// The cancellation.
    type Cancel: AsyncCancel;
    /// The timeouts.
    type Timeouts: AsyncTimeouts<Self::Outcome>;
    /// The budget.
    type Budget: BudgetSource;
    /// The rule for retries of inner calls.
    type Nesting: Nesting;

    #[doc(hidden)]
    fn into_parts(self) -> CallParts<Self>
    where
        Self: Sized;
}

/// The parts of a call.
#[expect(missing_debug_implementations, reason = "no value of it is ever public")]
pub struct CallParts<C: AsyncCall> {
    pub(super) source: C::Source,
    pub(super) operation: C::Operation,
    pub(super) judge: C::Judge,
    pub(super) observer: C::Observer,
    pub(super) surroundings: SurroundingsOf<C>,
}

type SurroundingsOf<C> = Surroundings<
    <C as AsyncCall>::Sleeper,
    <C as AsyncCall>::Clock,
    <C as AsyncCall>::Random,
    <C as AsyncCall>::Cancel,
    <C as AsyncCall>::Timeouts,
    Sharing<<C as AsyncCall>::Budget, <C as AsyncCall>::Nesting>,
>;

impl<P, F, W, U, O, S, K, G, X, T, D, N> AsyncCall
    for Retry<P, Async, F, Judge<W, U>, O, Surroundings<S, K, G, X, T, Sharing<D, N>>>
where
    P: PolicySource,
    F: Operation<Async>,
    F::Attempt: Future<Output = F::Outcome>,
    W: Classifier<<F::Outcome as Outcome>::Error>,
    U: Condition<<F::Outcome as Outcome>::Value>,
    O: Observer<<F::Outcome as Outcome>::Error>,
    S: Sleeper,
    K: ClockSource,
    G: Random,
    X: AsyncCancel,
    T: AsyncTimeouts<F::Outcome>,
    D: BudgetSource,
    N: Nesting,
{
    type Source = P;
    type Operation = F;
    type Attempt = F::Attempt;
    type Outcome = F::Outcome;
    type Judge = Judge<W, U>;
    type Observer = O;
    type Sleeper = S;
    type Clock = K;
    type Random = G;
    type Cancel = X;
    type Timeouts = T;
    type Budget = D;
    type Nesting = N;

    fn into_parts(self) -> CallParts<Self> {
        let Self { source, operation, judge, observer, surroundings, .. } = self;
        CallParts { source, operation, judge, observer, surroundings }
    }
}

/// Classifier and condition for outcomes of type `R`.
pub trait Judges<R: Outcome> {
    /// Returns the fault of an outcome that does not end the call as a success. Also returns the error, if the outcome
    /// has one.
    fn failure<'r>(&self, outcome: &'r R) -> Option<(Fault, Option<&'r R::Error>)>;
}

impl<R, W, U> Judges<R> for Judge<W, U>
where
    R: Outcome,
    W: Classifier<R::Error>,
    U: Condition<R::Value>,
{
    #[inline]
    fn failure<'r>(&self, outcome: &'r R) -> Option<(Fault, Option<&'r R::Error>)> {
        Self::failure(self, outcome)
    }
}
