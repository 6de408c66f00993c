//! The part of an expanded call that overrides change; without the feature `overrides` it has no size.

#[cfg(not(feature = "overrides"))]
pub(super) use self::disabled::{Overridden, RulesOf, Sequence, StateOf, is_disabled};
#[cfg(feature = "overrides")]
pub(super) use self::enabled::{Overridden, RulesOf, Sequence, StateOf, is_disabled};

#[cfg(feature = "overrides")]
mod enabled {
    use core::time::Duration;
    use std::sync::Arc;

    use crate::decision::{Decision, Progress};
    use crate::drive::source::{Chosen, ChosenState, Source};
    use crate::overrides::{self, Overrides, Replacement};
    use crate::{Backoff, CallSite, Jitter, Policy, Schedule};
    use backoff_rules::{Rules, Since};

    /// The state of the backoff of a call whose policy may be replaced.
    pub(in super::super) type StateOf<B> = ChosenState<<B as Backoff>::State>;

    /// Returns whether retries of a function are switched off now.
    #[inline]
    pub(in super::super) fn is_disabled(site: &'static CallSite) -> bool {
        overrides::is_active() && overrides::is_disabled(site)
    }

    /// The overrides that were set when a call failed for the first time: later changes apply to later calls.
    // The rules that they give are computed again at each failure, because they would double the size of a call's future.
    #[derive(Debug)]
    pub(in super::super) struct Overridden {
        table: Option<Arc<Overrides>>,
    }

    impl Overridden {
        #[inline]
        pub(in super::super) const fn new() -> Self {
            Self { table: None }
        }

        /// Returns whether an override may apply: one relaxed load where none is set.
        #[inline]
        pub(in super::super) fn is_possible(&self) -> bool {
            overrides::is_active() || self.table.is_some()
        }

        /// Returns the policy that a failing call follows in place of its own.
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

        /// Returns the policy that a call which has failed follows in place of its own.
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

    /// The policy that a call follows in place of its own, if any.
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

        /// Returns the backoff of a call whose own one is built in.
        pub(in super::super) fn schedule(&self, own: &Policy) -> Schedule {
            self.0.as_ref().and_then(|replaced| replaced.schedule).unwrap_or(*own.backoff())
        }

        #[inline]
        pub(in super::super) fn source<'a, B: Backoff>(&'a self, own: &'a Policy<B>) -> Source<'a, B> {
            let backoff = self.0.as_ref().and_then(|replaced| replaced.schedule);
            Source::new(self.rules(own), backoff.map_or(Chosen::Own(own.backoff()), Chosen::Given))
        }
    }

    /// The progress of a counting call where an override wants more than the number of failures: decorrelated jitter, `since`,
    /// `reset_after`.
    // On the heap, because few calls have it and every future would be larger by it.
    #[derive(Debug)]
    pub(in super::super) struct Sequence(Option<Box<Kept>>);

    #[derive(Debug)]
    struct Kept {
        progress: Progress<u32>,
        /// The time of the call at which the present attempt started.
        attempt_started: Duration,
    }

    impl Sequence {
        #[inline]
        pub(in super::super) const fn new() -> Self {
            Self(None)
        }

        /// Returns the progress after this many failures, and how long the attempt that failed `at` this time ran.
        pub(in super::super) fn progress(&self, failed: u32, at: Duration) -> (Progress<u32>, Duration) {
            match &self.0 {
                None => (Progress::resumed(failed), at),
                Some(kept) => (kept.progress, at.saturating_sub(kept.attempt_started)),
            }
        }

        /// Keeps the progress after a decision at this time of the call, where these rules want it.
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

        /// Returns the number of the failed attempt within its sequence, given the number of all.
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

    /// The state of the backoff of a call.
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

    /// The number of failures is all that a counting call needs.
    #[derive(Debug)]
    pub(in super::super) struct Sequence;

    impl Sequence {
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
