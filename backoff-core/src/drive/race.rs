//! Race of a delay with cancellation and the timeout of the call, and of an attempt with its limits (async calls).
//!
//! Cancellation ends an attempt only with `cancel_attempts`. If a timeout drops the attempt in the same poll, it has
//! priority. The decision then orders it and the cancellation.
//!
//! The future of `policy.retry`, the expansion of `#[retry]` and the manual loop all use it.
//!
//! Timers and cancellation are polled outside of the cooperative budget of a tokio task. An attempt that is always busy
//! consumes that budget in each poll, so a tokio timer polled after it would never complete.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::sleep::poll_unbudgeted;

/// A signal that ends a delay or an attempt early.
pub trait Signal {
    /// Returns whether the signal was given. If not, the task is woken when it is.
    #[doc(hidden)]
    fn poll_given(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool;
}

/// No signal: nothing ends the delay or the attempt early.
#[derive(Clone, Copy, Debug)]
pub struct Never;

impl Signal for Never {
    #[inline]
    fn poll_given(self: Pin<&mut Self>, _: &mut Context<'_>) -> bool {
        false
    }
}

pin_project! {
    /// A signal given by the completion of a future.
    #[derive(Debug)]
    pub struct FutureSignal<F> {
        #[pin]
        future: F,
        given: Given,
    }
}

/// Record of a signal that has been given: its future must not be polled again.
///
/// With tokio this record is not needed: limits are polled after the attempt, so that a given signal ends the race in
/// the same poll.
#[derive(Clone, Copy, Debug)]
struct Given {
    #[cfg(not(feature = "tokio"))]
    is_given: bool,
}

impl Given {
    const NO: Self = Self {
        #[cfg(not(feature = "tokio"))]
        is_given: false,
    };

    /// Returns whether the signal was given before, or is given now.
    #[inline]
    #[cfg_attr(feature = "tokio", expect(clippy::unused_self, reason = "nothing is kept"))]
    fn or_poll(&mut self, poll: impl FnOnce() -> bool) -> bool {
        #[cfg(not(feature = "tokio"))]
        {
            self.is_given = self.is_given || poll();
            self.is_given
        }
        #[cfg(feature = "tokio")]
        poll()
    }
}

impl<F> FutureSignal<F> {
    /// Returns the signal of `future`.
    #[inline]
    pub const fn new(future: F) -> Self {
        Self { future, given: Given::NO }
    }
}

impl<F: Future> Signal for FutureSignal<F> {
    #[inline]
    fn poll_given(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        let this = self.project();
        this.given.or_poll(|| poll_unbudgeted(this.future, cx).is_ready())
    }
}

impl<S: Signal> Signal for Option<S> {
    #[inline]
    fn poll_given(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        self.as_pin_mut().is_some_and(|signal| signal.poll_given(cx))
    }
}

impl<S: Signal> Signal for Pin<&mut S> {
    #[inline]
    fn poll_given(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        self.get_mut().as_mut().poll_given(cx)
    }
}

/// Result of a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "std"), expect(unreachable_pub, reason = "the expansion of `#[retry]` needs `std`"))]
pub enum DelayEnd {
    /// The delay has passed.
    Elapsed,
    /// The call was cancelled, possibly at the instant at which the delay ended.
    Cancelled,
    /// The timeout of the call struck, possibly at the instant at which the delay ended.
    TimedOut,
}

/// Polls a delay and the signals that can end the call during it. If several are ready, the cancellation has priority,
/// then the timeout.
#[inline]
pub(crate) fn poll_delay(
    cx: &mut Context<'_>,
    wait: Pin<&mut impl Future<Output = ()>>,
    cancel: Pin<&mut impl Signal>,
    deadline: Pin<&mut impl Signal>,
) -> Poll<DelayEnd> {
    let has_passed = poll_unbudgeted(wait, cx).is_ready();
    if cancel.poll_given(cx) {
        return Poll::Ready(DelayEnd::Cancelled);
    }
    if deadline.poll_given(cx) {
        return Poll::Ready(DelayEnd::TimedOut);
    }
    if has_passed { Poll::Ready(DelayEnd::Elapsed) } else { Poll::Pending }
}

/// The limit that dropped an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "std"), expect(unreachable_pub, reason = "the expansion of `#[retry]` needs `std`"))]
pub enum DroppedBy {
    /// The timeout of this attempt.
    AttemptTimeout,
    /// The timeout of the whole call.
    CallTimeout,
    /// The cancellation of the call.
    Cancel,
}

/// Order of polling an attempt and its limits.
///
/// The attempt is polled first, so that an attempt that is ready at once starts no timer. Without the feature `tokio`,
/// polls cannot be excluded from tokio's budget, although a custom sleeper may use tokio. The limits are then polled
/// first from the second poll on, before the attempt has consumed the budget.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PollOrder {
    #[cfg(not(feature = "tokio"))]
    limits_first: bool,
}

