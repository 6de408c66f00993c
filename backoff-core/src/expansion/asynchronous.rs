//! Futures that an expanded async loop awaits, in addition to the user's body.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use pin_project_lite::pin_project;

use crate::drive::race::{AttemptWithLimits, Delay, FutureSignal, Signal};
pub use crate::drive::race::{DelayEnd, DroppedBy, Never};
use crate::drive::shared_limits::OpenScope as _;
use crate::site::Waiting;
use crate::sleep::{SleepMut, Wait};
use crate::test_hooks::poll_without_waiting;
use crate::{CallSite, Scope};

pin_project! {
    /// A delay that its call site counts as a waiting call.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct CountedDelay<D> {
        #[pin]
        delay: D,
        waiting: Option<Waiting>,
    }
}

impl<D: Future> Future for CountedDelay<D> {
    type Output = D::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<D::Output> {
        self.project().delay.poll(cx)
    }
}

/// Waits between two attempts. A zero delay yields once.
#[inline]
pub fn sleep<S: SleepMut>(
    site: &'static CallSite,
    sleeper: &mut S,
    delay: Duration,
) -> CountedDelay<Delay<Wait<S::Sleep>, Never, Never>> {
    sleep_until(site, sleeper, delay, Never, Never)
}

/// Waits between two attempts, until the delay ends or `cancel` or `deadline` is given.
#[inline]
pub fn sleep_until<S: SleepMut, C: Signal, D: Signal>(
    site: &'static CallSite,
    sleeper: &mut S,
    delay: Duration,
    cancel: C,
    deadline: D,
) -> CountedDelay<Delay<Wait<S::Sleep>, C, D>> {
    CountedDelay { delay: Delay::new(Wait::new(sleeper, delay), cancel, deadline), waiting: site.waits(delay) }
}

/// Returns a signal that is given by the completion of a future.
#[inline]
pub const fn when<F: Future>(future: F) -> FutureSignal<F> {
    FutureSignal::new(future)
}

/// Returns the signal of a limit.
#[inline]
pub fn timer<S: SleepMut>(sleeper: &mut S, limit: Duration) -> FutureSignal<S::Sleep> {
    FutureSignal::new(sleeper.sleep_mut(limit))
}

/// Returns whether a signal was given, without waiting for it.
pub async fn is_given_now<S: Signal>(mut signal: Pin<&mut S>) -> bool {
    poll_fn(|cx| Poll::Ready(poll_without_waiting(|| signal.as_mut().poll_given(cx)))).await
}

/// Runs an attempt until it ends, or until the timeout of the call, its own timeout, or cancellation ends it.
#[inline]
pub fn with_limits<A: Future, D: Signal, L: Signal, C: Signal>(
    attempt: A,
    deadline: D,
    limit: L,
    cancel: C,
) -> AttemptWithLimits<A, D, L, C> {
    AttemptWithLimits::new(attempt, deadline, limit, cancel)
}

pin_project! {
    /// An attempt that runs in the scope of its call.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct InScope<'s, A> {
        scope: &'s Option<Scope>,
        #[pin]
        attempt: A,
    }
}

/// Runs an attempt in the scope of `inner_retries`.
#[inline]
pub fn in_scope<A: Future>(scope: &Option<Scope>, attempt: A) -> InScope<'_, A> {
    InScope { scope, attempt }
}

impl<A: Future> Future for InScope<'_, A> {
    type Output = A::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<A::Output> {
        let this = self.project();
        this.scope.within(|| this.attempt.poll(cx))
    }
}
