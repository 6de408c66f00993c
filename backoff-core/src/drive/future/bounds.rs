//! Trait bounds of an async call, collected in one module.

use core::future::Future;
use core::time::Duration;

use super::super::call::{Environment, Retry};
use super::super::cancel::AsyncCancel;
use super::super::criteria::{Classifier, Condition, Criteria};
use super::super::kept_time::KeptTime;
use super::super::operation::{Async, Operation};
use super::super::shared_limits::{BudgetSource, CallName, Nesting, SharedLimits};
use super::super::source::PolicySource;
use super::super::timeout_signals::TimeoutSignals;
use crate::clock::ClockSource;
use crate::observe::Observer;
use crate::random::Random;
use crate::sleep::SleepMut;
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
    type Criteria: FindFailure<Self::Outcome>;
    /// The hooks.
    type Observer: Observer<<Self::Outcome as Outcome>::Error>;
    /// The sleeper.
    type Sleeper: SleepMut;
    /// The clock.
    type Clock: ClockSource;
    /// The source of jitter.
    type Random: Random;
    /// The cancellation.
    type Cancel: AsyncCancel<Self::Outcome>;
    /// The timeouts.
    type Timeouts: TimeoutSignals<Self::Outcome>;
    /// The budget.
    type Budget: BudgetSource;
    /// The rule for retries of inner calls.
    type Nesting: Nesting;
    /// The name.
    type Name: CallName;
    /// Each delay: [`Duration`], or `()` if nothing needs it.
    type Delay: KeptTime;

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
    pub(super) criteria: C::Criteria,
    pub(super) observer: C::Observer,
    pub(super) environment: EnvironmentOf<C>,
}

type EnvironmentOf<C> = Environment<
    <C as AsyncCall>::Sleeper,
    <C as AsyncCall>::Clock,
    <C as AsyncCall>::Random,
    <C as AsyncCall>::Cancel,
    <C as AsyncCall>::Timeouts,
    SharedLimits<<C as AsyncCall>::Budget, <C as AsyncCall>::Nesting, <C as AsyncCall>::Name>,
>;

impl<P, F, W, U, O, S, K, G, X, T, D, N, L> AsyncCall
    for Retry<P, Async, F, Criteria<W, U>, O, Environment<S, K, G, X, T, SharedLimits<D, N, L>>>
where
    P: PolicySource,
    F: Operation<Async>,
    F::Attempt: Future<Output = F::Outcome>,
    W: Classifier<<F::Outcome as Outcome>::Error>,
    U: Condition<<F::Outcome as Outcome>::Value>,
    O: Observer<<F::Outcome as Outcome>::Error>,
    S: SleepMut,
    K: ClockSource,
    G: Random,
    X: AsyncCancel<F::Outcome>,
    T: TimeoutSignals<F::Outcome>,
    D: BudgetSource,
    N: Nesting,
    L: CallName,
{
    type Source = P;
    type Operation = F;
    type Attempt = F::Attempt;
    type Outcome = F::Outcome;
    type Criteria = Criteria<W, U>;
    type Observer = O;
    type Sleeper = S;
    type Clock = K;
    type Random = G;
    type Cancel = X;
    type Timeouts = T;
    type Budget = D;
    type Nesting = N;
    type Name = L;
    type Delay = F::LastDelay;

    fn into_parts(self) -> CallParts<Self> {
        let Self { source, operation, criteria, observer, environment, .. } = self;
        CallParts { source, operation, criteria, observer, environment }
    }
}

/// A call whose delays and start are kept for its report.
#[derive(Clone, Copy, Debug)]
pub struct Reported<C>(pub(super) C);

impl<C: AsyncCall> AsyncCall for Reported<C> {
    type Source = C::Source;
    type Operation = C::Operation;
    type Attempt = C::Attempt;
    type Outcome = C::Outcome;
    type Criteria = C::Criteria;
    type Observer = C::Observer;
    type Sleeper = C::Sleeper;
    type Clock = C::Clock;
    type Random = C::Random;
    type Cancel = C::Cancel;
    type Timeouts = C::Timeouts;
    type Budget = C::Budget;
    type Nesting = C::Nesting;
    type Name = C::Name;
    type Delay = Duration;

    fn into_parts(self) -> CallParts<Self> {
        let CallParts { source, operation, criteria, observer, environment } = self.0.into_parts();
        CallParts { source, operation, criteria, observer, environment }
    }
}

/// Classifier and condition for outcomes of type `R`.
pub trait FindFailure<R: Outcome> {
    /// Returns the fault of an outcome that does not end the call as a success. Also returns the error, if the outcome
    /// has one.
    fn failure<'r>(&mut self, outcome: &'r R) -> Option<(Fault, Option<&'r R::Error>)>;
}

impl<R, W, U> FindFailure<R> for Criteria<W, U>
where
    R: Outcome,
    W: Classifier<R::Error>,
    U: Condition<R::Value>,
{
    #[inline]
    fn failure<'r>(&mut self, outcome: &'r R) -> Option<(Fault, Option<&'r R::Error>)> {
        Self::failure(self, outcome)
    }
}
