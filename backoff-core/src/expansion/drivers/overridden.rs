//! State of an expanded call that overrides need; zero-sized without the feature `overrides`.

#[cfg(not(feature = "overrides"))]
pub(super) use self::disabled::{Overridden, RulesOf, SequenceProgress, StateOf, is_disabled};
#[cfg(feature = "overrides")]
pub(super) use self::enabled::{Overridden, RulesOf, SequenceProgress, StateOf, is_disabled};

#[cfg(feature = "overrides")]
mod enabled {
    use core::time::Duration;
    use std::sync::Arc;

    use crate::decision::{Decision, Progress};
    use crate::drive::source::{BackoffOrOverride, BackoffOrOverrideState, Source};
    use crate::overrides::{self, Overrides, Replacement};
    use crate::{Backoff, CallSite, Jitter, Policy, Schedule};
    use backoff_rules::{Rules, Since};

    /// State of the backoff of a call whose policy may be replaced.
    pub(in super::super) type StateOf<B> = BackoffOrOverrideState<<B as Backoff>::State>;

    /// Returns whether retries of the function are currently switched off.
    #[inline]
    pub(in super::super) fn is_disabled(site: &'static CallSite) -> bool {
        overrides::is_active() && overrides::is_disabled(site)
    }

    /// The overrides that were set at the first failure of a call. Later changes apply to later calls only.
    // The rules from them are computed again at each failure, because storing them would double the size of a call's
    // future.
    #[derive(Debug)]
    pub(in super::super) struct Overridden {
        table: Option<Arc<Overrides>>,
    }

    impl Overridden {
        #[inline]
        pub(in super::super) const fn new() -> Self {
            Self { table: None }
        }

        /// Returns whether an override may apply. Without overrides this costs one relaxed load.
        #[inline]
        pub(in super::super) fn is_possible(&self) -> bool {
            overrides::is_active() || self.table.is_some()
        }

        /// Returns the policy that replaces the call's own policy at a failure.
        #[inline]
        pub(in super::super) fn at_failure<B: Backoff>(
            &mut self,
            site: &'static CallSite,
            policy: &Policy<B>,
            is_first: bool,
        ) -> RulesOf {
            if !self.is_possible() {
                return RulesOf(None);
            }
            if is_first {
                self.table = overrides::table();
            }
            RulesOf(overrides::replacement(self.table.as_deref(), site, policy, is_first))
        }

        /// Returns the policy that replaces the call's own policy after a failure.
        #[inline]
        pub(in super::super) fn rules<B: Backoff>(
            &self,
            site: &'static CallSite,
            policy: &Policy<B>,
            has_failed: bool,
        ) -> RulesOf {
            if !has_failed || !self.is_possible() {
                return RulesOf(None);
            }
            RulesOf(overrides::replacement(self.table.as_deref(), site, policy, false))
        }
    }

    /// The policy that replaces the call's own policy, if any.
    pub(in super::super) struct RulesOf(Option<Replacement>);

    impl RulesOf {
        #[inline]
        pub(in super::super) const fn is_replaced(&self) -> bool {
            self.0.is_some()
        }

        #[inline]
        pub(in super::super) fn rules<'a, B>(&'a self, own: &'a Policy<B>) -> &'a Rules {
            self.0.as_ref().map_or(own.rules(), |replaced| &replaced.rules)
        }

        /// Returns the backoff of a call whose own backoff is built in.
        pub(in super::super) fn schedule(&self, own: &Policy) -> Schedule {
            self.0.as_ref().and_then(|replaced| replaced.schedule).unwrap_or(*own.backoff())
        }

        #[inline]
        pub(in super::super) fn source<'a, B: Backoff>(&'a self, own: &'a Policy<B>) -> Source<'a, B> {
            let backoff = self.0.as_ref().and_then(|replaced| replaced.schedule);
            Source::new(
                self.rules(own),
                backoff.map_or(BackoffOrOverride::Own(own.backoff()), BackoffOrOverride::Override),
            )
        }
    }

    /// Progress of a counting call if an override needs more than the number of failures: decorrelated jitter, `since`,
    /// `reset_after`.
    // On the heap, because only few calls need it, and it would make every future larger.
    #[derive(Debug)]
    pub(in super::super) struct SequenceProgress(Option<Box<Kept>>);

