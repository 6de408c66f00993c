//! tokio: timers of the present runtime, its clock, which tests can pause, and its cooperative budget.

use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use core::time::Duration;

use super::Runtime;
use crate::clock::Instant;

/// The tokio runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokio;

impl Runtime for Tokio {
    type Sleep = ::tokio::time::Sleep;

    #[inline]
    fn is_running() -> bool {
        ::tokio::runtime::Handle::try_current().is_ok()
    }

    #[inline]
    fn sleep(delay: Duration) -> Self::Sleep {
        ::tokio::time::sleep(delay)
    }

    /// Returns tokio's instant, which is the system's outside of a runtime.
    #[inline]
    fn now() -> Option<Instant> {
        Some(::tokio::time::Instant::now().into_std())
    }

    #[inline]
    fn has_budget() -> bool {
        ::tokio::task::coop::has_budget_remaining()
    }

    /// Polls without a budget, because tokio's timers and channels return `Pending` once a task has used up its budget,
    /// even if they have completed.
    #[cold]
    #[inline(never)]
    fn poll_unbudgeted<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        pin!(::tokio::task::unconstrained(future)).poll(cx)
    }
}
