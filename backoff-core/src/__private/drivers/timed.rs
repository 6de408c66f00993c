//! The driver that counts attempts and knows when the call started.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;
use std::time::Instant;

use super::{Mode, Verdict, label, policy_of, recovered};
use crate::clock::Clock as _;
use crate::decision::{Failure, Progress, StopReason};
use crate::drive::settle::{Notice, settle, succeeded_at_once};
use crate::observe::{Elapsed, ErrorText, GiveUpEvent, RecoveredEvent, RetryEvent};
use crate::random::ThreadRandom;
use crate::{Budget, CallSite, Fault, Policy};

/// Counts the failed attempts and knows when the call started: for `max_elapsed` and hooks.
pub struct Timed<M> {
    started: Instant,
    failed: u32,
    mode: PhantomData<M>,
}

impl<M: Mode> Timed<M> {
    /// Starts a call; reads the clock.
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        Self { started: M::CLOCK.now(), failed: 0, mode: PhantomData }
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
        decide_timed::<M>(site, before, self.started, fault, &error, budget)
    }

    /// Notes that an attempt succeeded.
    #[inline]
    pub fn succeeded(&mut self, site: &'static CallSite) {
        if self.failed > 0 {
            recovered(site, self.failed, Elapsed::SinceStart(M::CLOCK.elapsed(self.started)));
        } else if cfg!(feature = "metrics") {
            succeeded_at_once(label(site), Some(M::CLOCK.elapsed(self.started)));
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
        let elapsed = M::CLOCK.elapsed(self.started);
        RetryEvent { attempt: self.failed, max_attempts: policy.max_attempts(), error, delay, elapsed }
    }

    /// Returns what `on_give_up` is told.
    pub fn give_up_event<'e, E>(&self, error: Option<&'e E>, reason: StopReason) -> GiveUpEvent<'e, E> {
        GiveUpEvent { attempts: self.failed, error, reason, elapsed: M::CLOCK.elapsed(self.started) }
    }

    /// Returns what `on_recovered` is told.
    #[must_use]
    pub fn recovered_event(&self) -> RecoveredEvent {
        RecoveredEvent { attempts: self.failed.saturating_add(1), elapsed: M::CLOCK.elapsed(self.started) }
    }
}

/// The failure path of [`Timed`], outlined.
#[cold]
#[inline(never)]
fn decide_timed<M: Mode>(
    site: &'static CallSite,
    failed_before: u32,
    started: Instant,
    fault: Fault,
    error: &ErrorText<'_>,
    budget: Option<&Budget>,
) -> Verdict {
    let policy = policy_of(site);
    let mut progress = Progress::resumed(failed_before);
    let at = M::CLOCK.elapsed(started);
    let attempts = failed_before.saturating_add(1);
    let notice = Notice { label: label(site), attempts, elapsed: Elapsed::SinceStart(at), text: *error };
    let failure = Failure::new(fault).at(at).budget(budget);
    settle(policy.rules(), policy.backoff(), &mut progress, failure, &mut ThreadRandom, &notice).into()
}

impl<M> fmt::Debug for Timed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timed").field("failed", &self.failed).finish_non_exhaustive()
    }
}
