//! The part of an expanded call that overrides take over; nothing of it exists without the feature `overrides`.

#[cfg(not(feature = "overrides"))]
pub(super) use self::off::{Course, StateOf, Steered};
#[cfg(feature = "overrides")]
pub(super) use self::on::{Course, StateOf, Steered};

#[cfg(feature = "overrides")]
mod on {
    use std::time::Instant;

    use crate::drive::source::{Chosen, ChosenState, Source};
    use crate::overrides::{self, Steering};
    use crate::policy::Rules;
    use crate::{Backoff, CallSite, Policy, Schedule};

    use super::super::{Full, Mode};

    /// What the driver keeps of the backoff.
    pub(in super::super) type StateOf<B> = ChosenState<<B as Backoff>::State>;

    /// The driver of a call that an override applies to, in the place of one that knows too little.
    ///
    /// Kept in place and not on the heap: with nothing to free, there is nothing to do when an attempt succeeds or
    /// panics, or when a future is dropped.
    pub(in super::super) struct Steered<M>(Option<Full<Schedule, M>>);

    impl<M: Mode> Steered<M> {
        /// Returns a place for it, empty. No constant: that would be copied as a whole, though only the tag matters.
        #[inline(always)]
        #[expect(clippy::inline_always, reason = "every call starts with it")]
        pub(in super::super) fn no() -> Self {
            Self(None)
        }

        /// Looks for what was overridden, and returns whether retries are switched off; `started` is what the driver
        /// knows of the call's start.
        #[inline]
        pub(in super::super) fn look(
            &mut self,
            site: &'static CallSite,
            policy: &Policy,
            is_first: bool,
            started: impl FnOnce() -> Option<Instant>,
        ) -> bool {
            if !overrides::is_active() {
                return false;
            }
            if is_first {
                self.0 = overrides::steering(site, policy).map(|steering| Full::steered(steering, started()));
            }
            overrides::is_disabled(site)
        }

        /// Returns the driver that took over.
        #[inline]
        pub(in super::super) fn get(&mut self) -> Option<&mut Full<Schedule, M>> {
            self.0.as_mut()
        }

        /// Returns the driver that took over, to be asked.
        #[inline]
        pub(in super::super) fn driver(&self) -> Option<&Full<Schedule, M>> {
            self.0.as_ref()
        }

        /// Returns what the call goes by.
        pub(in super::super) fn rules<'a>(&'a self, policy: &'a Policy) -> &'a Rules {
            match &self.0 {
                Some(full) => full.rules(policy),
                None => policy.rules(),
            }
        }
    }

    /// What a call goes by: its own policy, or from its first failure on what was found in its place.
    #[derive(Debug)]
    pub(in super::super) struct Course(Option<Steering>);

    impl Course {
        /// Returns the call's own, as [`Steered::no`] does.
        #[inline(always)]
        #[expect(clippy::inline_always, reason = "every call starts with it")]
        pub(in super::super) fn own() -> Self {
            Self(None)
        }

        pub(in super::super) fn found(steering: Steering) -> Self {
            Self(Some(steering))
        }

        /// Looks for what was overridden, and returns whether retries are switched off.
        #[inline]
        pub(in super::super) fn look<B: Backoff>(
            &mut self,
            site: &'static CallSite,
            policy: &Policy<B>,
            is_first: bool,
        ) -> bool {
            if !overrides::is_active() {
                return false;
            }
            if is_first && self.0.is_none() {
                self.0 = overrides::steering(site, policy);
            }
            overrides::is_disabled(site)
        }

        /// Returns rules and backoff.
        #[inline]
        pub(in super::super) fn source<'a, B: Backoff>(&'a self, policy: &'a Policy<B>) -> Source<'a, B> {
            match &self.0 {
                None => Source::new(policy.rules(), Chosen::Own(policy.backoff())),
                Some(found) => {
                    let own = Chosen::Own(policy.backoff());
                    Source::new(&found.rules, found.schedule.map_or(own, Chosen::Given))
                }
            }
        }

        /// Returns the rules.
        #[inline]
        pub(in super::super) fn rules<'a, B>(&'a self, policy: &'a Policy<B>) -> &'a Rules {
            self.0.as_ref().map_or(policy.rules(), |found| &found.rules)
        }

        /// Returns whether an override wants to know how long attempts run.
        pub(in super::super) fn asks_for_attempt_start(&self) -> bool {
            self.0.as_ref().is_some_and(|found| found.rules.reset_after.is_some())
        }
    }
}

#[cfg(not(feature = "overrides"))]
#[expect(clippy::unused_self, reason = "the feature `overrides` gives these types a state")]
mod off {
    use core::marker::PhantomData;
    use std::time::Instant;

    use crate::policy::Rules;
    use crate::{Backoff, CallSite, Policy, Schedule};

    use super::super::{Full, Mode};

    /// What the driver keeps of the backoff.
    pub(in super::super) type StateOf<B> = <B as Backoff>::State;

    /// No driver takes over.
    pub(in super::super) struct Steered<M>(PhantomData<M>);

    impl<M: Mode> Steered<M> {
        #[inline]
        pub(in super::super) fn no() -> Self {
            Self(PhantomData)
        }

        #[inline]
        pub(in super::super) fn look(
            &mut self,
            _: &'static CallSite,
            _: &Policy,
            _: bool,
            _: impl FnOnce() -> Option<Instant>,
        ) -> bool {
            false
        }

        #[inline]
        pub(in super::super) fn get(&mut self) -> Option<&mut Full<Schedule, M>> {
            None
        }

        #[inline]
        pub(in super::super) fn driver(&self) -> Option<&Full<Schedule, M>> {
            None
        }

        #[inline]
        pub(in super::super) fn rules<'a>(&'a self, policy: &'a Policy) -> &'a Rules {
            policy.rules()
        }
    }

    /// A call goes by its own policy.
    #[derive(Debug)]
    pub(in super::super) struct Course;

    impl Course {
        #[inline]
        pub(in super::super) fn own() -> Self {
            Self
        }

        #[inline]
        pub(in super::super) fn look<B: Backoff>(&mut self, _: &'static CallSite, _: &Policy<B>, _: bool) -> bool {
            false
        }

        #[inline]
        pub(in super::super) fn source<'a, B: Backoff>(&'a self, policy: &'a Policy<B>) -> &'a Policy<B> {
            policy
        }

        #[inline]
        pub(in super::super) fn rules<'a, B>(&'a self, policy: &'a Policy<B>) -> &'a Rules {
            policy.rules()
        }

        #[inline]
        pub(in super::super) fn asks_for_attempt_start(&self) -> bool {
            false
        }
    }
}
