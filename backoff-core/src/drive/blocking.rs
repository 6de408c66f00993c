//! Driver for blocking calls.

use super::after_attempt::{text_of, time_left_around};
use super::call::{Environment, Retry};
use super::cancel::BlockingCancel;
use super::criteria::{Classifier, Condition, Criteria};
use super::operation::{Blocking, ErrorOf, Operation, ReportOf, ValueOf};
use super::shared_limits::{BudgetSource, CallName, Nesting, OpenScope as _, SharedLimits};
use super::source::PolicySource;
use super::test_state::TestState;
use super::timeouts::NoTimeouts;
use super::{Driver, Step};
use crate::clock::{Clock, ClockSource};
use crate::decision::{Decision, Failure, StopReason};
use crate::error::Ended;
use crate::observe::Observer;
use crate::random::Random;
use crate::sleep::BlockingSleepMut;
use crate::{Backoff, Fault, Outcome, RetryError, Success};

// The bounds that a wrong argument can violate are on each method, not on the `impl`. The compiler then explains the
// violated bound, and does not just hide the method.
impl<P, F, W, U, O, S, K, G, X, D, N, L>
    Retry<P, Blocking, F, Criteria<W, U>, O, Environment<S, K, G, X, NoTimeouts, SharedLimits<D, N, L>>>