    #[derive(Debug)]
    struct Kept {
        progress: Progress<u32>,
        /// The time of the call at which the current attempt started.
        attempt_started: Duration,
    }

    impl SequenceProgress {
        #[inline]
        pub(in super::super) const fn new() -> Self {
            Self(None)
        }

        /// Returns the progress after `failed` failures, and the run time of the attempt that failed at the time `at`
        /// of the call.
        pub(in super::super) fn progress(&self, failed: u32, at: Duration) -> (Progress<u32>, Duration) {
            match &self.0 {
                None => (Progress::resumed(failed), at),
                Some(kept) => (kept.progress, at.saturating_sub(kept.attempt_started)),
            }
        }

        /// Stores the progress after a decision at the time `now` of the call, if the rules need it.
        pub(in super::super) fn keep(
            &mut self,
            rules: &Rules,
            progress: &Progress<u32>,
            now: Duration,
            decision: Decision,
        ) {
            let Decision::RetryAfter(delay) = decision else { return };
            let needs_more = rules.reset_after.is_some()
                || rules.since == Since::FirstFailure
                || rules.jitter == Jitter::Decorrelated;
            if needs_more {
                let kept = Kept { progress: *progress, attempt_started: now.saturating_add(delay) };
                match &mut self.0 {
                    Some(present) => **present = kept,
                    None => self.0 = Some(Box::new(kept)),
                }
            }
        }

        /// Returns the number of the failed attempt within its sequence. `failed` is its number within the call.
        #[inline]
        pub(in super::super) fn attempt(&self, failed: u32) -> u32 {
            self.0.as_ref().map_or(failed, |kept| kept.progress.attempts())
        }
    }
}

#[cfg(not(feature = "overrides"))]
#[expect(clippy::unused_self, reason = "the feature gives these types a state")]
mod disabled {
    use core::time::Duration;

    use crate::decision::{Decision, Progress};
    use crate::{Backoff, CallSite, Policy, Schedule};
    use backoff_rules::Rules;

    /// State of the backoff of a call.
    pub(in super::super) type StateOf<B> = <B as Backoff>::State;

    #[inline]
    pub(in super::super) const fn is_disabled(_: &'static CallSite) -> bool {
        false
    }

    /// No overrides.
    #[derive(Debug)]
    pub(in super::super) struct Overridden;

    impl Overridden {
        #[inline]
        pub(in super::super) const fn new() -> Self {
            Self
        }

        #[inline]
        pub(in super::super) const fn is_possible(&self) -> bool {
            false
        }

        #[inline]
        pub(in super::super) const fn at_failure<B: Backoff>(
            &mut self,
            _: &'static CallSite,
            _: &Policy<B>,
            _: bool,
        ) -> RulesOf {
            RulesOf
        }

        #[inline]
        pub(in super::super) const fn rules<B: Backoff>(
            &self,
            _: &'static CallSite,
            _: &Policy<B>,
            _: bool,
        ) -> RulesOf {
            RulesOf
        }
    }

    /// The call's own policy.
    pub(in super::super) struct RulesOf;

    impl RulesOf {
        #[inline]
        pub(in super::super) const fn is_replaced(&self) -> bool {
            false
        }

        #[inline]
        pub(in super::super) const fn rules<'a, B>(&'a self, own: &'a Policy<B>) -> &'a Rules {
            own.rules()
        }

        pub(in super::super) const fn schedule(&self, own: &Policy) -> Schedule {
            *own.backoff()
        }

        #[inline]
        pub(in super::super) const fn source<'a, B: Backoff>(&'a self, own: &'a Policy<B>) -> &'a Policy<B> {
            own
        }
    }

    /// Empty, because a counting call needs only the number of failures.
    #[derive(Debug)]
    pub(in super::super) struct SequenceProgress;

    impl SequenceProgress {
        #[inline]
        pub(in super::super) const fn new() -> Self {
            Self
        }

        #[inline]
        pub(in super::super) const fn progress(&self, failed: u32, _: Duration) -> (Progress<u32>, Duration) {
            (Progress::resumed(failed), Duration::ZERO)
        }

        pub(in super::super) const fn keep(&mut self, _: &Rules, _: &Progress<u32>, _: Duration, _: Decision) {}

        #[inline]
        pub(in super::super) const fn attempt(&self, failed: u32) -> u32 {
            failed
        }
    }
}
