//! State of one call, and the step after each attempt, both shared by the drivers.
//!
//! A driver runs an attempt, then calls this module for the decision. The driver then returns, or waits and runs the
//! next attempt. The rules are in [`decision`](crate::decision).

pub(crate) mod after_attempt;
pub(crate) mod blocking;
pub(crate) mod call;
pub(crate) mod cancel;
pub(crate) mod criteria;
mod failed_attempt;
#[cfg(feature = "async")]
pub(crate) mod future;
pub(crate) mod kept_time;
pub(crate) mod operation;
#[cfg(feature = "async")]
pub(crate) mod race;
pub(crate) mod shared_limits;
pub(crate) mod source;
mod succeeded_attempt;
pub(crate) mod test_state;
#[cfg(feature = "async")]
pub(crate) mod timeout_signals;
pub(crate) mod timeouts;
pub(crate) mod undisturbed;

use core::time::Duration;

use self::after_attempt::{EventData, decide_adjusted_outlined, decide_outlined, is_usual};
use self::kept_time::KeptTime;
use self::source::PolicySource;
use self::test_state::{TestState, with_test_rules};
use crate::Attempt;
use crate::clock::Clock;
#[cfg(feature = "async")]
use crate::decision::is_certainly_last;
use crate::decision::{Decision, Failure, Progress, StopReason, decide, decide_usual, remaining};
use crate::error::Ended;
use crate::observe::{Elapsed, ErrorText, FailedAttempt, GiveUpEvent, Label, Observer, RetryEvent};
use crate::random::Random;
use backoff_rules::Rules;

/// The state of one call. `D` is `()` if nothing needs the sum of its delays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Driver<S, I, D = Duration> {
    progress: Progress<S>,
    /// Start of the call. Without a need for the start, it is the instant of the first failure.
    started: Option<I>,
    /// `true` if the clock was read when the call started.
    is_timed: bool,
    /// Number of all attempts that have ended, including those before a reset.
    attempts: u32,
    slept: D,
    test_state: TestState,
}

/// Data that one step of the driver needs.
pub(crate) struct Step<'a, P, C, G, O> {
    pub(crate) source: &'a P,
    pub(crate) clock: &'a C,
    pub(crate) random: &'a mut G,
    pub(crate) observer: &'a mut O,
    pub(crate) label: Label,
    pub(crate) text: ErrorText<'a>,
}

impl<'a, P, C, G, O> Step<'a, P, C, G, O> {
    #[inline]
    pub(crate) const fn new(source: &'a P, clock: &'a C, random: &'a mut G, observer: &'a mut O, label: Label) -> Self {
        Self { source, clock, random, observer, label, text: ErrorText::NONE }
    }

    /// Adds the error, as text, to the step.
    #[inline]
    pub(crate) const fn with(mut self, text: ErrorText<'a>) -> Self {
        self.text = text;
        self
    }
}

impl<S, I: Copy, D: KeptTime> Driver<S, I, D> {
    /// Starts a call. Reads the clock only if something needs the start.
    #[inline]
    pub(crate) fn start(rules: &Rules, clock: &impl Clock<Instant = I>, is_timed: bool) -> Self {
        Self::new(Self::started(rules, clock, is_timed))
    }

    /// Returns the current instant as the start of the call. Returns `None` if nothing needs the start.
    #[inline]
    pub(crate) fn started(rules: &Rules, clock: &impl Clock<Instant = I>, is_timed: bool) -> Option<I> {
        (is_timed || rules.needs_start() || cfg!(feature = "metrics")).then(|| clock.now())
    }

    /// Returns the state of a call before its first attempt. `started` is the start of the call, if known.
    #[inline]
    pub(crate) fn new(started: Option<I>) -> Self {
        Self {
            progress: Progress::new(),
            started,
            is_timed: started.is_some(),
            attempts: 0,
            slept: D::of(Duration::ZERO),
            test_state: TestState::new(),
        }
    }

    /// Returns the state of a call that was started in another process, before its next attempt.
    #[cfg(feature = "std")]
    pub(crate) fn resumed(started: I, progress: Progress<S>) -> Self {
        let attempts = progress.attempts();
        Self { progress, attempts, ..Self::new(Some(started)) }
    }

    /// Returns the changes of tests to this call.
    #[inline]
    pub(crate) const fn test_state(&self) -> TestState {
        self.test_state
    }

    /// Continues with the changes of tests that the first attempt has found.
    #[inline]
    pub(crate) const fn with_test_state(mut self, test_state: TestState) -> Self {
        self.test_state = test_state;
        self
    }

