//! Driver for async calls: a named, unboxed future. It is `Send` if its fields are.

mod awaited_blocking;
mod bounds;
mod lending;
mod report;

use core::fmt;
use core::future::{Future, IntoFuture};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use pin_project_lite::pin_project;

pub(crate) use self::bounds::AsyncCall;
use self::bounds::{CallParts, FindFailure as _};
pub use self::lending::{AwaitCall, Lends};
pub use self::report::ReportFuture;
use super::after_attempt::{text_of, time_left_around};
use super::call::{Environment, Retry};
use super::cancel::{AsyncCancel, KeepsOutcome};
use super::criteria::Criteria;
use super::kept_time::KeptTime;
use super::operation::{Async, Operation};
use super::race::{DelayEnd, DroppedBy, PollOrder, Signal, poll_attempt, poll_delay};
use super::shared_limits::{BudgetSource as _, Nesting, OpenScope as _, SharedLimits};
use super::source::PolicySource;
use super::timeout_signals::TimeoutSignals;
use super::{Driver, Step};
use crate::clock::{Clock, ClockSource};
use crate::decision::{AttemptLimit, Decision, Failure, StopReason};
use crate::error::Ended;
use crate::observe::Observer;
use crate::sleep::{SleepMut, Wait};
use crate::test_hooks::poll_without_waiting;
use crate::{Backoff, Fault, Outcome};
use backoff_rules::Rules;

/// State of the call `C`.
type DriverOf<C> = Driver<StateOf<C>, InstantOf<C>, <C as AsyncCall>::Delay>;
type StateOf<C> = <<<C as AsyncCall>::Source as PolicySource>::Backoff as Backoff>::State;
type InstantOf<C> = <<<C as AsyncCall>::Clock as ClockSource>::Async as Clock>::Instant;
type SleepOf<C> = <<C as AsyncCall>::Sleeper as SleepMut>::Sleep;
type TimerOf<C> =
    <<C as AsyncCall>::Timeouts as TimeoutSignals<<C as AsyncCall>::Outcome>>::Timer<<C as AsyncCall>::Sleeper>;
type HeldOf<C> = <<C as AsyncCall>::Cancel as KeepsOutcome>::Held<<C as AsyncCall>::Outcome>;
type SignalOf<C> = <<C as AsyncCall>::Cancel as AsyncCancel<<C as AsyncCall>::Outcome>>::Signal;
type OnCancelOf<C> = <<C as AsyncCall>::Cancel as AsyncCancel<<C as AsyncCall>::Outcome>>::OnCancel;
type ErrorOf<C> = <<C as AsyncCall>::Outcome as Outcome>::Error;
/// The last outcome of the call `C`, and the stop reason.
type EndOf<C> = (<C as AsyncCall>::Outcome, Option<StopReason>);

/// The attempt in progress, as the engine polls it.
trait CurrentAttempt<C: AsyncCall> {
    /// Polls the attempt. `own` is the one that the engine keeps.
    fn poll(&mut self, own: Pin<&mut C::Attempt>, cx: &mut Context<'_>) -> Poll<C::Outcome>;
    /// Drops an attempt that the engine does not keep.
    fn drop_it(&mut self);
}

/// The attempt that the engine keeps.
struct OwnAttempt;

impl<C: AsyncCall> CurrentAttempt<C> for OwnAttempt {
    #[inline]
    fn poll(&mut self, own: Pin<&mut C::Attempt>, cx: &mut Context<'_>) -> Poll<C::Outcome> {
        own.poll(cx)
    }

