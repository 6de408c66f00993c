//! State of a manual loop, and what its drop does.

use core::ops::{Deref, DerefMut};
use core::time::Duration;

use super::cancel::LoopCancel;
use super::environment::LoopEnvironment;
use super::pending::Pending;
use crate::clock::{Clock as _, InstantOf, WaitClock, WaitKind};
use crate::decision::{Decision, Failure, Progress, StopReason};
use crate::drive::after_attempt::text_of;
use crate::drive::call::Environment;
use crate::drive::shared_limits::{BudgetSource, Nesting, OpenScope as _, SharedLimits};
use crate::drive::source::PolicySource;
use crate::drive::timeouts::NoTimeouts;
use crate::drive::{Driver, Step};
use crate::observe::{ErrorText, Label};
use crate::random::Random;
use crate::{Backoff, ClockSource, Fault};

/// State of the backoff of `P` during a call.
pub(crate) type StateOf<P> = <<P as PolicySource>::Backoff as Backoff>::State;
/// Instant type of the clock of `E`.
pub(crate) type InstantIn<E> = InstantOf<<E as LoopEnvironment>::Clock>;
/// The scope of the calls inside a loop.
pub(crate) type ScopeIn<E> = <<E as LoopEnvironment>::Nesting as Nesting>::Scope;

/// A manual loop: its policy, its environment, and the call that it makes.
pub(crate) struct State<P: PolicySource, E: LoopEnvironment> {
    pub(crate) source: P,
    pub(crate) environment: E,
    pub(crate) scope: ScopeIn<E>,
    pub(crate) call: CallState<StateOf<P>, InstantIn<E>>,
}

/// The state of one call of a loop.
pub(crate) struct CallState<S, I> {
    /// The kind of the last wait.
    pub(crate) kind: WaitKind,
    pub(crate) driver: Driver<S, I>,
    pub(crate) pending: Option<Pending<I>>,
    /// The number of delays so far.
    delays: u32,
    attempt_started: Option<I>,
    /// Start of the present sequence, until its first failure selects the clock by which that counts.
    reset_at: Option<I>,
    last_delay: Option<Duration>,
    pub(crate) stopped: Option<StopReason>,
    /// `true` between a success and the next failure.
    has_succeeded: bool,
    /// Failures and time of the call in an earlier process.
    before: (u32, Duration),
}

impl<P: PolicySource, E: LoopEnvironment> State<P, E> {
    pub(crate) fn new(source: P, environment: E) -> Self {
        let clock = WaitClock::new(environment.clock(), WaitKind::Async);
        let call = CallState::new(WaitKind::Async, Driver::start(source.rules(), &clock, false));
        let scope = environment.nesting().open(None);
        let mut state = Self { source, environment, scope, call };
        state.attempt_starts();
        state
    }

    /// Starts the call again after `failures` in `elapsed` time.
    pub(crate) fn resume(&mut self, failures: u32, elapsed: Duration) {
        let clock = WaitClock::new(self.environment.clock(), self.call.kind);
        let progress = if failures == 0 {
            Progress::new()
        } else {
            // A number from outside may be any; a call has no more retries than its limit allows.
            let retries = self.source.rules().attempts_limit().map_or(failures, |limit| failures.min(limit));
            Progress::with_state(failures, self.source.backoff().resume(retries))
        };
        self.call = CallState::new(self.call.kind, Driver::resumed(clock.before(elapsed), progress));
        self.call.before = (failures, elapsed);
        self.attempt_starts();
    }

    /// Replaces the environment; the new one may have another clock, so the call starts now.
    pub(crate) fn restarted<V: LoopEnvironment>(self, change: impl FnOnce(E) -> V) -> State<P, V> {
        let before = self.call.before;
        let mut state = State::new(self.source, change(self.environment));
        if before != (0, Duration::ZERO) {
            state.resume(before.0, before.1);
        }
        state
    }

