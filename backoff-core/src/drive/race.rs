//! Race of a delay with cancellation and the timeout of the call, and of an attempt with its timeouts (async calls).
//!
//! Cancellation never ends an attempt. If it is signalled while a timeout drops an attempt, the decision orders the two.
//!
//! The future of `policy.retry`, the expansion of `#[retry]` and the manual loop all use it.
//!
//! Timers and cancellation are polled outside of the cooperative budget of a tokio task. An attempt that is always busy
//! consumes that budget in each poll, so a tokio timer polled after it would never complete.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
#[cfg(feature = "_runtime")]
use core::time::Duration;

use pin_project_lite::pin_project;

use crate::sleep::poll_unbudgeted;
#[cfg(feature = "_runtime")]
use crate::sleep::{RuntimeSleep, Wait};

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
pub enum TimeoutKind {
    /// The limit of this attempt.
    Attempt,
    /// The timeout of the whole call.
    Call,
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

/// Polls an attempt, the timeout of the call and the limit of the attempt. An attempt that ends at the instant of a
/// limit is in time. If both limits strike at the same instant, the call ends.
#[inline]
pub(crate) fn poll_attempt<R>(
    cx: &mut Context<'_>,
    order: &mut PollOrder,
    attempt: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    mut deadline: Pin<&mut impl Signal>,
    mut limit: Pin<&mut impl Signal>,
) -> Poll<Result<R, TimeoutKind>> {
    let mut strike = |cx: &mut Context<'_>| {
        if deadline.as_mut().poll_given(cx) {
            return Some(TimeoutKind::Call);
        }
        limit.as_mut().poll_given(cx).then_some(TimeoutKind::Attempt)
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
    /// An attempt that its own limit or the timeout of the call can end early.
    // The attempt is stored only here, because an `async fn` with it as an argument would store it twice.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct AttemptWithTimeouts<A, D, L> {
        #[pin]
        attempt: A,
        #[pin]
        deadline: D,
        #[pin]
        limit: L,
        order: PollOrder,
    }
}

impl<A, D, L> AttemptWithTimeouts<A, D, L> {
    /// Returns the attempt with its limits.
    #[inline]
    pub(crate) fn new(attempt: A, deadline: D, limit: L) -> Self {
        Self { attempt, deadline, limit, order: PollOrder::default() }
    }
}

impl<A: Future, D: Signal, L: Signal> Future for AttemptWithTimeouts<A, D, L> {
    type Output = Result<A::Output, TimeoutKind>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_attempt(cx, this.order, |cx| this.attempt.poll(cx), this.deadline, this.limit)
    }
}

/// Waits until the delay has passed or the token is cancelled.
#[cfg(feature = "_runtime")]
pub(crate) async fn wait_unless_cancelled(delay: Duration, token: Option<&crate::CancelToken>) {
    let cancel = token.map(|token| FutureSignal::new(token.cancelled()));
    Delay::new(Wait::new(&RuntimeSleep::new, delay), core::pin::pin!(cancel), Never).await;
}
