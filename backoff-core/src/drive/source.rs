//! Where a call's rules come from.

use crate::{Backoff, Policy};
use backoff_rules::Rules;

/// The policy that a call follows: a shared one, or one with settings of the call's own.
pub trait PolicySource: sealed::Sealed {
    /// The rule that yields the base delays.
    type Backoff: Backoff;

    #[doc(hidden)]
    fn rules(&self) -> &Rules;
    #[doc(hidden)]
    fn backoff(&self) -> &Self::Backoff;
}

mod sealed {
    pub trait Sealed {}
}

impl<B> sealed::Sealed for &Policy<B> {}
impl<B> sealed::Sealed for Edited<'_, B> {}
#[cfg(feature = "overrides")]
impl<B> sealed::Sealed for Source<'_, B> {}

impl<B: Backoff> PolicySource for &Policy<B> {
    type Backoff = B;

    #[inline]
    fn rules(&self) -> &Rules {
        Policy::rules(self)
    }

    #[inline]
    fn backoff(&self) -> &B {
        Policy::backoff(self)
    }
}

/// A shared policy with settings that one call overrides.
#[derive(Clone, Copy, Debug)]
pub struct Edited<'p, B> {
    backoff: &'p B,
    pub(crate) rules: Rules,
}

impl<B: Backoff> PolicySource for Edited<'_, B> {
    type Backoff = B;

    #[inline]
    fn rules(&self) -> &Rules {
        &self.rules
    }

    #[inline]
    fn backoff(&self) -> &B {
        self.backoff
    }
}

/// A policy that a call can override settings of.
pub trait Editable<'p, B>: PolicySource<Backoff = B> {
    #[doc(hidden)]
    fn edited(self) -> Edited<'p, B>;
}

impl<'p, B: Backoff> Editable<'p, B> for &'p Policy<B> {
    fn edited(self) -> Edited<'p, B> {
        Edited { backoff: Policy::backoff(self), rules: *Policy::rules(self) }
    }
}

impl<'p, B: Backoff> Editable<'p, B> for Edited<'p, B> {
    fn edited(self) -> Self {
        self
    }
}

/// The rules and the backoff that a call of an annotated function goes by.
#[cfg(feature = "overrides")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'p, B> {
    rules: &'p Rules,
    backoff: Chosen<'p, B>,
}

#[cfg(feature = "overrides")]
impl<'p, B> Source<'p, B> {
    #[inline]
    pub(crate) const fn new(rules: &'p Rules, backoff: Chosen<'p, B>) -> Self {
        Self { rules, backoff }
    }
}

#[cfg(feature = "overrides")]
impl<'p, B: Backoff> PolicySource for Source<'p, B> {
    type Backoff = Chosen<'p, B>;

    #[inline]
    fn rules(&self) -> &Rules {
        self.rules
    }

    #[inline]
    fn backoff(&self) -> &Chosen<'p, B> {
        &self.backoff
    }
}

/// The backoff of the annotation, or one that was given in its place.
#[cfg(feature = "overrides")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chosen<'p, B> {
    Own(&'p B),
    Given(crate::Schedule),
}

/// The state of either.
#[cfg(feature = "overrides")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum ChosenState<S> {
    Own(S),
    Given(u32),
}

#[cfg(feature = "overrides")]
impl<B: Backoff> Backoff for Chosen<'_, B> {
    type State = ChosenState<B::State>;

    #[inline]
    fn start(&self) -> Self::State {
        match self {
            Self::Own(own) => ChosenState::Own(own.start()),
            Self::Given(given) => ChosenState::Given(given.start()),
        }
    }

    #[inline]
    fn next(&self, state: &mut Self::State) -> Option<core::time::Duration> {
        match (self, state) {
            (Self::Own(own), ChosenState::Own(state)) => own.next(state),
            (Self::Given(given), ChosenState::Given(state)) => given.next(state),
            // A call chooses before it asks for the first delay, and never again.
            _ => None,
        }
    }

    #[inline]
    fn next_base(&self, state: &mut Self::State) -> Option<backoff_rules::BaseDelay> {
        match (self, state) {
            (Self::Own(own), ChosenState::Own(state)) => own.next_base(state),
            (Self::Given(given), ChosenState::Given(state)) => given.next_base(state),
            _ => None,
        }
    }
}
