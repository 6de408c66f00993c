//! The driver that counts attempts and knows when the call started.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::time::Duration;
use std::time::Instant;

use super::steered::Steered;
use super::{Circumstances, Mode, Verdict, label, policy_of, recovered};
use crate::clock::Clock as _;
use crate::decision::{Failure, Progress, StopReason};
use crate::drive::settle::{Notice, settle, succeeded_at_once};
use crate::drive::trial::{Trial, in_force};
use crate::observe::{Elapsed, ErrorText, GiveUpEvent, RecoveredEvent, RetryEvent};
use crate::policy::Rules;
use crate::random::ThreadRandom;
use crate::{Budget, CallSite, Fault, Policy};

/// Counts the failed attempts and knows when the call started: for `max_elapsed` and hooks.
pub struct Timed<M> {
    started: Instant,
    failed: u32,
    trial: Trial,
    /// As in [`Lean`](super::Lean).
    steered: ManuallyDrop<Steered<M>>,
    mode: PhantomData<M>,
}

#[cfg(feature = "overrides")]
impl<M> Drop for Timed<M> {
    #[inline]
    fn drop(&mut self) {
        if self.failed > 0 {
            let steered = core::mem::replace(&mut *self.steered, Steered::NO);
            drop(steered);
        }
    }
}

impl<M: Mode> Timed<M> {
    /// Starts a call; reads the clock.
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        let steered = ManuallyDrop::new(Steered::NO);
        Self { started: M::CLOCK.now(), failed: 0, trial: Trial::new(), steered, mode: PhantomData }
    }

    /// Counts a failed attempt and asks the core.
    #[inline]
    pub fn failed(
        &mut self,
        site: &'static CallSite,
        fault: Fault,
        error: ErrorText<'_>,
        budget: Option<&Budget>,
    ) -> Verdict {
        let before = self.failed;
        self.failed = before.saturating_add(1);
        let steered = self.steered.take();
        let (verdict, steered) =
            decide_timed::<M>(site, before, (self.started, &mut self.trial, steered), fault, &error, budget);
        self.steered = ManuallyDrop::new(steered);
        verdict
    }

    /// Notes that an attempt succeeded; returns whether the call keeps its result.
    #[inline]
    #[must_use]
    pub fn succeeded(&mut self, site: &'static CallSite) -> bool {
        if !self.trial.keeps_reply(self.failed) {
            return false;
        }
        Trial::succeeded();
        if self.failed > 0 {
            let elapsed = Elapsed::SinceStart(self.elapsed());
            recovered(site, self.failed, elapsed, self.steered.take());
        } else if cfg!(feature = "metrics") {
            succeeded_at_once(label(site), Some(self.elapsed()));
        }
        true
    }

    /// Returns whether the last attempt succeeded and its result was not kept.
    #[inline]
    #[must_use]
    pub const fn has_lost(&self) -> bool {
        self.trial.has_lost(self.failed)
    }

    fn elapsed(&self) -> Duration {
        self.trial.total(M::CLOCK.elapsed(self.started))
    }

    /// Returns whether the present attempt is a retry.
    #[inline]
    #[must_use]
    pub const fn is_retry(&self) -> bool {
        self.failed > 0
    }

    /// Returns whether the attempt that succeeded was a retry.
    #[inline]
    #[must_use]
    pub const fn has_recovered(&self) -> bool {
        self.failed > 0
    }

    /// Returns what `on_retry` is told.
    pub fn retry_event<'e, E>(&self, policy: &Policy, error: Option<&'e E>, delay: Duration) -> RetryEvent<'e, E> {
        let max_attempts = in_force(self.steered.rules(policy), Rules::attempts_limit);
        RetryEvent { attempt: self.failed, max_attempts, error, delay, elapsed: self.elapsed() }
    }

    /// Returns what `on_give_up` is told.
    #[must_use]
    pub fn give_up_event<'e, E>(&self, error: Option<&'e E>, reason: StopReason) -> GiveUpEvent<'e, E> {
        GiveUpEvent { attempts: self.failed, error, reason, elapsed: self.elapsed() }
    }

    /// Returns what `on_recovered` is told.
    #[must_use]
    pub fn recovered_event(&self) -> RecoveredEvent {
        RecoveredEvent { attempts: self.failed.saturating_add(1), elapsed: self.elapsed() }
    }
}

/// The failure path of [`Timed`], outlined.
#[cold]
#[inline(never)]
fn decide_timed<M: Mode>(
    site: &'static CallSite,
    failed_before: u32,
    (started, trial, mut steered): (Instant, &mut Trial, Steered<M>),
    fault: Fault,
    error: &ErrorText<'_>,
    budget: Option<&Budget>,
) -> (Verdict, Steered<M>) {
    let policy = policy_of(site);
    let is_disabled = steered.look(site, policy, failed_before == 0, || Some(started));
    if let Some(full) = steered.get() {
        let circumstances = Circumstances { budget, ..Circumstances::default() };
        return (full.failed(site, policy, fault, *error, circumstances), steered);
    }
    let mut progress = Progress::resumed(failed_before);
    let at = trial.total(M::CLOCK.elapsed(started));
    let attempts = failed_before.saturating_add(1);
    let notice = Notice { label: label(site), attempts, elapsed: Elapsed::SinceStart(at), text: *error };
    let failure = Failure::new(fault).at(at).disabled(is_disabled).budget(budget);
    let progress = (&mut progress, trial);
    let decision = settle(policy.rules(), policy.backoff(), progress, failure, &mut ThreadRandom, &notice);
    (decision.into(), steered)
}

impl<M> fmt::Debug for Timed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timed").field("failed", &self.failed).finish_non_exhaustive()
    }
}
