//! Two windows of successes in one atomic.

use std::sync::atomic::Ordering::Relaxed;

use super::sample::{WEIGHT, is_chosen};
use crate::clock;
use crate::sync::{atomic::AtomicU64, const_fn};
use crate::test_hooks;

/// The length of a window.
const WINDOW: u32 = 10 * 100;
/// A thread may read the clock, and be overtaken before it counts. A time that is earlier by more than this comes from
/// another clock.
const LATE: u32 = 100;

/// A time in hundredths of a second since a start that all moments share.
///
/// It begins again after 497 days. The history begins again then, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) u32);

impl Moment {
    /// Reads the clock.
    #[expect(clippy::cast_possible_truncation, reason = "see the type: moments begin again")]
    pub(crate) fn now() -> Self {
        Self((clock::since_start().as_millis() / 10) as u32)
    }
}

/// The successes of the last two windows.
#[derive(Debug)]
pub(crate) struct History(AtomicU64);

/// The number in the atomic: 32 bits for the beginning, 16 for each count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Windows {
    began: u32,
    previous: u16,
    present: u16,
}

impl History {
    pub(crate) const IS_KEPT: bool = true;

    const_fn! {
        pub(crate) fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    /// Counts a success: one in sixteen with that weight, or each one in the virtual time of a test.
    #[inline]
    pub(crate) fn success(&self, enough: u32) {
        if test_hooks::passed().is_some() {
            self.count(Moment::now(), 1, enough);
        } else if is_chosen() {
            self.count(Moment::now(), WEIGHT, enough);
        }
    }

    /// Counts successes. Nothing is written when the present window has `enough`.
    #[cold]
    pub(crate) fn count(&self, now: Moment, successes: u32, enough: u32) {
        let _has_enough = self.0.fetch_update(Relaxed, Relaxed, |bits| {
            let windows = Windows::from_bits(bits).at(now);
            let lacks = u32::from(windows.present) < enough;
            lacks.then(|| windows.with(successes).to_bits())
        });
    }

    /// Returns an estimate of the successes of the last 10 s.
    pub(crate) fn successes(&self, now: Moment) -> u32 {
        Windows::from_bits(self.0.load(Relaxed)).at(now).recent(now)
    }
}

impl Windows {
    #[expect(clippy::cast_possible_truncation, reason = "each part is cut out of the number")]
    const fn from_bits(bits: u64) -> Self {
        Self { began: (bits >> 32) as u32, previous: (bits >> 16) as u16, present: bits as u16 }
    }

    fn to_bits(self) -> u64 {
        u64::from(self.began) << 32 | u64::from(self.previous) << 16 | u64::from(self.present)
    }

    /// Returns the windows as they are at this time.
    const fn at(self, now: Moment) -> Self {
        let fresh = Self { began: now.0, previous: 0, present: 0 };
        let Some(passed) = now.0.checked_sub(self.began) else {
            return if self.began - now.0 <= LATE { self } else { fresh };
        };
        match passed {
            _ if self.previous == 0 && self.present == 0 => fresh,
            ..WINDOW => self,
            _ if passed < 2 * WINDOW => Self { began: self.began + WINDOW, previous: self.present, present: 0 },
            _ => fresh,
        }
    }

    fn with(self, successes: u32) -> Self {
        let present = u32::from(self.present).saturating_add(successes);
        Self { present: u16::try_from(present).unwrap_or(u16::MAX), ..self }
    }

    /// Returns the successes of the last 10 s; of the previous window, the part that lies in them.
    fn recent(self, now: Moment) -> u32 {
        let passed = now.0.saturating_sub(self.began).min(WINDOW);
        u32::from(self.present) + (u32::from(self.previous) * (WINDOW - passed)).div_ceil(WINDOW)
    }
}
