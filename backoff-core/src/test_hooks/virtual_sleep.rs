//! Async delays on a virtual clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::layers::{Layer, with_virtual_time};
use super::virtual_time::{LONGEST, VirtualTime, is_only_looked_at};

/// Number of polls after which a delay may end before earlier delays that are no longer polled.
const PATIENCE: u32 = 32;

pin_project! {
    /// The sleep `S` of a runtime, or a delay of the virtual clock if there is one.
    #[project = MaybeVirtualPinned]
    pub(crate) enum MaybeVirtual<S> {
        Real { #[pin] sleep: S },
        Virtual { sleep: VirtualSleep },
    }
}

impl<S> MaybeVirtual<S> {
    /// Returns a future that completes after `delay`. `real` creates the future of the runtime.
    pub(crate) fn new(delay: Duration, real: impl FnOnce(Duration) -> S) -> Self {
        match with_virtual_time().and_then(|layer| VirtualSleep::new(layer, delay)) {
            Some(sleep) => Self::Virtual { sleep },
            None => Self::Real { sleep: real(delay) },
        }
    }
}

impl<S: Future<Output = ()>> Future for MaybeVirtual<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project() {
            MaybeVirtualPinned::Real { sleep } => sleep.poll(cx),
            MaybeVirtualPinned::Virtual { sleep } => {
                if sleep.has_ended() {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref(); // others have their turn first
                Poll::Pending
            }
        }
    }
}

/// A delay of a virtual clock. Delays in progress end in the order of their end times.
#[derive(Debug)]
pub(crate) struct VirtualSleep {
    layer: Arc<Layer>,
    /// End time of the delay, and its number.
    key: (Duration, u64),
    is_listed: bool,
    /// Elapsed virtual time at the last poll, and the number of zero delays since that time.
    seen: (Duration, u32),
    yields: u32,
}

impl VirtualSleep {
    fn new(layer: Arc<Layer>, delay: Duration) -> Option<Self> {
        let key = {
            let mut state = layer.time.as_ref()?.state();
            let number = state.in_progress.next_number;
            state.in_progress.next_number = number.wrapping_add(1);
            (state.passed.saturating_add(delay), number)
        };
        Some(Self { layer, key, is_listed: false, seen: (Duration::ZERO, 0), yields: 0 })
    }

    /// Returns whether the delay is over. Advances the clock if this delay is the next to end and has yielded once.
    fn has_ended(&mut self) -> bool {
        let Some(mut state) = self.layer.time.as_ref().map(VirtualTime::state) else {
            return true;
        };
        let (end, _) = self.key;
        if state.passed >= end {
            state.in_progress.waiting.remove(&self.key);
            return true;
        }
        if is_only_looked_at() {
            return false;
        }
        let present = (state.passed, state.zero_delays);
        if !self.is_listed {
            self.is_listed = true;
            self.seen = present;
            state.in_progress.waiting.insert(self.key);
            return false;
        }
        // Anything that has just ended is polled first.
        if self.seen != present {
            self.seen = present;
            self.yields = 0; // somebody waits who is polled
            return false;
        }
        self.yields = self.yields.saturating_add(1);
        if state.in_progress.waiting.first() != Some(&self.key) && self.yields < PATIENCE {
            return false;
        }
        state.passed = end.min(LONGEST);
        state.zero_delays = 0;
        state.in_progress.waiting.remove(&self.key);
        // Anything that ends at the same instant is polled first, too, so an attempt that takes exactly its timeout is
        // in time.
        state.in_progress.waiting.first().is_none_or(|(other, _)| *other > state.passed)
    }
}

impl Drop for VirtualSleep {
    fn drop(&mut self) {
        if let Some(time) = &self.layer.time {
            time.state().in_progress.waiting.remove(&self.key);
        }
    }
}
