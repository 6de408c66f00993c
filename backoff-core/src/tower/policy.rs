//! The policy of a layer, shared by the calls of all its requests.

use alloc::sync::Arc;
use core::fmt;

use crate::call::PolicySource;
use crate::drive::source::sealed::Sealed;
use crate::{Backoff, Policy};
use backoff_rules::Rules;

/// A policy, and its rules for idempotent requests.
struct Shared<B> {
    policy: Policy<B>,
    idempotent: Rules,
}

/// The policy of the call that serves one request.
pub struct SharedPolicy<B> {
    shared: Arc<Shared<B>>,
    is_idempotent: bool,
}

impl<B: Backoff> SharedPolicy<B> {
    pub(super) fn new(policy: Policy<B>) -> Self {
        let idempotent = Rules { idempotent: true, ..*Policy::rules(&policy) };
        Self { shared: Arc::new(Shared { policy, idempotent }), is_idempotent: false }
    }

    /// Returns the policy of one request. `true` adds to what the policy allows.
    pub(super) fn for_request(&self, is_idempotent: bool) -> Self {
        Self { shared: Arc::clone(&self.shared), is_idempotent }
    }
}

impl<B> Clone for SharedPolicy<B> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), is_idempotent: self.is_idempotent }
    }
}

impl<B> Sealed for SharedPolicy<B> {}

impl<B: Backoff> PolicySource for SharedPolicy<B> {
    type Backoff = B;

    #[inline]
    fn rules(&self) -> &Rules {
        if self.is_idempotent { &self.shared.idempotent } else { Policy::rules(&self.shared.policy) }
    }

    #[inline]
    fn backoff(&self) -> &B {
        Policy::backoff(&self.shared.policy)
    }
}

impl<B> fmt::Debug for SharedPolicy<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPolicy").field("is_idempotent", &self.is_idempotent).finish_non_exhaustive()
    }
}