    /// Replaces the environment by one with the same clock and scope.
    pub(crate) fn changed<V>(self, change: impl FnOnce(E) -> V) -> State<P, V>
    where
        V: LoopEnvironment<Clock = E::Clock, Nesting = E::Nesting>,
    {
        let Self { source, environment, scope, call } = self;
        State { source, environment: change(environment), scope, call }
    }

    /// Returns the delay before the present attempt, as the policy decided it.
    pub(crate) fn last_delay(&self) -> Option<Duration> {
        self.call.pending.map_or(self.call.last_delay, |pending| Some(pending.decided))
    }

    /// Returns the time that is left of the pending delay.
    pub(crate) fn rest(&self) -> Option<Duration> {
        let clock = WaitClock::new(self.environment.clock(), self.call.kind);
        self.call.pending.map(|pending| pending.rest(&clock))
    }

    /// Records that the pending delay has passed, so that the next attempt starts.
    pub(crate) fn delay_passed(&mut self) {
        if let Some(pending) = self.call.pending.take() {
            self.call.driver.waited(pending.delay());
            self.call.last_delay = Some(pending.decided);
            self.attempt_starts();
        }
    }

    /// Records the start of an attempt.
    pub(crate) fn attempt_starts(&mut self) {
        let Self { source, environment, scope, call } = self;
        let clock = WaitClock::new(environment.clock(), call.kind);
        call.attempt_started = source.rules().reset_after.is_some().then(|| clock.now());
        call.stopped = None;
        scope.attempt_starts(|| call.driver.remaining(source.rules(), &clock));
    }

    /// Records that the present attempt may have started in the middle of the delay, because its wait was dropped.
    #[cfg(feature = "async")]
    pub(crate) fn wait_dropped(&mut self) {
        if self.call.pending.is_some() && self.source.rules().reset_after.is_some() {
            self.call.attempt_started = Some(WaitClock::new(self.environment.clock(), self.call.kind).now());
        }
    }

    /// Counts the success of the present attempt.
    fn count_success(&mut self) {
        // The deposit comes first, because an observer may panic.
        if let Some(budget) = self.environment.budget() {
            budget.deposit();
        }
        let Self { source, environment, call, .. } = self;
        let clock = WaitClock::new(environment.clock(), call.kind);
        let (mut nothing, mut nobody) = ((), ());
        let step = Step::new(source, &clock, &mut nothing, &mut nobody, Label::named(environment.name()));
        call.driver.accepted::<_, _, _, _, ()>(step);
    }

    /// Counts the success of the present attempt, and starts a new call.
    pub(crate) fn success(&mut self) {
        self.count_success();
        let clock = WaitClock::new(self.environment.clock(), self.call.kind);
        let driver = Driver::start(self.source.rules(), &clock, false);
        let delays = self.call.delays;
        self.call = CallState { delays, has_succeeded: true, ..CallState::new(self.call.kind, driver) };
        self.attempt_starts();
    }

    /// Starts a new sequence of attempts.
    pub(crate) fn reset(&mut self) {
        let clock = WaitClock::new(self.environment.clock(), self.call.kind);
        let now = clock.now();
        let call = &mut self.call;
        call.driver.reset(now, &clock);
        (call.reset_at, call.last_delay, call.pending, call.has_succeeded) = (Some(now), None, None, false);
        self.attempt_starts();
    }

    /// Records that the call was cancelled during a delay.
    pub(crate) fn interrupted(&mut self, text: ErrorText<'_>) {
        let Self { source, environment, call, .. } = self;
        let clock = WaitClock::new(environment.clock(), call.kind);
        let (mut nothing, mut nobody) = ((), ());
        let step = Step::new(source, &clock, &mut nothing, &mut nobody, Label::named(environment.name()));
        call.driver.interrupted::<_, _, _, _, ()>(step.with(text), StopReason::Cancelled, None);
        (call.pending, call.stopped) = (None, Some(StopReason::Cancelled));
    }
}

