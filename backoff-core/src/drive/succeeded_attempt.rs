//! Processing of a successful attempt: the deposit into the budget, the count, and the events.

use core::time::Duration;

use super::after_attempt::{self, EventData};
use super::kept_time::KeptTime;
use super::source::PolicySource;
use super::test_state::TestState;
use super::{Driver, Step};
use crate::budget::Budget;
use crate::clock::Clock;
use crate::observe::{Elapsed, ErrorText, FailedAttempt, Observer, RecoveredEvent};

impl<S, I: Copy, D: KeptTime> Driver<S, I, D> {
    /// Counts a successful attempt and returns `true`. Returns `false` if a test discards the reply (a lost reply). The
    /// attempt then counts as a failure without an error.
    ///
    /// The deposit into the budget comes first, because a hook may panic.
    #[inline]
    #[must_use]
    pub(crate) fn succeeded<P, C, G, O, E>(&mut self, step: Step<'_, P, C, G, O>, budget: Option<&Budget>) -> bool
    where
        P: PolicySource,
        C: Clock<Instant = I>,
        O: Observer<E>,
    {
        let is_kept = self.test_state.keeps_reply();
        if is_kept {
            if let Some(budget) = budget {
                budget.deposit();
            }
            self.accepted(step);
        }
        is_kept
    }

    /// Returns whether the last attempt was a success whose reply a test discarded (a lost reply).
    #[inline]
    pub(crate) const fn has_lost(&self) -> bool {
        self.test_state.has_lost()
    }

    /// Counts a successful attempt, and notifies observers if it was a retry.
    #[inline]
    pub(crate) fn accepted<P, C, G, O, E>(&mut self, step: Step<'_, P, C, G, O>)
    where
        P: PolicySource,
        C: Clock<Instant = I>,
        O: Observer<E>,
    {
        let before = self.attempts;
        TestState::attempt_ended();
        self.attempts = before.saturating_add(1);
        if before > 0 {
            return self.recovered(step);
        }
        let elapsed = || self.started.map(|started| self.test_state.total(step.clock.elapsed(started)));
        if cfg!(feature = "metrics") {
            step.label.count_first_success(elapsed());
        }
        if after_attempt::wants_successes() {
            after_attempt::publish_first_success(step.source.rules(), step.label, elapsed());
        }
    }

    #[cold]
    fn recovered<P, C, G, O, E>(&mut self, step: Step<'_, P, C, G, O>)
    where
        P: PolicySource,
        C: Clock<Instant = I>,
        O: Observer<E>,
    {
        let Step { source, clock, observer, label, .. } = step;
        let is_told = self.started.is_some() && (O::WATCHES || after_attempt::is_watched());
        let elapsed = if is_told { self.now(clock) } else { Duration::ZERO };
        let told = if is_told { self.elapsed_for_events(elapsed) } else { Elapsed::Unknown };
        let (failed, text) = (FailedAttempt::NONE, ErrorText::NONE);
        let data = || EventData { label, attempts: self.attempts, elapsed: told, failed, text };
        after_attempt::publish_recovery(source.rules(), label.site, data);
        if O::WATCHES {
            observer.recovered(&RecoveredEvent { attempts: self.attempts, elapsed });
        }
    }
}
