//! A counter that many threads increment.
//!
//! Some 32-bit targets (`powerpc`, `armv5te`) have no 64-bit atomics. There a counter has 32 bits and stops at the
//! largest number instead of starting over. Loom models use the standard library's counters too, because each counter
//! changes in one step and guards no other data.

#[cfg(any(test, not(target_has_atomic = "64")))]
use std::sync::atomic::AtomicU32;
#[cfg(target_has_atomic = "64")]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

#[cfg(not(target_has_atomic = "64"))]
pub(crate) use self::Narrow as Counter;
#[cfg(target_has_atomic = "64")]
pub(crate) use self::Wide as Counter;

/// A counter for targets with 64-bit atomics.
#[cfg(target_has_atomic = "64")]
#[derive(Debug)]
pub(crate) struct Wide(AtomicU64);

#[cfg(target_has_atomic = "64")]
impl Wide {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[inline]
    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A counter for all other targets. It stops at `u32::MAX`.
#[cfg(any(test, not(target_has_atomic = "64")))]
#[derive(Debug)]
pub(crate) struct Narrow(AtomicU32);

#[cfg(any(test, not(target_has_atomic = "64")))]
impl Narrow {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    #[inline]
    pub(crate) fn increment(&self) {
        let _at_the_end = self.0.fetch_update(Relaxed, Relaxed, |count| count.checked_add(1));
    }

    pub(crate) fn get(&self) -> u64 {
        u64::from(self.0.load(Relaxed))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn every_increment_of_four_threads_is_counted_at_both_widths() {
        static COUNTERS: (Counter, Narrow) = (Counter::new(), Narrow::new());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        COUNTERS.0.increment();
                        COUNTERS.1.increment();
                    }
                });
            }
        });
        assert_eq!((COUNTERS.0.get(), COUNTERS.1.get()), (4_000, 4_000));
    }

    #[test]
    fn a_narrow_counter_stops_at_the_largest_number() {
        let counter = Narrow(AtomicU32::new(u32::MAX - 1));
        counter.increment();
        counter.increment();
        assert_eq!(counter.get(), u64::from(u32::MAX));
    }

    #[test]
    #[cfg(target_has_atomic = "64")]
    fn a_wide_counter_goes_on_beyond_32_bits() {
        let counter = Wide(AtomicU64::new(u64::from(u32::MAX)));
        counter.increment();
        assert_eq!(counter.get(), 1 << 32);
    }
}
