//! The driver that blocks the thread.

use super::call::{Retry, Surroundings};
use super::cancel::BlockingCancel;
use super::judge::{Classifier, Condition, Judge};
use super::limits::{BudgetSource, Nesting, OpenScope as _, Sharing};
use super::operation::{Blocking, ErrorOf, Operation, ReportOf, ValueOf};
use super::settle::text_of;
use super::source::PolicySource;
use super::timeouts::NoTimeouts;
use super::{Driver, Step};
use crate::clock::{Clock, ClockSource};
use crate::decision::{Decision, Failure, StopReason};
use crate::error::Ended;
use crate::observe::Observer;
use crate::random::Random;
use crate::sleep::BlockingSleeper;
use crate::{Outcome, RetryError, Success};

impl<P, F, W, U, O, S, K, G, X, D, N>
    Retry<P, Blocking, F, Judge<W, U>, O, Surroundings<S, K, G, X, NoTimeouts, Sharing<D, N>>>
where
    P: PolicySource,
    F: Operation<Blocking, Attempt = <F as Operation<Blocking>>::Outcome>,
    W: Classifier<ErrorOf<F, Blocking>>,
    U: Condition<ValueOf<F, Blocking>>,
    O: Observer<ErrorOf<F, Blocking>>,
    S: BlockingSleeper,
    K: ClockSource,
    G: Random,
    X: BlockingCancel,
    D: BudgetSource,
    N: Nesting,
{
    /// Runs the operation until it succeeds or the policy stops, and returns what the last attempt returned.
    ///
    /// A blocking attempt cannot be interrupted.
    ///
    /// # Panics
    ///
    /// When the operation does; a panic is not retried.
    #[inline]
    pub fn call(self) -> F::Outcome {
        self.run(false, |outcome, _| outcome)
    }

    /// Runs the operation as [`call`](Self::call) does, and returns how it ended.
    ///
    /// # Errors
    ///
    /// Returns [`RetryError`] with the last error, the reason, and what the call took.
    ///
    /// # Panics
    ///
    /// When the operation does; a panic is not retried.
    pub fn call_report(self) -> ReportOf<F, Blocking> {
        self.run(true, report)
    }

    #[inline]
    fn run<A>(self, is_reported: bool, finish: impl FnOnce(F::Outcome, &dyn Fn() -> Ended) -> A) -> A {
        let Self { source, mut operation, judge, mut observer, surroundings, .. } = self;
        let Surroundings { sleeper, clock, mut random, cancel, sharing, .. } = surroundings;
        let clock = clock.blocking();
        let mut driver = Driver::start(source.rules(), clock, is_reported || O::WATCHES);
        let scope = sharing.nesting.open(source.rules().max_elapsed);
        loop {
            let attempt_started = source.rules().reset_after.is_some().then(|| clock.now());
            scope.attempt_starts();
            let outcome = scope.within(|| operation.start());
            let label = sharing.label();
            let step = Step::new(&source, clock, &mut random, &mut observer, label);
            let Some((fault, error)) = judge.failure(&outcome) else {
                driver.succeeded(step);
                if let Some(budget) = sharing.budget.budget() {
                    budget.deposit();
                }
                return finish(outcome, &|| driver.ended(clock, None));
            };
            let failure = Failure::new(fault)
                .cancelled(cancel.is_cancelled())
                .nested(scope.inner_gave_up())
                .budget(sharing.budget.budget());
            let delay = match driver.failed(step.with(text_of(error)), failure, attempt_started, error) {
                Decision::RetryAfter(delay) => delay,
                Decision::Stop(reason) => return finish(outcome, &|| driver.ended(clock, Some(reason))),
            };
            if !delay.is_zero() {
                cancel.wait(&sleeper, delay);
            }
            if cancel.is_cancelled() {
                let error = outcome.as_result().err();
                let step = Step::new(&source, clock, &mut random, &mut observer, label);
                driver.interrupted(step.with(text_of(error)), StopReason::Cancelled, error);
                return finish(outcome, &|| driver.ended(clock, Some(StopReason::Cancelled)));
            }
            driver.waited(delay);
        }
    }
}

/// Turns the last outcome and what the call took into a report.
pub(crate) fn report<R: Outcome>(
    outcome: R,
    ended: &dyn Fn() -> Ended,
) -> Result<Success<R::Value>, RetryError<R::Error>> {
    let ended = ended();
    match outcome.into_result() {
        Ok(value) => Ok(Success::new(value, ended)),
        Err(last) => Err(RetryError::new(last, ended, ended.stopped.unwrap_or(StopReason::MaxAttempts))),
    }
}