    #[inline]
    fn drop_it(&mut self) {}
}

pin_project! {
    /// Current phase of the call. An attempt and a delay never exist at the same time.
    #[project = PhasePinned]
    #[project_replace = PhaseOwned]
    enum Phase<A, L, Z, H, I, D> {
        Ready { last_delay: Option<D> },
        Attempt { #[pin] attempt: A, #[pin] limit: L, order: PollOrder, started: Option<I>, limited_to: Option<AttemptLimit> },
        Sleep { #[pin] wait: Wait<Z>, delay: D, held: H },
        Done,
    }
}

pin_project! {
    /// The future of an async call, created by awaiting a [`Retry`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the attempt or the delay in progress, and all other state. The library spawns no task.
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
    /// use backoff_core::Policy;
    /// use backoff_core::call::RetryFuture;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let policy = Policy::default();
    /// let call = policy.retry(|| async { Ok::<_, &str>("tea") });
    /// let future: RetryFuture<_> = call.into_future();
    /// assert_eq!(future.await, Ok("tea"));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct RetryFuture<C: AsyncCall> {
        source: C::Source,
        operation: C::Operation,
        criteria: C::Criteria,
        observer: C::Observer,
        sleeper: C::Sleeper,
        clock: C::Clock,
        random: C::Random,
        timeouts: C::Timeouts,
        shared: SharedLimits<C::Budget, C::Nesting, C::Name>,
        scope: <C::Nesting as Nesting>::Scope,
        on_cancel: OnCancelOf<C>,
        driver: Option<DriverOf<C>>,
        #[pin]
        cancel: SignalOf<C>,
        #[pin]
        deadline: Option<TimerOf<C>>,
        #[pin]
        phase: Phase<C::Attempt, TimerOf<C>, SleepOf<C>, HeldOf<C>, InstantOf<C>, C::Delay>,
    }
}

impl<C: AsyncCall> fmt::Debug for RetryFuture<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture").finish_non_exhaustive()
    }
}

impl<C: AsyncCall> RetryFuture<C> {
    fn new(call: C) -> Self {
        let CallParts { source, operation, criteria, observer, environment } = call.into_parts();
        let Environment { sleeper, clock, random, cancel, timeouts, shared } = environment;
        let (cancel, on_cancel) = cancel.into_parts();
        Self {
            source,
            operation,
            criteria,
            observer,
            sleeper,
            clock,
            random,
            timeouts,
            shared,
            scope: <C::Nesting as Nesting>::Scope::default(),
            driver: None,
            cancel,
            on_cancel,
            deadline: None,
            phase: Phase::Ready { last_delay: None },
        }
    }

