//! Source of the rules of a call.

#[cfg(feature = "std")]
use std::sync::Arc;

use crate::{Backoff, Policy};
use backoff_rules::Rules;

/// The policy of a call: a shared one, or one with settings for this call only.
///
/// A manual loop and a ticker can also own theirs: a `Policy`, or an `Arc<Policy>`.
///
/// # Examples
///
/// ```
/// use backoff_core::call::PolicySource;
/// use backoff_core::{Attempts, Policy};
/// use std::sync::Arc;
///
/// fn attempts_allowed(policy: impl PolicySource) -> u32 {
///     let mut attempts = Attempts::new(policy).sleep(|_| ());
///     while attempts.pause("down").is_ok() {}
///     attempts.failures()
/// }
///
/// let policy = Policy::exponential().max_attempts(4).build();
/// assert_eq!(attempts_allowed(&policy), 4);
/// assert_eq!(attempts_allowed(Arc::new(policy)), 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a policy",
    label = "expected a `Policy`, a `&Policy` or an `Arc<Policy>`",
    note = "a `PolicyBuilder` becomes a policy with `.build()`"
)]
pub trait PolicySource: sealed::Sealed {
    /// The backoff of the policy.
    type Backoff: Backoff;

    #[doc(hidden)]
    fn rules(&self) -> &Rules;
    #[doc(hidden)]
    fn backoff(&self) -> &Self::Backoff;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

impl<B> sealed::Sealed for Edited<'_, B> {}
#[cfg(feature = "overrides")]
impl<B> sealed::Sealed for Source<'_, B> {}

/// Implements [`PolicySource`] for a policy and its references.
macro_rules! policy_sources {
    ($($(#[$cfg:meta])? $source:ty;)+) => {$(
        $(#[$cfg])?
        impl<B> sealed::Sealed for $source {}

        $(#[$cfg])?
        impl<B: Backoff> PolicySource for $source {
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
    )+};
}

policy_sources! {
    Policy<B>;
    &Policy<B>;
    #[cfg(feature = "std")]
    Arc<Policy<B>>;
}

/// A shared policy with overrides for one call.
#[derive(Clone, Copy, Debug)]
pub struct Edited<'p, B> {
    backoff: &'p B,
    rules: Rules,
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

/// A policy whose settings a call can override.
pub trait Editable: PolicySource {
    /// The policy with overrides.
    type Edited: PolicySource;

    #[doc(hidden)]
    fn edited(self, edit: impl FnOnce(&mut Rules)) -> Self::Edited;
}

impl<'p, B: Backoff> Editable for &'p Policy<B> {
    type Edited = Edited<'p, B>;

    fn edited(self, edit: impl FnOnce(&mut Rules)) -> Edited<'p, B> {
        Edited { backoff: Policy::backoff(self), rules: *Policy::rules(self) }.edited(edit)
    }
}

impl<B: Backoff> Editable for Edited<'_, B> {
    type Edited = Self;

    fn edited(mut self, edit: impl FnOnce(&mut Rules)) -> Self {
        edit(&mut self.rules);
        self
    }
}

/// The policy of a call that owns it.
impl<B: Backoff> Editable for Policy<B> {
    type Edited = Self;

    fn edited(mut self, edit: impl FnOnce(&mut Rules)) -> Self {
        edit(self.rules_mut());
        self
    }
}

/// Rules and backoff of a call of an annotated function.
#[cfg(feature = "overrides")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'p, B> {
    rules: &'p Rules,
    backoff: BackoffOrOverride<'p, B>,
}

#[cfg(feature = "overrides")]
impl<'p, B> Source<'p, B> {
    #[inline]
    pub(crate) const fn new(rules: &'p Rules, backoff: BackoffOrOverride<'p, B>) -> Self {
        Self { rules, backoff }
    }
}

#[cfg(feature = "overrides")]
impl<'p, B: Backoff> PolicySource for Source<'p, B> {
    type Backoff = BackoffOrOverride<'p, B>;

    #[inline]
    fn rules(&self) -> &Rules {
        self.rules
    }

    #[inline]
    fn backoff(&self) -> &BackoffOrOverride<'p, B> {
        &self.backoff
    }
}

/// The backoff of the annotation, or its replacement.
#[cfg(feature = "overrides")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum BackoffOrOverride<'p, B> {
    Own(&'p B),
    Override(crate::Schedule),
}

/// State of a [`BackoffOrOverride`] backoff.
#[cfg(feature = "overrides")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum BackoffOrOverrideState<S> {
    Own(S),
    Override(u32),
}

#[cfg(feature = "overrides")]
impl<B: Backoff> Backoff for BackoffOrOverride<'_, B> {
    type State = BackoffOrOverrideState<B::State>;

    #[inline]
    fn start(&self) -> Self::State {
        match self {
            Self::Own(own) => BackoffOrOverrideState::Own(own.start()),
            Self::Override(given) => BackoffOrOverrideState::Override(given.start()),
        }
    }

    #[inline]
    fn resume(&self, retries: u32) -> Self::State {
        match self {
            Self::Own(own) => BackoffOrOverrideState::Own(own.resume(retries)),
            Self::Override(given) => BackoffOrOverrideState::Override(given.resume(retries)),
        }
    }

    #[inline]
    fn next(&self, state: &mut Self::State) -> Option<core::time::Duration> {
        match (self, state) {
            (Self::Own(own), BackoffOrOverrideState::Own(state)) => own.next(state),
            (Self::Override(given), BackoffOrOverrideState::Override(state)) => given.next(state),
            // A call selects its backoff before the first delay, and never changes it.
            _ => None,
        }
    }

    #[inline]
    fn next_base(&self, state: &mut Self::State) -> Option<backoff_rules::BaseDelay> {
        match (self, state) {
            (Self::Own(own), BackoffOrOverrideState::Own(state)) => own.next_base(state),
            (Self::Override(given), BackoffOrOverrideState::Override(state)) => given.next_base(state),
            _ => None,
        }
    }
}