impl PollOrder {
    #[inline]
    #[cfg_attr(feature = "tokio", expect(clippy::unused_self, reason = "the order never changes"))]
    fn limits_first(&mut self) -> bool {
        #[cfg(not(feature = "tokio"))]
        return core::mem::replace(&mut self.limits_first, true);
        #[cfg(feature = "tokio")]
        false
    }
}

/// Polls an attempt, the timeout of the call, the timeout of the attempt, and the cancellation. An attempt that ends at
/// the instant of a limit is in time. If several limits strike at the same instant, the first in this order has
/// priority.
#[inline]
pub(crate) fn poll_attempt<R>(
    cx: &mut Context<'_>,
    order: &mut PollOrder,
    attempt: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    mut deadline: Pin<&mut impl Signal>,
    mut limit: Pin<&mut impl Signal>,
    mut cancel: Pin<&mut impl Signal>,
) -> Poll<Result<R, DroppedBy>> {
    let mut strike = |cx: &mut Context<'_>| {
        if deadline.as_mut().poll_given(cx) {
            return Some(DroppedBy::CallTimeout);
        }
        if limit.as_mut().poll_given(cx) {
            return Some(DroppedBy::AttemptTimeout);
        }
        cancel.as_mut().poll_given(cx).then_some(DroppedBy::Cancel)
    };
    let limits_first = order.limits_first();
    let struck = if limits_first { strike(cx) } else { None };
    if let Poll::Ready(result) = attempt(cx) {
        return Poll::Ready(Ok(result));
    }
    let struck = if limits_first { struck } else { strike(cx) };
    struck.map_or(Poll::Pending, |struck| Poll::Ready(Err(struck)))
}

pin_project! {
    /// A delay that cancellation or the timeout of the call can end early.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Delay<W, C, D> {
        #[pin]
        wait: W,
        #[pin]
        cancel: C,
        #[pin]
        deadline: D,
    }
}

impl<W, C, D> Delay<W, C, D> {
    /// Returns a delay of `wait`, with its signals.
    #[inline]
    pub(crate) const fn new(wait: W, cancel: C, deadline: D) -> Self {
        Self { wait, cancel, deadline }
    }
}

impl<W: Future<Output = ()>, C: Signal, D: Signal> Future for Delay<W, C, D> {
    type Output = DelayEnd;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<DelayEnd> {
        let this = self.project();
        poll_delay(cx, this.wait, this.cancel, this.deadline)
    }
}

pin_project! {
    /// An attempt that its own timeout, the timeout of the call, or cancellation can end early.
    // The attempt is stored only here, because an `async fn` with it as an argument would store it twice.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct AttemptWithLimits<A, D, L, C> {
        #[pin]
        attempt: A,
        #[pin]
        deadline: D,
        #[pin]
        limit: L,
        #[pin]
        cancel: C,
        order: PollOrder,
    }
}

impl<A, D, L, C> AttemptWithLimits<A, D, L, C> {
    /// Returns the attempt with its limits.
    #[inline]
    pub(crate) fn new(attempt: A, deadline: D, limit: L, cancel: C) -> Self {
        Self { attempt, deadline, limit, cancel, order: PollOrder::default() }
    }
}

impl<A: Future, D: Signal, L: Signal, C: Signal> Future for AttemptWithLimits<A, D, L, C> {
    type Output = Result<A::Output, DroppedBy>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_attempt(cx, this.order, |cx| this.attempt.poll(cx), this.deadline, this.limit, this.cancel)
    }
}