    /// Polls the call to its end. Returns the last outcome and the stop reason.
    fn poll_end(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<EndOf<C>> {
        loop {
            self.as_mut().start_if_ready();
            if let Some(end) = ready!(self.as_mut().poll_phase(cx, &mut OwnAttempt)) {
                return Poll::Ready(end);
            }
        }
    }

    /// Starts the next attempt if the call is ready for it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "each driver has one copy, in its loop")]
    fn start_if_ready(self: Pin<&mut Self>) {
        if let Phase::Ready { last_delay } = self.phase {
            self.start_attempt(last_delay);
        }
    }

    /// Polls the present phase to its end. Returns the end of the call, or `None` if another phase has begun.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "each driver has one copy, in its loop")]
    fn poll_phase(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        current: &mut impl CurrentAttempt<C>,
    ) -> Poll<Option<EndOf<C>>> {
        let mut this = self.as_mut().project();
        match this.phase.as_mut().project() {
            PhasePinned::Ready { .. } => Poll::Ready(None),
            PhasePinned::Attempt { attempt, limit, order, started, limited_to } => {
                let (started, limited_to) = (*started, *limited_to);
                let scope = &*this.scope;
                let run = |cx: &mut Context<'_>| scope.within(|| current.poll(attempt, cx));
                let mut cancel = <C::Cancel as AsyncCancel<_>>::DROPS_ATTEMPTS.then_some(this.cancel.as_mut());
                let cancel = Pin::new(&mut cancel);
                let (outcome, dropped_by) = match poll_attempt(cx, order, run, this.deadline.as_mut(), limit, cancel) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(outcome)) => {
                        this.phase.set(Phase::Done); // drops the attempt before anything else
                        current.drop_it();
                        (outcome, None)
                    }
                    Poll::Ready(Err(dropped_by)) => {
                        this.phase.set(Phase::Done);
                        current.drop_it();
                        let Some(dropped) = self.as_mut().dropped(dropped_by, limited_to) else {
                            return Poll::Pending;
                        };
                        dropped
                    }
                };
                Poll::Ready(self.as_mut().after_attempt(cx, outcome, started, dropped_by))
            }
            PhasePinned::Sleep { wait, delay, .. } => {
                let delay = *delay;
                let clock = this.clock.runtime();
                let is_past = |limit, driver: &DriverOf<C>| driver.is_past(limit, clock);
                let end = match poll_delay(cx, wait, this.cancel.as_mut(), this.deadline.as_mut()) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(DelayEnd::Elapsed) => {
                        let limits = this.timeouts.call().zip(this.driver.as_ref());
                        let has_struck = limits.is_some_and(|(limit, driver)| is_past(limit, driver));
                        if has_struck { DelayEnd::TimedOut } else { DelayEnd::Elapsed }
                    }
                    Poll::Ready(end) => end,
                };
                Poll::Ready(self.as_mut().after_delay(end, delay))
            }
            PhasePinned::Done => panic!("`RetryFuture` polled after completion"),
        }
    }

    /// Returns the outcome of a dropped attempt, and the stop reason if the call ends with it. `None` cannot occur,
    /// because a call without limits drops no attempt.
    fn dropped(
        self: Pin<&mut Self>,
        by: DroppedBy,
        limited_to: Option<AttemptLimit>,
    ) -> Option<(C::Outcome, Option<StopReason>)> {
        let this = self.project();
        let (time, reason) = match (by, limited_to.zip(this.timeouts.attempt())) {
            (DroppedBy::Cancel, _) => return Some((C::Cancel::outcome(this.on_cancel)?, Some(StopReason::Cancelled))),
            (DroppedBy::AttemptTimeout, Some((limit, timeout))) => (limit.time(), limit.reason(timeout)),
            (DroppedBy::AttemptTimeout, None) | (DroppedBy::CallTimeout, _) => {
                (this.timeouts.call().unwrap_or_default(), Some(StopReason::Timeout))
            }
        };
        Some((this.timeouts.outcome(time)?, reason))
    }

    /// Starts the next attempt, after `last_delay`. The first attempt also starts the clock and the timeout of the
    /// call.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as `start_if_ready`, which calls it")]
    fn start_attempt(self: Pin<&mut Self>, last_delay: Option<C::Delay>) {
        let mut this = self.project();
        let rules = this.source.rules();
        let clock = this.clock.runtime();
        let is_first = last_delay.is_none();
        if is_first && <C::Timeouts as TimeoutSignals<C::Outcome>>::ARE_SET {
            this.deadline
                .set(Some(<C::Timeouts as TimeoutSignals<C::Outcome>>::timer(this.sleeper, this.timeouts.call())));
        }
        let is_timed = <C::Delay as KeptTime>::IS_KEPT
            || <C::Observer as Observer<ErrorOf<C>>>::NEEDS_TIME
            || <C::Timeouts as TimeoutSignals<C::Outcome>>::ARE_SET;
        if is_first {
            *this.driver = DriverOf::<C>::started(rules, clock, is_timed).map(|at| Driver::new(Some(at)));
            *this.scope = this.shared.nesting.open(this.timeouts.call());
        }
        let scope = &*this.scope;
        scope.attempt_starts(|| match this.driver.as_ref() {
            Some(driver) => driver.remaining(rules, clock),
            None => DriverOf::<C>::new(None).remaining(rules, clock),
        });
        let limits = this.timeouts.attempt().zip(this.driver.as_ref());
        let limited_to = limits.map(|(timeout, driver)| AttemptLimit::new(timeout, driver.remaining(rules, clock)));
        let is_attempt_timed = !is_first && <C::Observer as Observer<ErrorOf<C>>>::NEEDS_TIME;
        // The first attempt starts with the call.
        let call_started = this.driver.as_ref().filter(|_| is_first).and_then(|driver| driver.started);
        let is_attempt_timed = is_attempt_timed || rules.reset_after.is_some();
        let started = is_attempt_timed.then(|| call_started.unwrap_or_else(|| clock.now()));
        let limit =
            <C::Timeouts as TimeoutSignals<C::Outcome>>::timer(this.sleeper, limited_to.map(AttemptLimit::time));
        let given = [this.timeouts.call(), time_left_around(<C::Operation as Operation<Async>>::READS_ATTEMPT)];
        let last_delay = last_delay.map(KeptTime::time);
        let described = || match this.driver.as_ref() {
            Some(driver) => driver.attempt(rules, clock, last_delay, given),
            None => DriverOf::<C>::new(None).attempt(rules, clock, last_delay, given),
        };
        this.operation.prepare(|| is_certainly_last::<C>(this.driver.as_ref(), rules));
        let (attempt, order) = (scope.within(|| this.operation.start(described)), PollOrder::default());
        this.phase.set(Phase::Attempt { attempt, limit, order, started, limited_to });
    }

    /// Handles an outcome by the decision of the core: returns the outcome, or starts the delay.
    fn after_attempt(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        outcome: C::Outcome,
        started: Option<InstantOf<C>>,
        dropped_by: Option<StopReason>,
    ) -> Option<EndOf<C>> {
        let mut this = self.project();
        let clock = this.clock.runtime();
        let step = Step::new(&*this.source, clock, this.random, this.observer, this.shared.label());
        let budget = this.shared.budget.budget();
        let (fault, error) = if let Some(failure) = this.criteria.failure(&outcome) {
            failure
        } else {
            let is_kept = if let Some(driver) = this.driver.as_mut() {
                driver.succeeded(step, budget)
            } else {
                let mut driver = DriverOf::<C>::new(None);
                let is_kept = driver.succeeded(step, budget);
                if !is_kept {
                    *this.driver = Some(driver); // it knows that the reply was lost
                }
                is_kept
            };
            if is_kept {
                return Some((outcome, None));
            }
            (Fault::Transient, None)
        };
        let step = Step::new(&*this.source, clock, this.random, this.observer, this.shared.label());
        // A call has no state before its first failure if nothing needs its start.
        let driver = this.driver.get_or_insert_with(|| Driver::new(None));
        // A signal that dropped the attempt must not be polled again, and the reason of a dropped attempt is known.
        let is_cancelled = dropped_by.is_none() && poll_without_waiting(|| this.cancel.poll_given(cx));
        let is_disabled = !this.operation.can_repeat() && !driver.is_certainly_last(this.source.rules());
        let inner_gave_up = this.scope.inner_gave_up();
        let failure = Failure::new(fault)
            .cancelled(is_cancelled)
            .disabled(is_disabled)
            .dropped_by(dropped_by)
            .nested(inner_gave_up)
            .needs_time_left(this.timeouts.attempt().is_some())
            .budget(budget);
        match driver.failed(step.with(text_of(error)), failure, started, error) {
            Decision::RetryAfter(delay) => {
                let held = C::Cancel::hold(outcome);
                this.phase.set(Phase::Sleep { wait: Wait::new(this.sleeper, delay), delay: KeptTime::of(delay), held });
                None
            }
            Decision::Stop(reason) => Some((outcome, Some(reason))),
        }
    }

    /// Starts the next attempt. If the call was cancelled or timed out during the delay, ends the call.
    fn after_delay(mut self: Pin<&mut Self>, end: DelayEnd, delay: C::Delay) -> Option<EndOf<C>> {
        let mut this = self.as_mut().project();
        let (outcome, reason) = match end {
            DelayEnd::Elapsed => {
                if let Some(driver) = this.driver {
                    driver.waited(delay);
                }
                this.phase.set(Phase::Ready { last_delay: Some(delay) });
                return None;
            }
            DelayEnd::Cancelled => {
                let PhaseOwned::Sleep { held, .. } = this.phase.project_replace(Phase::Done) else { return None };
                (C::Cancel::release(held)?, StopReason::Cancelled)
            }
            DelayEnd::TimedOut => {
                this.phase.set(Phase::Done);
                (this.timeouts.outcome(this.timeouts.call().unwrap_or_default())?, StopReason::Timeout)
            }
        };
        let driver = this.driver.as_mut()?;
        let error = outcome.as_result().err();
        let clock = this.clock.runtime();
        let step = Step::new(&*this.source, clock, this.random, this.observer, this.shared.label());
        driver.interrupted(step.with(text_of(error)), reason, error);
        Some((outcome, Some(reason)))
    }

    fn ended(&self, stopped: Option<StopReason>) -> Ended {
        match &self.driver {
            Some(driver) => driver.ended(self.clock.runtime(), stopped),
            None => Ended { attempts: 0, elapsed: Duration::ZERO, slept: Duration::ZERO, stopped },
        }
    }
}

/// Returns whether no attempt can follow the next one of the call `C`.
#[inline]
fn is_certainly_last<C: AsyncCall>(driver: Option<&DriverOf<C>>, rules: &Rules) -> bool {
    match driver {
        Some(driver) => driver.is_certainly_last(rules),
        None => DriverOf::<C>::new(None).is_certainly_last(rules),
    }
}

impl<C: AsyncCall> Future for RetryFuture<C> {
    type Output = C::Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Outcome> {
        self.poll_end(cx).map(|(outcome, _)| outcome)
    }
}

impl<P, F, W, U, O, S, K, G, X, T, D, N, L> IntoFuture
    for Retry<P, Async, F, Criteria<W, U>, O, Environment<S, K, G, X, T, SharedLimits<D, N, L>>>
where
    Self: AsyncCall,
{
    type Output = <Self as AsyncCall>::Outcome;
    type IntoFuture = RetryFuture<Self>;

    fn into_future(self) -> Self::IntoFuture {
        RetryFuture::new(self)
    }
}
