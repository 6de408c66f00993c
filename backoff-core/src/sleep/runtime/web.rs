//! A web page, a worker, or Node: timers of its event loop, its clocks, and its random numbers.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use gloo_timers::future::TimeoutFuture;

use super::Runtime;
use crate::clock::Instant;

/// The event loop of a web page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Web;

impl Runtime for Web {
    type Sleep = WebSleep;

    #[inline]
    fn is_running() -> bool {
        true
    }

    fn sleep(delay: Duration) -> WebSleep {
        WebSleep { started: Instant::now(), delay, timer: timer(delay) }
    }

    /// Returns a seed from `Math.random`, which the browser seeds for each page.
    fn random_seed() -> Option<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the product is below 2^32")]
        let half = || (js_sys::Math::random() * 4_294_967_296.0) as u32;
        Some((u64::from(half()) << 32) | u64::from(half()))
    }
}

/// A delay on the page's clock.
///
/// Timers of a page have a limited range, and those of Node count from the start of a turn of its event loop, so that
/// they can fire before the delay is over. A timer that fires too early is followed by another for the rest.
#[derive(Debug)]
pub(crate) struct WebSleep {
    started: Instant,
    delay: Duration,
    timer: TimeoutFuture,
}

impl Future for WebSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(Pin::new(&mut self.timer).poll(cx));
            let left = self.delay.saturating_sub(self.started.elapsed());
            if left.is_zero() {
                return Poll::Ready(());
            }
            self.timer = timer(left);
        }
    }
}

/// Returns a timer for a delay, or for the first part of a delay that is longer than a timer can be.
fn timer(delay: Duration) -> TimeoutFuture {
    /// Longest timer of a page, about 24.8 days. A longer one would fire at once.
    const LONGEST_MILLIS: u32 = i32::MAX as u32;
    let millis = delay.as_nanos().div_ceil(1_000_000);
    TimeoutFuture::new(u32::try_from(millis).map_or(LONGEST_MILLIS, |millis| millis.min(LONGEST_MILLIS)))
}