where
    P: PolicySource,
    F: Operation<Blocking, Attempt = <F as Operation<Blocking>>::Outcome>,
    W: Classifier<ErrorOf<F, Blocking>>,
    U: Condition<ValueOf<F, Blocking>>,
    O: Observer<ErrorOf<F, Blocking>>,
    D: BudgetSource,
    N: Nesting,
    L: CallName,
{
    /// Runs the operation until it succeeds or the policy stops. Returns the outcome of the last attempt.
    ///
    /// A blocking attempt cannot be interrupted.
    ///
    /// # Panics
    ///
    /// Panics if the operation panics; a panic is not retried.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let mut calls = 0;
    /// let result: Result<(), u32> = Policy::default()
    ///     .retry(|| {
    ///         calls += 1;
    ///         Err(calls)
    ///     })
    ///     .sleep(|_| ())
    ///     .call();
    /// assert_eq!(result, Err(3)); // the last error, untouched
    /// ```
    #[inline]
    pub fn call(self) -> F::Outcome
    where
        S: BlockingSleepMut,
        K: ClockSource,
        G: Random,
        X: BlockingCancel,
    {
        self.run(false, |outcome, _| outcome)
    }

    /// Runs the operation as [`call`](Self::call) does, and returns a report of the call.
    ///
    /// # Errors
    ///
    /// Returns [`RetryError`] with the last error, the stop reason, the number of attempts and the times.
    ///
    /// # Panics
    ///
    /// Panics if the operation panics; a panic is not retried.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason};
    ///
    /// let report = Policy::default()
    ///     .retry(|| Err::<(), _>("down"))
    ///     .sleep(|_| ())
    ///     .call_report();
    /// let error = report.unwrap_err();
    /// assert_eq!(
    ///     (error.last, error.attempts, error.reason),
    ///     ("down", 3, StopReason::MaxAttempts)
    /// );
    /// ```
    pub fn call_report(self) -> ReportOf<F, Blocking>
    where
        S: BlockingSleepMut,
        K: ClockSource,
        G: Random,
        X: BlockingCancel,
    {
        self.run(true, report)
    }

    /// Runs the first attempt, separately from the retries, so that an immediate success costs only the check of its
    /// outcome.
    #[inline]
    fn run<A>(mut self, is_reported: bool, finish: impl FnOnce(F::Outcome, &dyn Fn() -> Ended) -> A) -> A
    where
        S: BlockingSleepMut,
        K: ClockSource,
        G: Random,
        X: BlockingCancel,
    {
        let clock = self.environment.clock.blocking();
        let rules = self.source.rules();
        let is_timed = is_reported || O::NEEDS_TIME || F::READS_ATTEMPT;
        let started = Driver::<StateOf<P>, _>::started(rules, clock, is_timed);
        let scope = self.environment.shared.nesting.open(None);
        // The first attempt starts with the call, for which such a policy has read the clock.
        let attempt_started = started.filter(|_| rules.reset_after.is_some());
        scope.attempt_starts(|| Driver::<StateOf<P>, InstantOf<K>>::new(started).remaining(rules, clock));
        let around = time_left_around(F::READS_ATTEMPT);
        let attempt = || Driver::<StateOf<P>, _>::new(started).attempt(rules, clock, None, [None, around]);
        let outcome = scope.within(|| self.operation.start(attempt));
        if let Some((fault, _)) = self.criteria.failure(&outcome) {
            return self.retry_after((outcome, fault), (started, attempt_started), TestState::new(), &scope, finish);
        }
        let Environment { clock, random, shared, .. } = &mut self.environment;
        let clock = clock.blocking();
        let mut driver = Driver::<StateOf<P>, _>::new(started);
        let step = Step::new(&self.source, clock, random, &mut self.observer, shared.label());
        if !driver.succeeded(step, shared.budget.budget()) {
            let test_state = driver.test_state();
            return self.retry_after(
                (outcome, Fault::Transient),
                (started, attempt_started),
                test_state,
                &scope,
                finish,
            );
        }
        finish(outcome, &|| driver.ended(clock, None))
    }

    /// Continues after the first attempt failed.
    #[cold]
    #[inline(never)]
    fn retry_after<A>(
        self,
        (mut outcome, mut fault): (F::Outcome, Fault),
        (started, mut attempt_started): (Option<InstantOf<K>>, Option<InstantOf<K>>),
        test_state: TestState,
        scope: &N::Scope,
        finish: impl FnOnce(F::Outcome, &dyn Fn() -> Ended) -> A,
    ) -> A
    where
        S: BlockingSleepMut,
        K: ClockSource,
        G: Random,
        X: BlockingCancel,
    {
        let Self { source, mut operation, mut criteria, mut observer, environment, .. } = self;
        let Environment { mut sleeper, clock, mut random, cancel, shared, .. } = environment;
        let clock = clock.blocking();
        let label = shared.label();
        let mut driver = Driver::new(started).with_test_state(test_state);
        loop {
            let error = outcome.as_result().err();
            let step = Step::new(&source, clock, &mut random, &mut observer, label);
            let failure = Failure::new(fault)
                .cancelled(cancel.is_cancelled())
                .nested(scope.inner_gave_up())
                .budget(shared.budget.budget());
            let delay = match driver.failed(step.with(text_of(error)), failure, attempt_started, error) {
                Decision::RetryAfter(delay) => delay,
                Decision::Stop(reason) => return finish(outcome, &|| driver.ended(clock, Some(reason))),
            };
            let held = X::hold(outcome);
            if !delay.is_zero() {
                cancel.wait(&mut sleeper, delay);
            }
            let interrupted = if cancel.is_cancelled() { X::release(held) } else { None };
            if let Some(outcome) = interrupted {
                let error = outcome.as_result().err();
                let step = Step::new(&source, clock, &mut random, &mut observer, label);
                driver.interrupted(step.with(text_of(error)), StopReason::Cancelled, error);
                return finish(outcome, &|| driver.ended(clock, Some(StopReason::Cancelled)));
            }
            driver.waited(delay);
            let is_timed = O::NEEDS_TIME || source.rules().reset_after.is_some();
            attempt_started = is_timed.then(|| clock.now());
            scope.attempt_starts(|| driver.remaining(source.rules(), clock));
            let around = time_left_around(F::READS_ATTEMPT);
            let attempt = || driver.attempt(source.rules(), clock, Some(delay), [None, around]);
            outcome = scope.within(|| operation.start(attempt));
            fault = if let Some((fault, _)) = criteria.failure(&outcome) {
                fault
            } else {
                let step = Step::new(&source, clock, &mut random, &mut observer, label);
                if driver.succeeded(step, shared.budget.budget()) {
                    return finish(outcome, &|| driver.ended(clock, None));
                }
                Fault::Transient
            };
        }
    }
}

/// State of the backoff of `P` during a call.
type StateOf<P> = <<P as PolicySource>::Backoff as Backoff>::State;
/// Instant type of the clock of a blocking call.
type InstantOf<K> = <<K as ClockSource>::Blocking as Clock>::Instant;

/// Builds a report from the last outcome and the totals of the call.
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
