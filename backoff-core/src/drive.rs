//! What the drivers share: the state of one call, and the step after each attempt.
//!
//! A driver runs an attempt, asks here what to do, and obeys: it returns, or waits and runs the next. The rules are not
//! here but in [`decision`](crate::decision).

pub(crate) mod blocking;
pub(crate) mod call;
pub(crate) mod cancel;
#[cfg(feature = "async")]
pub(crate) mod future;
pub(crate) mod judge;
pub(crate) mod operation;
pub(crate) mod source;
pub(crate) mod timeouts;

use core::time::Duration;

use self::source::PolicySource;
use crate::clock::Clock;
use crate::decision::{Decision, Failure, Progress, StopReason, decide};
use crate::error::Ended;
use crate::observe::{GiveUpEvent, Observer, RecoveredEvent, RetryEvent};
use crate::policy::Rules;
use crate::random::Random;

/// The state of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Driver<S, I> {
    progress: Progress<S>,
    /// When the call started, or first failed if nothing asked for time before.
    started: Option<I>,
    /// All attempts that have ended, also those before a reset.
    attempts: u32,
    slept: Duration,
}

/// What one step of the driver works with.
pub(crate) struct Step<'a, P, C, G, O> {
    pub(crate) source: &'a P,
    pub(crate) clock: &'a C,
    pub(crate) random: &'a mut G,
    pub(crate) observer: &'a mut O,
    /// Somebody beside the rules wants to know the time.
    pub(crate) is_timed: bool,
}

impl<S, I: Copy> Driver<S, I> {
    /// Starts a call; the clock is read only if something needs the start.
    #[inline]
    pub(crate) fn start(rules: &Rules, clock: &impl Clock<Instant = I>, is_timed: bool) -> Self {
        let started = (is_timed || rules.needs_start()).then(|| clock.now());
        Self { progress: Progress::new(), started, attempts: 0, slept: Duration::ZERO }
    }

    /// Returns the number of attempts that have ended.
    #[inline]
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) const fn progress(&self) -> &Progress<S> {
        &self.progress
    }

    pub(crate) const fn slept(&self) -> Duration {
        self.slept
    }

    /// Returns the time of the call; starts it if it has not started.
    #[inline]
    pub(crate) fn now(&mut self, clock: &impl Clock<Instant = I>) -> Duration {
        if let Some(started) = self.started {
            return clock.elapsed(started);
        }
        self.started = Some(clock.now());
        Duration::ZERO
    }

    /// Returns the time of the call, zero if it has not started.
    pub(crate) fn elapsed(&self, clock: &impl Clock<Instant = I>) -> Duration {
        self.started.map_or(Duration::ZERO, |started| clock.elapsed(started))
    }

    /// Counts a failed attempt, asks the core, and tells the observer.
    #[cold]
    #[inline(never)]
    pub(crate) fn failed<P, C, G, O, E>(
        &mut self,
        step: Step<'_, P, C, G, O>,
        failure: Failure,
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
        let Step { source, clock, random, observer, is_timed } = step;
        let rules = source.rules();
        self.attempts = self.attempts.saturating_add(1);
        let elapsed = if is_timed || rules.needs_time() { self.now(clock) } else { Duration::ZERO };
        let ran = attempt_started.map_or(Duration::ZERO, |started| clock.elapsed(started));
        let failure = failure.at(elapsed).ran(ran);
        let decision = decide(rules, source.backoff(), &mut self.progress, failure, random);
        if O::WATCHES {
            self.tell(observer, rules, error, elapsed, decision);
        }
        decision
    }

    fn tell<O: Observer<E>, E>(
        &self,
        observer: &mut O,
        rules: &Rules,
        error: Option<&E>,
        elapsed: Duration,
        decision: Decision,
    ) {
        match decision {
            Decision::RetryAfter(delay) => {
                let max_attempts = (rules.max_attempts != 0).then_some(rules.max_attempts);
                observer.retry(&RetryEvent { attempt: self.attempts, max_attempts, error, delay, elapsed });
            }
            Decision::Stop(reason) => {
                observer.give_up(&GiveUpEvent { attempts: self.attempts, error, reason, elapsed });
            }
        }
    }

    /// Tells the observer that a limit of the call ended it during a delay.
    pub(crate) fn interrupted<C, O, E>(&mut self, clock: &C, observer: &mut O, reason: StopReason, error: Option<&E>)
    where
        C: Clock<Instant = I>,
        O: Observer<E>,
    {
        if O::WATCHES {
            let elapsed = self.now(clock);
            observer.give_up(&GiveUpEvent { attempts: self.attempts, error, reason, elapsed });
        }
    }

    /// Counts a successful attempt, and tells the observer if it was a retry.
    #[inline]
    pub(crate) fn succeeded<C, O, E>(&mut self, clock: &C, observer: &mut O)
    where
        C: Clock<Instant = I>,
        O: Observer<E>,
    {
        self.attempts = self.attempts.saturating_add(1);
        if O::WATCHES && self.attempts > 1 {
            let elapsed = self.now(clock);
            observer.recovered(&RecoveredEvent { attempts: self.attempts, elapsed });
        }
    }

    /// Counts a delay that was waited out.
    #[inline]
    pub(crate) fn waited(&mut self, delay: Duration) {
        self.slept = self.slept.saturating_add(delay);
    }

    /// Returns what the call took.
    pub(crate) fn ended(&self, clock: &impl Clock<Instant = I>, stopped: Option<StopReason>) -> Ended {
        Ended { attempts: self.attempts, elapsed: self.elapsed(clock), slept: self.slept, stopped }
    }

    /// Starts a new sequence of attempts.
    pub(crate) fn reset(&mut self, clock: &impl Clock<Instant = I>) {
        let at = self.elapsed(clock);
        self.progress.reset(at);
    }
}