    /// Returns the number of attempts that have ended.
    #[inline]
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) const fn progress(&self) -> &Progress<S> {
        &self.progress
    }

    pub(crate) fn slept(&self) -> Duration {
        self.slept.time()
    }

    /// Returns the elapsed time of the call. Starts the time if it has not started.
    #[inline]
    pub(crate) fn now(&mut self, clock: &impl Clock<Instant = I>) -> Duration {
        if let Some(started) = self.started {
            return self.test_state.total(clock.elapsed(started));
        }
        self.started = Some(clock.now());
        Duration::ZERO
    }

    /// Returns the elapsed time of the call; zero if it has not started.
    pub(crate) fn elapsed(&self, clock: &impl Clock<Instant = I>) -> Duration {
        self.started.map_or(Duration::ZERO, |started| self.test_state.total(clock.elapsed(started)))
    }

    /// Returns the elapsed time of the call at its last failure, which hooks receive before the delay; zero if it has
    /// not started.
    pub(crate) fn elapsed_at_failure(&self, clock: &impl Clock<Instant = I>) -> Duration {
        self.started.map_or(Duration::ZERO, |started| self.test_state.at_failure().total(clock.elapsed(started)))
    }

    /// Returns whether the call is past its timeout because of delays that a test skipped. A timer cannot detect this.
    #[cfg(any(feature = "std", feature = "async"))]
    #[inline]
    pub(crate) fn is_past(&self, timeout: Duration, clock: &impl Clock<Instant = I>) -> bool {
        self.test_state.is_past(timeout, || self.started.map_or(Duration::ZERO, |started| clock.elapsed(started)))
    }

    /// Returns the remaining time of `max_elapsed`. Returns `None` if nothing limits the call yet.
    pub(crate) fn remaining(&self, rules: &Rules, clock: &impl Clock<Instant = I>) -> Option<Duration> {
        with_test_rules(rules, |rules| remaining(rules, &self.progress, self.elapsed(clock)))
    }

    /// Returns the description of the attempt that starts now, after `last_delay`. The limits around it are the timeout
    /// of the call and the time that enclosing calls leave.
    pub(crate) fn attempt(
        &self,
        rules: &Rules,
        clock: &impl Clock<Instant = I>,
        last_delay: Option<Duration>,
        [timeout, around]: [Option<Duration>; 2],
    ) -> Attempt {
        let elapsed = self.elapsed(clock);
        let own = with_test_rules(rules, |rules| remaining(rules, &self.progress, elapsed));
        let limits = [own, timeout.map(|timeout| timeout.saturating_sub(elapsed)), around];
        let number = self.progress.attempts().saturating_add(1);
        Attempt::new(number, with_test_rules(rules, Rules::attempts_limit), elapsed, last_delay, limits)
    }

    /// Returns whether no attempt can follow the present one, whatever its result. Reads no clock.
    #[cfg(feature = "async")]
    #[inline]
    pub(crate) fn is_certainly_last(&self, rules: &Rules) -> bool {
        with_test_rules(rules, |rules| is_certainly_last(rules, self.progress.attempts()))
    }

    /// Returns the elapsed time of the call in the form that observers receive.
    const fn elapsed_for_events(&self, elapsed: Duration) -> Elapsed {
        match self.started {
            None => Elapsed::Unknown,
            Some(_) if self.is_timed => Elapsed::SinceStart(elapsed),
            Some(_) => Elapsed::SinceFirstFailure(elapsed),
        }
    }

    /// Counts a failed attempt, gets the decision from the core, and notifies observers.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "each driver has one copy, which then builds the failure in place")]
    pub(crate) fn failed<P, C, G, O, E>(
        &mut self,
        step: Step<'_, P, C, G, O>,
        failure: Failure<'_>,
        attempt_started: Option<I>,
        error: Option<&E>,
    ) -> Decision
    where
        P: PolicySource,
        P::Backoff: crate::Backoff<State = S>,
        C: Clock<Instant = I>,
        G: Random,
        O: Observer<E>,
    {
        let Step { source, clock, random, observer, label, text } = step;
        let rules = source.rules();
        self.attempts = self.attempts.saturating_add(1);
        let retries = self.progress.attempts();
        if is_usual(rules, retries, &failure, label, O::WATCHES || O::ADJUSTS || O::RESETS) {
            self.test_state.attempt_failed();
            self.progress.count_usual();
            let decision = decide_usual(rules, retries, failure.budget, random);
            after_attempt::count(label.site, decision);
            return decision;
        }
        let is_first = self.attempts == 1;
        let needs_time =
            self.started.is_some() || rules.needs_time() || is_first && after_attempt::reports_first_failure();
        let elapsed = if needs_time { self.now(clock) } else { Duration::ZERO };
        let ran = attempt_started.map(|started| clock.elapsed(started));
        let failed = self.failed_attempt(&failure, ran, elapsed);
        let failure = failure.ran(ran.unwrap_or_default());
        if O::RESETS && observer.starts_sequence(error) && TestState::allows_new_sequence() {
            self.progress.reset(elapsed);
        }
        let state = (&mut self.progress, &mut self.test_state);
        let decision = if O::ADJUSTS {
            let max_attempts = with_test_rules(rules, Rules::attempts_limit);
            let adjust = &mut |attempt, delay| {
                observer.adjust(&RetryEvent { attempt, max_attempts, error, delay, elapsed, failed, text: None })
            };
            decide_adjusted_outlined(rules, source.backoff(), state, failure, elapsed, random, adjust)
        } else {
            decide_outlined(rules, source.backoff(), state, failure, elapsed, random)
        };
        let data = || {
            let attempts = match decision {
                Decision::RetryAfter(_) => self.progress.attempts(),
                Decision::Stop(_) => self.attempts,
            };
            EventData { label, attempts, elapsed: self.elapsed_for_events(elapsed), failed, text }
        };
        after_attempt::publish_decision(rules, decision, label.site, data);
        if !O::WATCHES && !O::ADJUSTS {
            return decision;
        }
        self.notify_hooks(observer, rules, (error, failed), elapsed, decision);
        match decision {
            Decision::RetryAfter(delay) if !self.is_still_in_time(rules, clock, failure, delay) => {
                self.stop((rules, clock, observer), (label, text), StopReason::MaxElapsed, error);
                Decision::Stop(StopReason::MaxElapsed)
            }
            decision => decision,
        }
    }

    /// Returns whether a scheduled retry still starts in time after the hooks that ran since the decision.
    pub(crate) fn is_still_in_time(
        &mut self,
        rules: &Rules,
        clock: &impl Clock<Instant = I>,
        failure: Failure<'_>,
        delay: Duration,
    ) -> bool {
        if !after_attempt::is_bounded(rules) {
            return true;
        }
        let at = self.elapsed_at_failure(clock);
        after_attempt::is_still_in_time(rules, (&self.progress, &mut self.test_state), failure, at, delay)
    }

    /// Counts a tick and gets the decision on the next one from the core. Observers are not notified, because nothing
    /// failed.
    pub(crate) fn decide_tick<P, C, G>(&mut self, source: &P, clock: &C, tick: Failure<'_>, random: &mut G) -> Decision
    where
        P: PolicySource,
        P::Backoff: crate::Backoff<State = S>,
        C: Clock<Instant = I>,
        G: Random,
    {
        self.attempts = self.attempts.saturating_add(1);
        let at = if source.rules().needs_time() { self.now(clock) } else { Duration::ZERO };
        let decision = decide(source.rules(), source.backoff(), &mut self.progress, tick, at, random);
        self.test_state.skip_delay_in_tests(decision)
    }

    fn notify_hooks<O: Observer<E>, E>(
        &self,
        observer: &mut O,
        rules: &Rules,
        (error, failed): (Option<&E>, FailedAttempt),
        elapsed: Duration,
        decision: Decision,
    ) {
        match decision {
            Decision::RetryAfter(delay) => {
                let max_attempts = with_test_rules(rules, Rules::attempts_limit);
                // The number within the sequence, because `max_attempts` counts that, too.
                let attempt = self.progress.attempts();
                observer.retry(&RetryEvent { attempt, max_attempts, error, delay, elapsed, failed, text: None });
            }
            Decision::Stop(reason) => {
                observer.give_up(&GiveUpEvent { attempts: self.attempts, error, reason, elapsed, failed, text: None });
            }
        }
    }

    /// Notifies observers that a limit of the call ended it during a delay.
    pub(crate) fn interrupted<P, C, G, O, E>(
        &mut self,
        step: Step<'_, P, C, G, O>,
        reason: StopReason,
        error: Option<&E>,
    ) where
        P: PolicySource,
        C: Clock<Instant = I>,
        O: Observer<E>,
    {
        let Step { source, clock, observer, label, text, .. } = step;
        self.stop((source.rules(), clock, observer), (label, text), reason, error);
    }

    /// Ends a call after a retry was scheduled.
    fn stop<O: Observer<E>, E>(
        &self,
        (rules, clock, observer): (&Rules, &impl Clock<Instant = I>, &mut O),
        (label, text): (Label, ErrorText<'_>),
        reason: StopReason,
        error: Option<&E>,
    ) {
        let elapsed = self.elapsed(clock);
        let failed = FailedAttempt::NONE;
        let elapsed_for_events = self.elapsed_for_events(elapsed);
        let data = EventData { label, attempts: self.attempts, elapsed: elapsed_for_events, failed, text };
        after_attempt::publish_stop(rules, reason, &data);
        if O::WATCHES {
            observer.give_up(&GiveUpEvent { attempts: self.attempts, error, reason, elapsed, failed, text: None });
        }
    }

    /// Adds a completed delay to the total.
    #[inline]
    pub(crate) fn waited(&mut self, delay: D) {
        self.slept = D::of(self.slept().saturating_add(delay.time()));
    }

    /// Returns the number of attempts, the times and the stop reason of the call.
    pub(crate) fn ended(&self, clock: &impl Clock<Instant = I>, stopped: Option<StopReason>) -> Ended {
        Ended { attempts: self.attempts, elapsed: self.elapsed(clock), slept: self.slept(), stopped }
    }

    /// Starts a new sequence of attempts. Its time counts from the instant `from`.
    pub(crate) fn reset(&mut self, from: I, clock: &impl Clock<Instant = I>) {
        let at = self.elapsed(clock).saturating_sub(clock.elapsed(from));
        self.progress.reset(at);
    }
}