impl<S, I: Copy> CallState<S, I> {
    const fn new(kind: WaitKind, driver: Driver<S, I>) -> Self {
        Self {
            kind,
            driver,
            pending: None,
            delays: 0,
            attempt_started: None,
            reset_at: None,
            last_delay: None,
            stopped: None,
            has_succeeded: false,
            before: (0, Duration::ZERO),
        }
    }
}

impl<P, S, K, G, X, D, N> State<P, Environment<S, K, G, X, NoTimeouts, SharedLimits<D, N>>>
where
    P: PolicySource,
    K: ClockSource,
    G: Random,
    D: BudgetSource,
    N: Nesting,
{
    /// Counts a failure, and notifies observers. Returns the time to wait, or the reason to stop.
    pub(crate) fn count<R>(
        &mut self,
        fault: Fault,
        is_cancelled: bool,
        error: Option<&R>,
    ) -> Result<Duration, StopReason> {
        let Self { source, environment, scope, call } = self;
        let Environment { clock, random, shared, .. } = environment;
        let clock = WaitClock::new(&*clock, call.kind);
        call.driver.now(&clock); // `explain` contains the time, from the first failure at the latest
        if let Some(from) = call.reset_at.take() {
            call.driver.reset(from, &clock);
        }
        let failure =
            Failure::new(fault).cancelled(is_cancelled).nested(scope.inner_gave_up()).budget(shared.budget.budget());
        let mut nobody = ();
        let step = Step::new(&*source, &clock, random, &mut nobody, shared.label()).with(text_of(error));
        let decision = call.driver.failed(step, failure, call.attempt_started, error);
        let previous = call.pending.take();
        call.last_delay = previous.map_or(call.last_delay, |previous| Some(previous.decided));
        call.has_succeeded = false;
        match decision {
            Decision::RetryAfter(delay) => {
                call.delays = call.delays.wrapping_add(1);
                let pending = Pending::new(delay, previous, &clock, call.delays);
                (call.pending, call.stopped, call.attempt_started) = (Some(pending), None, None);
                Ok(pending.delay())
            }
            Decision::Stop(reason) => {
                call.stopped = Some(reason);
                Err(reason)
            }
        }
    }

    /// Counts a failure; the cancellation is checked without waiting for it.
    pub(crate) fn check_and_count<R>(&mut self, fault: Fault, error: Option<&R>) -> Result<Duration, StopReason>
    where
        X: LoopCancel,
    {
        let is_cancelled = self.environment.cancel.is_given();
        self.count(fault, is_cancelled, error)
    }
}

/// Work at the end of a value's life.
pub(crate) trait Finish {
    fn finish(&mut self);
}

impl<P: PolicySource, E: LoopEnvironment> Finish for State<P, E> {
    /// Counts an attempt that still runs as a success.
    fn finish(&mut self) {
        let call = &self.call;
        let is_running = call.pending.is_none() && call.stopped.is_none() && !call.has_succeeded;
        if is_running && !std::thread::panicking() {
            self.count_success();
        }
    }
}

/// A value that finishes when it is dropped. Setters take it out, which a type with a destructor does not allow.
pub(crate) struct FinishOnDrop<T: Finish>(Option<T>);

impl<T: Finish> FinishOnDrop<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// Returns the value, which then does not finish.
    pub(crate) fn into_inner(mut self) -> T {
        self.0.take().expect(TAKEN)
    }
}

/// The message of a mistake in this module.
const TAKEN: &str = "a value is taken out only when its owner is consumed; please report this bug of backoff-core";

impl<T: Finish> Deref for FinishOnDrop<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.0.as_ref().expect(TAKEN)
    }
}

impl<T: Finish> DerefMut for FinishOnDrop<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect(TAKEN)
    }
}

impl<T: Finish> Drop for FinishOnDrop<T> {
    fn drop(&mut self) {
        if let Some(value) = &mut self.0 {
            value.finish();
        }
    }
}
