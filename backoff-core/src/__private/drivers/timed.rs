//! The driver that counts attempts and knows when the call started.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;
use std::time::Instant;

use super::{Aside, Circumstances, Mode, Packed, Verdict, label, policy_of, recovered};
use crate::clock::Clock as _;
use crate::decision::{Failure, Progress, StopReason};
use crate::drive::settle::{self, Notice, settle, succeeded_at_once};
use crate::drive::trial::{Trial, in_force};
use crate::observe::{Elapsed, ErrorText, GiveUpEvent, RecoveredEvent, RetryEvent};
use crate::policy::Rules;
use crate::random::ThreadRandom;
use crate::{Budget, CallSite, Fault, Policy};

/// Counts the failed attempts and knows when the call started: for `max_elapsed` and hooks.
pub struct Timed<M> {
    started: Instant,
    failed: u32,
    aside: Aside<M>,
    mode: PhantomData<M>,
}

impl<M: Mode> Timed<M> {
    /// Starts a call; reads the clock.
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        Self { started: M::CLOCK.now(), failed: 0, aside: Aside::new(), mode: PhantomData }
    }

    /// Counts a failed attempt and asks the core.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a verdict in two registers is taken apart in place")]
    pub fn failed(
        &mut self,
        site: &'static CallSite,
        fault: Fault,
        error: ErrorText<'_>,
        budget: Option<&Budget>,
    ) -> Verdict {
        let before = self.failed;
        self.failed = before.saturating_add(1);
        let kept = (self.started, &mut self.aside);
        decide_timed::<M>(site, before, kept, fault, &error, budget).into()
    }

    /// Notes that an attempt succeeded; returns whether the call keeps its result.
    #[inline]
    #[must_use]
    pub fn succeeded(&mut self, site: &'static CallSite) -> bool {
        if !self.aside.trial.keeps_reply(self.failed) {
            return false;
        }
        Trial::succeeded();
        if self.failed > 0 {
            let elapsed = Elapsed::SinceStart(self.elapsed());
            recovered(site, self.failed, elapsed, &self.aside.steered);
        } else if cfg!(feature = "metrics") {
            succeeded_at_once(label(site), Some(self.elapsed()));
        }
        true
    }

    /// Returns whether the last attempt succeeded and its result was not kept.
    #[inline]
    #[must_use]
    pub const fn has_lost(&self) -> bool {
        self.aside.trial.has_lost(self.failed)
    }

    fn elapsed(&self) -> Duration {
        match self.aside.steered.driver() {
            Some(full) => full.elapsed(),
            None => self.aside.trial.total(M::CLOCK.elapsed(self.started)),
        }
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
        if let Some(full) = self.aside.steered.driver() {
            return full.retry_event(policy, error, delay);
        }
        let max_attempts = in_force(policy.rules(), Rules::attempts_limit);
        let elapsed = self.aside.trial.total_at_failure(M::CLOCK.elapsed(self.started));
        RetryEvent { attempt: self.failed, max_attempts, error, delay, elapsed, text: None }
    }

    /// Returns what `on_give_up` is told.
    #[must_use]
    pub fn give_up_event<'e, E>(&self, error: Option<&'e E>, reason: StopReason) -> GiveUpEvent<'e, E> {
        GiveUpEvent { attempts: self.failed, error, reason, elapsed: self.elapsed(), text: None }
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
    (started, aside): (Instant, &mut Aside<M>),
    fault: Fault,
    error: &ErrorText<'_>,
    budget: Option<&Budget>,
) -> Packed {
    let policy = policy_of(site);
    let Aside { trial, steered } = aside;
    let is_disabled = steered.look(site, policy, failed_before == 0, || Some(started));
    if let Some(full) = steered.get() {
        let circumstances = Circumstances { budget, ..Circumstances::default() };
        return full.decide(site, policy, fault, *error, circumstances).into();
    }
    let mut progress = Progress::resumed(failed_before);
    let at = trial.total(M::CLOCK.elapsed(started));
    let attempts = failed_before.saturating_add(1);
    let failure = Failure::new(fault).at(at).disabled(is_disabled).budget(budget);
    let rules = policy.rules();
    let decision = settle(rules, policy.backoff(), (&mut progress, trial), failure, &mut ThreadRandom);
    let notice = || Notice { label: label(site), attempts, elapsed: Elapsed::SinceStart(at), text: *error };
    settle::decided(rules, decision, Some(site), notice);
    decision.into()
}

impl<M> fmt::Debug for Timed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timed").field("failed", &self.failed).finish_non_exhaustive()
    }
}
