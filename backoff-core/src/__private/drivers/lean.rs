//! The driver that counts attempts only.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::stamp::Stamp;
use super::{Aside, Circumstances, Mode, Packed, Verdict, label, policy_of, recovered};
use crate::decision::{Failure, Progress};
use crate::drive::settle::{self, Notice, settle, succeeded_at_once};
use crate::drive::trial::Trial;
use crate::observe::ErrorText;
use crate::random::ThreadRandom;
use crate::{Budget, CallSite, Fault};

/// Counts the failed attempts, and nothing else: for a constant policy of a built-in backoff, when nothing asks for time.
pub struct Lean<M> {
    failed: u32,
    stamp: Stamp,
    aside: Aside<M>,
    mode: PhantomData<M>,
}

impl<M: Mode> Lean<M> {
    /// Starts a call.
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        Self { failed: 0, stamp: Stamp::start::<M>(), aside: Aside::new(), mode: PhantomData }
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
        let kept = (&mut self.stamp, &mut self.aside);
        decide_lean::<M>(site, before, kept, fault, &error, budget).into()
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
            recovered(site, self.failed, self.stamp.elapsed::<M>(self.aside.trial), &self.aside.steered);
        } else if cfg!(feature = "metrics") {
            succeeded_at_once(label(site), self.stamp.elapsed::<M>(self.aside.trial).time());
        }
        true
    }

    /// Returns whether the last attempt succeeded and its result was not kept.
    #[inline]
    #[must_use]
    pub const fn has_lost(&self) -> bool {
        self.aside.trial.has_lost(self.failed)
    }

    /// Returns whether the present attempt is a retry.
    #[inline]
    #[must_use]
    pub const fn is_retry(&self) -> bool {
        self.failed > 0
    }
}

/// The failure path of [`Lean`], outlined: it takes plain data, so that little code is expanded.
#[cold]
#[inline(never)]
fn decide_lean<M: Mode>(
    site: &'static CallSite,
    failed_before: u32,
    (stamp, aside): (&mut Stamp, &mut Aside<M>),
    fault: Fault,
    error: &ErrorText<'_>,
    budget: Option<&Budget>,
) -> Packed {
    let policy = policy_of(site);
    let Aside { trial, steered } = aside;
    let is_disabled = steered.look(site, policy, failed_before == 0, || stamp.started());
    if let Some(full) = steered.get() {
        stamp.elapsed::<M>(*trial); // a recovery tells the time since the first failure
        let circumstances = Circumstances { budget, ..Circumstances::default() };
        return full.decide(site, policy, fault, *error, circumstances).into();
    }
    let mut progress = Progress::resumed(failed_before);
    let attempts = failed_before.saturating_add(1);
    let failure = Failure::new(fault).disabled(is_disabled).budget(budget);
    let rules = policy.rules();
    let at = Duration::ZERO; // no rule of such a policy depends on time
    let decision = settle(rules, policy.backoff(), (&mut progress, trial), failure, at, &mut ThreadRandom);
    let notice = || Notice { label: label(site), attempts, elapsed: stamp.elapsed::<M>(*trial), text: *error };
    settle::decided(rules, decision, Some(site), notice);
    decision.into()
}

impl<M> fmt::Debug for Lean<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lean").field("failed", &self.failed).finish_non_exhaustive()
    }
}
