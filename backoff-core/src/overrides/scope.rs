//! One policy for the annotated functions that are called inside a closure or a future.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::table;
use crate::Policy;

std::thread_local! {
    static GIVEN: Cell<Option<Policy>> = const { Cell::new(None) };
}

/// Runs `work` and applies `policy`, in place of the annotation, to annotated functions that fail inside it on this
/// thread.
///
/// Scopes nest, and the innermost one applies. Overrides that are set for a function apply on top of it. A call looks
/// up the scope at its first failure. The scope does not apply to work that `work` spawns on other threads. It also
/// does not apply to a future that is created inside and polled elsewhere; use [`with_policy_async`] for such futures.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, overrides, retry};
///
/// #[retry(max_attempts = 3, delay = "0s")]
/// fn fetch(calls: &mut u32) -> Result<(), &'static str> {
///     *calls += 1;
///     Err("down")
/// }
///
/// let mut calls = 0;
/// assert!(
///     overrides::with_policy(Policy::never().build(), || fetch(&mut calls))
///         .is_err()
/// );
/// assert_eq!(calls, 1);
/// ```
pub fn with_policy<R>(policy: Policy, work: impl FnOnce() -> R) -> R {
    let _inside = Inside::new(policy);
    work()
}

/// Returns a future that runs `work` and applies `policy`, in place of the annotation, to annotated functions that fail
/// inside it. The future may be polled on any thread.
///
/// The rest is as for [`with_policy`]. The scope does not apply to tasks that `work` spawns.
///
/// # Cancellation
///
/// Dropping it drops `work`.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::overrides::{WithPolicy, with_policy_async};
/// use backoff_core::{Policy, retry};
///
/// #[retry(max_attempts = 3, delay = "0s")]
/// async fn fetch(calls: &mut u32) -> Result<(), &'static str> {
///     *calls += 1;
///     Err("down")
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let mut calls = 0;
/// let once = Policy::never().build();
/// let work: WithPolicy<_> = with_policy_async(once, fetch(&mut calls));
/// assert_eq!(work.await, Err("down"));
/// assert_eq!(calls, 1);
/// # });
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn with_policy_async<F: Future>(policy: Policy, work: F) -> WithPolicy<F> {
    WithPolicy { policy, work: Box::pin(work) }
}

/// A future that applies a policy to its annotated functions; created by [`with_policy_async`], which has an example.
#[must_use = "futures do nothing unless polled"]
pub struct WithPolicy<F> {
    policy: Policy,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for WithPolicy<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let policy = self.policy;
        with_policy(policy, || self.work.as_mut().poll(cx))
    }
}

impl<F> fmt::Debug for WithPolicy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithPolicy").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Restores the previous policy.
struct Inside {
    before: Option<Policy>,
}

impl Inside {
    fn new(policy: Policy) -> Self {
        table::scope_opens();
        Self { before: GIVEN.replace(Some(policy)) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        GIVEN.set(self.before);
        table::scope_closes();
    }
}

/// Returns the policy of the innermost scope on this thread; `None` outside scopes, or on a thread that is shutting
/// down.
pub(super) fn policy() -> Option<Policy> {
    GIVEN.try_with(Cell::get).ok().flatten()
}
