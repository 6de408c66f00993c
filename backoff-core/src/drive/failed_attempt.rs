//! The facts about a failed attempt that events report.

use core::time::Duration;

use super::Driver;
use super::kept_time::KeptTime;
use crate::Fault;
use crate::clock::Clock;
use crate::decision::Failure;
use crate::observe::FailedAttempt;

impl<S, I: Copy, D: KeptTime> Driver<S, I, D> {
    /// Returns the facts about a failed attempt that events report. The first attempt ran from the start of the call,
    /// if the start is known.
    #[inline]
    pub(super) fn failed_attempt(
        &self,
        failure: &Failure<'_>,
        ran: Option<Duration>,
        elapsed: Duration,
    ) -> FailedAttempt {
        if self.test_state.is_losing() {
            return FailedAttempt::NONE;
        }
        let is_whole_call = self.is_timed && self.attempts == 1;
        FailedAttempt::new(failure.fault, ran.or(is_whole_call.then_some(elapsed)))
    }

    /// Returns the facts about the last attempt, for an event that is made after the decision.
    pub(crate) fn last_attempt(
        &self,
        fault: Option<Fault>,
        attempt_started: Option<I>,
        clock: &impl Clock<Instant = I>,
    ) -> FailedAttempt {
        let Some(fault) = fault.filter(|_| !self.has_lost()) else { return FailedAttempt::NONE };
        let is_whole_call = self.is_timed && self.attempts == 1;
        let started = attempt_started.or(self.started.filter(|_| is_whole_call));
        FailedAttempt::new(fault, started.map(|started| clock.elapsed(started)))
    }
}
