//! Data that a call shares with other calls and observers: its budget, its scope for inner calls, its name.

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use alloc::sync::Arc;
use core::time::Duration;

use crate::budget::Budget;
use crate::observe::Label;

/// Name, budget and scope of a call.
#[derive(Clone, Copy, Debug)]
pub struct SharedLimits<D = NoBudget, N = NoScope, L = Named> {
    pub(crate) name: L,
    pub(crate) budget: D,
    pub(crate) nesting: N,
}

impl<L> SharedLimits<NoBudget, NoScope, L> {
    pub(crate) const fn named(name: L) -> Self {
        Self { name, budget: NoBudget, nesting: NoScope }
    }
}

impl<D, N, L: CallName> SharedLimits<D, N, L> {
    pub(crate) fn label(&self) -> Label {
        Label::named(self.name.text())
    }
}

/// Absence of a name. It takes no place in the future of a call.
#[derive(Clone, Copy, Debug)]
pub struct Unnamed;

/// A name; it may be empty.
// A type of its own, because the compiler would need the trait for references of every lifetime.
#[derive(Clone, Copy, Debug)]
pub struct Named(pub(crate) &'static str);

/// The name of a call in events: none, or a text.
pub trait CallName: Copy {
    #[doc(hidden)]
    fn text(self) -> &'static str;
}

impl CallName for Unnamed {
    #[inline]
    fn text(self) -> &'static str {
        ""
    }
}

impl CallName for Named {
    #[inline]
    fn text(self) -> &'static str {
        self.0
    }
}

/// Absence of a scope: inner calls have no information about this one.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoScope;

/// Scope setting of a call: no scope, or one opened by [`InnerRetries`](crate::InnerRetries).
pub trait Nesting {
    /// The scope of a running call. The default is that of a call that has not started.
    type Scope: OpenScope + Default;

    #[doc(hidden)]
    fn open(&self, timeout: Option<Duration>) -> Self::Scope;
}

/// The scope of a running call.
pub trait OpenScope {
    /// Records the start of an attempt. `left` computes the remaining time of the call itself; it runs only if needed.
    #[doc(hidden)]
    fn attempt_starts(&self, left: impl FnOnce() -> Option<Duration>);
    #[doc(hidden)]
    fn within<R>(&self, work: impl FnOnce() -> R) -> R;
    #[doc(hidden)]
    fn inner_gave_up(&self) -> bool;
}

impl Nesting for NoScope {
    type Scope = Self;

    #[inline]
    fn open(&self, _: Option<Duration>) -> Self {
        Self
    }
}

impl OpenScope for NoScope {
    #[inline]
    fn attempt_starts(&self, _: impl FnOnce() -> Option<Duration>) {}

    #[inline]
    fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }

    #[inline]
    fn inner_gave_up(&self) -> bool {
        false
    }
}

/// No budget.
#[derive(Clone, Copy, Debug)]
pub struct NoBudget;

/// Source of the tokens for the retries of a call: none, or a [`Budget`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a retry budget",
    label = "expected `&Budget` or `Arc<Budget>`"
)]
pub trait BudgetSource: sealed::Sealed {
    #[doc(hidden)]
    fn budget(&self) -> Option<&Budget>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for NoBudget {}
impl sealed::Sealed for &Budget {}
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl sealed::Sealed for Arc<Budget> {}
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl sealed::Sealed for &Arc<Budget> {}

impl BudgetSource for NoBudget {
    #[inline]
    fn budget(&self) -> Option<&Budget> {
        None
    }
}

impl BudgetSource for &Budget {
    #[inline]
    fn budget(&self) -> Option<&Budget> {
        Some(self)
    }
}

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl BudgetSource for Arc<Budget> {
    #[inline]
    fn budget(&self) -> Option<&Budget> {
        Some(self)
    }
}

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl BudgetSource for &Arc<Budget> {
    #[inline]
    fn budget(&self) -> Option<&Budget> {
        Some(self)
    }
}
