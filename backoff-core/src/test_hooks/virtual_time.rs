//! A clock that advances by itself: a delay passes as soon as a call only waits.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Instant;

/// A virtual clock.
#[derive(Debug)]
pub(crate) struct VirtualTime {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) passed: Duration,
    /// Number of polls of zero delays since the clock last advanced. They come from calls that still make progress, so
    /// the clock does not advance for them.
    pub(super) zero_delays: u32,
    #[cfg(feature = "_runtime")]
    pub(super) in_progress: InProgress,
}

/// Async delays in progress: the end time and the number of each.
#[cfg(feature = "_runtime")]
#[derive(Debug, Default)]
pub(super) struct InProgress {
    pub(super) waiting: std::collections::BTreeSet<(Duration, u64)>,
    pub(super) next_number: u64,
}

/// Number of polls of zero delays after which the clock advances anyway. Otherwise a call with only zero delays would
/// never reach its timeout.
#[cfg(feature = "async")]
const MOST_ZERO_DELAYS: u32 = 100_000;

/// Longest virtual time, about five hundred years. The `Instant` of every platform can represent it.
pub(super) const LONGEST: Duration = Duration::from_secs(500 * 365 * 86_400);

impl VirtualTime {
    pub(crate) fn starting_at(start: Instant) -> Self {
        Self { start, state: Mutex::default() }
    }

    /// No user code runs under this lock.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn passed(&self) -> Duration {
        self.state().passed
    }

    pub(super) fn now(&self) -> Instant {
        self.start.checked_add(self.passed()).unwrap_or(self.start)
    }

    /// Advances the clock.
    pub(super) fn pass(&self, time: Duration) {
        let mut state = self.state();
        state.passed = state.passed.saturating_add(time).min(LONGEST);
        state.zero_delays = 0;
    }

    /// Records that a zero delay was polled.
    #[cfg(feature = "async")]
    pub(super) fn zero_delay_polled(&self) {
        let mut state = self.state();
        state.zero_delays = state.zero_delays.saturating_add(1).min(MOST_ZERO_DELAYS);
    }
}

#[cfg(feature = "async")]
std::thread_local! {
    /// `true` while a delay is polled by code that does not wait for it.
    static IS_ONLY_LOOKED_AT: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Polls a future without advancing the virtual clock, because the caller checks it and does not wait for it.
#[cfg(feature = "async")]
pub(crate) fn poll_without_waiting<R>(poll: impl FnOnce() -> R) -> R {
    struct Restored(bool);
    impl Drop for Restored {
        fn drop(&mut self) {
            let _ = IS_ONLY_LOOKED_AT.try_with(|looked_at| looked_at.set(self.0));
        }
    }
    let _restored = Restored(IS_ONLY_LOOKED_AT.try_with(|looked_at| looked_at.replace(true)).unwrap_or(false));
    poll()
}

/// Returns whether the current poll comes from [`poll_without_waiting`].
#[cfg(feature = "_runtime")]
pub(super) fn is_only_looked_at() -> bool {
    IS_ONLY_LOOKED_AT.try_with(std::cell::Cell::get).unwrap_or(false)
}
