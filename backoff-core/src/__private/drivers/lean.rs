//! The driver that counts attempts only.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;

use super::stamp::Stamp;
use super::steered::Steered;
use super::{Circumstances, Mode, Verdict, label, policy_of, recovered};
use crate::decision::{Failure, Progress};
use crate::drive::settle::{Notice, settle, succeeded_at_once};
use crate::drive::trial::Trial;
use crate::observe::ErrorText;
use crate::random::ThreadRandom;
use crate::{Budget, CallSite, Fault};

/// Counts the failed attempts, and nothing else: for a constant policy of a built-in backoff, when nothing asks for time.
pub struct Lean<M> {
    failed: u32,
    stamp: Stamp,
    trial: Trial,
    /// Holds something after a failure only, so that dropping it costs a success nothing.
    steered: ManuallyDrop<Steered<M>>,
    mode: PhantomData<M>,
}

#[cfg(feature = "overrides")]
impl<M> Drop for Lean<M> {
    #[inline]
    fn drop(&mut self) {
        if self.failed > 0 {
            let steered = core::mem::replace(&mut *self.steered, Steered::NO);
            drop(steered);
        }
    }
}

impl<M: Mode> Lean<M> {
    /// Starts a call.
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        let steered = ManuallyDrop::new(Steered::NO);
        Self { failed: 0, stamp: Stamp::start::<M>(), trial: Trial::new(), steered, mode: PhantomData }
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
        // By value, there and back: what a function has a reference to cannot stay in registers.
        let steered = self.steered.take();
        let (verdict, steered) =
            decide_lean::<M>(site, before, (&mut self.stamp, &mut self.trial, steered), fault, &error, budget);
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
            recovered(site, self.failed, self.stamp.elapsed::<M>(), self.steered.take());
        } else if cfg!(feature = "metrics") {
            succeeded_at_once(label(site), self.stamp.elapsed::<M>().time());
        }
        true
    }

    /// Returns whether the last attempt succeeded and its result was not kept.
    #[inline]
    #[must_use]
    pub const fn has_lost(&self) -> bool {
        self.trial.has_lost(self.failed)
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
    (stamp, trial, mut steered): (&mut Stamp, &mut Trial, Steered<M>),
    fault: Fault,
    error: &ErrorText<'_>,
    budget: Option<&Budget>,
) -> (Verdict, Steered<M>) {
    let policy = policy_of(site);
    let is_disabled = steered.look(site, policy, failed_before == 0, || stamp.started());
    if let Some(full) = steered.get() {
        let circumstances = Circumstances { budget, ..Circumstances::default() };
        return (full.failed(site, policy, fault, *error, circumstances), steered);
    }
    let mut progress = Progress::resumed(failed_before);
    let attempts = failed_before.saturating_add(1);
    let notice = Notice { label: label(site), attempts, elapsed: stamp.elapsed::<M>(), text: *error };
    let failure = Failure::new(fault).disabled(is_disabled).budget(budget);
    let progress = (&mut progress, trial);
    let decision = settle(policy.rules(), policy.backoff(), progress, failure, &mut ThreadRandom, &notice);
    (decision.into(), steered)
}

impl<M> fmt::Debug for Lean<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lean").field("failed", &self.failed).finish_non_exhaustive()
    }
}
