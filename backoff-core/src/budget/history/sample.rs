//! The choice of the successes that are counted: one in sixteen of each thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The number of successes that a counted one represents.
pub(super) const WEIGHT: u32 = 16;

/// The golden ratio of 2^32. Its multiples are spread evenly, also if only every second or every n-th one is used. So a
/// budget gets its share of the samples in any pattern of calls to several budgets.
const STEP: u32 = 0x9E37_79B9;

/// The first number of the next thread. Threads continue one sequence, so that threads of one call each are sampled
/// too.
static NEXT_THREAD: AtomicU32 = AtomicU32::new(STEP);

std::thread_local! {
    /// The number of the last success on this thread; 0 before the first.
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// Returns whether this success is counted. Nothing that threads share is written, except by the first success of a
/// thread.
#[inline]
pub(super) fn is_chosen() -> bool {
    let chosen = LAST.try_with(|last| {
        let number = match last.get() {
            0 => NEXT_THREAD.fetch_add(STEP, Relaxed),
            before => before.wrapping_add(STEP),
        };
        last.set(number);
        number < u32::MAX / WEIGHT
    });
    chosen.unwrap_or(false)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use super::*;

    fn chosen(successes: usize, every: usize) -> usize {
        (0..successes * every).map(|_| is_chosen()).step_by(every).filter(|chosen| *chosen).count()
    }

    #[test]
    fn one_success_in_sixteen_is_counted_in_every_regular_pattern_of_calls() {
        for every in 1..=64 {
            let counted = chosen(1_600, every);
            assert!((80..=120).contains(&counted), "every {every}th of 1,600 x {every}: {counted}");
        }
    }

    #[test]
    fn a_short_run_is_off_by_at_most_two_samples() {
        for successes in 0..200 {
            let counted = chosen(successes, 1) * 16;
            assert!(counted.abs_diff(successes) <= 32, "{successes}: {counted}");
        }
    }

    #[test]
    fn threads_that_make_one_call_each_are_sampled_too() {
        let counted = (0..320).filter(|_| thread::spawn(is_chosen).join().unwrap()).count();
        // Other tests begin threads meanwhile.
        assert!((10..=30).contains(&counted), "{counted} of 320");
    }
}
