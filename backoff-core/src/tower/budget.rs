//! Budgets of a layer: none, one for all requests, or one for each key of a request.

use alloc::sync::Arc;
use core::fmt;
use core::hash::Hash;
use core::ops::Deref;

use crate::call::{BudgetSource, NoBudget};
use crate::{Budget, Budgets};

/// The budget of a layer, which may depend on the request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no budget for a `{Request}`",
    label = "give `budget_by` a closure `|request: &Request| key`, and the `Budgets` of its keys"
)]
pub trait BudgetFor<Request> {
    /// The budget of a call.
    type Budget: BudgetSource;

    /// Returns the budget of a request.
    fn budget_for(&self, request: &Request) -> Self::Budget;
}

impl<Request> BudgetFor<Request> for NoBudget {
    type Budget = Self;

    #[inline]
    fn budget_for(&self, _: &Request) -> Self {
        Self
    }
}

/// One budget for all requests; set by [`RetryLayer::budget`](super::RetryLayer::budget), which has an example.
#[derive(Clone, Copy, Debug)]
pub struct OneBudget<D>(pub(super) D);

impl<Request, D: BudgetSource + Clone> BudgetFor<Request> for OneBudget<D> {
    type Budget = D;

    #[inline]
    fn budget_for(&self, _: &Request) -> D {
        self.0.clone()
    }
}

/// A budget for each key; set by [`RetryLayer::budget_by`](super::RetryLayer::budget_by), which has an example.
#[derive(Clone, Copy)]
pub struct BudgetBy<F, A> {
    pub(super) key: F,
    pub(super) budgets: A,
}

impl<Request, F, K, A> BudgetFor<Request> for BudgetBy<F, A>
where
    F: Fn(&Request) -> K,
    K: Hash + Eq + Clone,
    A: Deref<Target = Budgets<K>>,
{
    type Budget = Arc<Budget>;

    fn budget_for(&self, request: &Request) -> Arc<Budget> {
        self.budgets.get(&(self.key)(request))
    }
}

impl<F, A> fmt::Debug for BudgetBy<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BudgetBy").finish_non_exhaustive()
    }
}
