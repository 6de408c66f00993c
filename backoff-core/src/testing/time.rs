//! A clock that advances by itself: as soon as a call does nothing but wait, its delay has passed.

#[cfg(feature = "_runtime")]
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A virtual clock.
#[derive(Debug)]
pub(super) struct VirtualTime {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    passed: Duration,
    /// The async delays in progress: when each ends, and its number.
    #[cfg(feature = "_runtime")]
    waiting: BTreeSet<(Duration, u64)>,
    #[cfg(feature = "_runtime")]
    next_number: u64,
    /// The polls of zero delays since time passed: calls that go on, for which it stands still.
    #[cfg(feature = "_runtime")]
    zero_delays: u32,
}

/// After so many polls of zero delays time passes all the same, or a call without any other delay would never reach its time-out.
#[cfg(feature = "_runtime")]
const MOST_ZERO_DELAYS: u32 = 100_000;

/// As much virtual time as every platform's `Instant` can be ahead: about five hundred years.
const LONGEST: Duration = Duration::from_secs(500 * 365 * 86_400);

impl VirtualTime {
    pub(super) fn starting_at(start: Instant) -> Self {
        Self { start, state: Mutex::default() }
    }

    /// No user code runs under this lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Instant {
        self.start.checked_add(self.state().passed).unwrap_or(self.start)
    }

    /// Lets time pass.
    pub(super) fn pass(&self, time: Duration) {
        let mut state = self.state();
        state.passed = state.passed.saturating_add(time).min(LONGEST);
        #[cfg(feature = "_runtime")]
        {
            state.zero_delays = 0;
        }
    }

    /// Notes that a zero delay was polled.
    #[cfg(feature = "_runtime")]
    pub(super) fn zero_delay_polled(&self) {
        let mut state = self.state();
        state.zero_delays = state.zero_delays.saturating_add(1).min(MOST_ZERO_DELAYS);
    }
}

#[cfg(feature = "_runtime")]
std::thread_local! {
    /// A delay is polled by somebody who does not wait for it.
    static IS_ONLY_LOOKED_AT: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Polls something without letting virtual time pass: the caller wants to know how it stands, and does not wait.
#[cfg(feature = "_runtime")]
pub(crate) fn only_looking<R>(poll: impl FnOnce() -> R) -> R {
    struct Restored(bool);
    impl Drop for Restored {
        fn drop(&mut self) {
            let _ = IS_ONLY_LOOKED_AT.try_with(|looked_at| looked_at.set(self.0));
        }
    }
    let _restored = Restored(IS_ONLY_LOOKED_AT.try_with(|looked_at| looked_at.replace(true)).unwrap_or(false));
    poll()
}

#[cfg(feature = "_runtime")]
pub use self::asynchronous::RuntimeSleep;

#[cfg(feature = "_runtime")]
mod asynchronous {
    use std::fmt;
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use pin_project_lite::pin_project;

    use super::super::layers::{Layer, with_virtual_time};
    use super::{IS_ONLY_LOOKED_AT, LONGEST, VirtualTime};
    use crate::sleep::runtime;

    /// How often a delay that is not the next to end yields before it goes ahead of those that nobody polls.
    const PATIENCE: u32 = 32;

    pin_project! {
        /// Completes after a delay, in the time of the async runtime that polls it, or in virtual time where there is one.
        #[must_use = "futures do nothing unless polled"]
        pub struct RuntimeSleep {
            #[pin]
            kind: Kind,
        }
    }

    pin_project! {
        #[project = KindPinned]
        enum Kind {
            Real { #[pin] sleep: runtime::RuntimeSleep },
            Virtual { sleep: VirtualSleep },
        }
    }

    impl RuntimeSleep {
        pub(crate) fn new(delay: Duration) -> Self {
            let kind = match with_virtual_time().and_then(|layer| VirtualSleep::new(layer, delay)) {
                Some(sleep) => Kind::Virtual { sleep },
                None => Kind::Real { sleep: runtime::RuntimeSleep::new(delay) },
            };
            Self { kind }
        }
    }

    impl Future for RuntimeSleep {
        type Output = ();

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            match self.project().kind.project() {
                KindPinned::Real { sleep } => sleep.poll(cx),
                KindPinned::Virtual { sleep } => {
                    if sleep.has_ended() {
                        return Poll::Ready(());
                    }
                    cx.waker().wake_by_ref(); // others have their turn first
                    Poll::Pending
                }
            }
        }
    }

    impl fmt::Debug for RuntimeSleep {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("RuntimeSleep").finish_non_exhaustive()
        }
    }

    /// A delay of a virtual clock. Of several in progress the one that ends first ends first.
    struct VirtualSleep {
        layer: Arc<Layer>,
        /// When it ends, and its number.
        key: (Duration, u64),
        is_listed: bool,
        /// What had passed, and how many zero delays since, when it was asked last.
        seen: (Duration, u32),
        yields: u32,
    }

    impl VirtualSleep {
        fn new(layer: Arc<Layer>, delay: Duration) -> Option<Self> {
            let key = {
                let mut state = layer.time.as_ref()?.state();
                let number = state.next_number;
                state.next_number = number.wrapping_add(1);
                (state.passed.saturating_add(delay), number)
            };
            Some(Self { layer, key, is_listed: false, seen: (Duration::ZERO, 0), yields: 0 })
        }

        /// Returns whether the delay is over; lets time pass when it is the next to end and has yielded once.
        fn has_ended(&mut self) -> bool {
            let Some(mut state) = self.layer.time.as_ref().map(VirtualTime::state) else {
                return true;
            };
            let (end, _) = self.key;
            if state.passed >= end {
                state.waiting.remove(&self.key);
                return true;
            }
            if IS_ONLY_LOOKED_AT.try_with(std::cell::Cell::get).unwrap_or(false) {
                return false;
            }
            let present = (state.passed, state.zero_delays);
            if !self.is_listed {
                self.is_listed = true;
                self.seen = present;
                state.waiting.insert(self.key);
                return false;
            }
            // Whatever has just ended has its turn first.
            if self.seen != present {
                self.seen = present;
                self.yields = 0; // somebody waits who is polled
                return false;
            }
            self.yields = self.yields.saturating_add(1);
            if state.waiting.first() != Some(&self.key) && self.yields < PATIENCE {
                return false;
            }
            state.passed = end.min(LONGEST);
            state.zero_delays = 0;
            state.waiting.remove(&self.key);
            // What ends at the same instant has a turn, too: an attempt that takes exactly its time-out is in time.
            state.waiting.first().is_none_or(|(other, _)| *other > state.passed)
        }
    }

    impl Drop for VirtualSleep {
        fn drop(&mut self) {
            if let Some(time) = &self.layer.time {
                time.state().waiting.remove(&self.key);
            }
        }
    }
}
