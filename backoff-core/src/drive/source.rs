//! Where a call's rules come from.

use crate::policy::Rules;
use crate::{Backoff, Policy};

/// The policy that a call follows: a shared one, or one with settings of the call's own.
pub trait PolicySource: sealed::Sealed {
    /// The rule that yields the base delays.
    type Backoff: Backoff;

    #[doc(hidden)]
    #[expect(private_interfaces, reason = "the trait is sealed; callers cannot name or use the rules")]
    fn rules(&self) -> &Rules;
    #[doc(hidden)]
    fn backoff(&self) -> &Self::Backoff;
}

mod sealed {
    pub trait Sealed {}
    impl<B> Sealed for &crate::Policy<B> {}
    impl<B> Sealed for super::Edited<'_, B> {}
}

#[expect(private_interfaces, reason = "the trait is sealed; callers cannot name or use the rules")]
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

#[expect(private_interfaces, reason = "the trait is sealed; callers cannot name or use the rules")]
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
