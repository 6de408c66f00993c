//! The counted calls: one service, called without retries, by a manual loop, and by each crate.
//!
//! Every way of calling is a separate function that is not inlined, as an annotated function usually is not.

pub(crate) mod blocking;
pub(crate) mod delays;
pub(crate) mod future;
pub mod peers;

use std::cell::RefCell;
use std::hash::{BuildHasher as _, RandomState};
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// One way of calling. Takes the number of calls, and the number of attempts of each call that fail first.
pub type Run = fn(calls: u64, failures: u32);

/// The number of attempts that every policy here allows.
pub const MAX_ATTEMPTS: u32 = 4;
/// A limit that is never reached.
pub const MAX_ELAPSED: Duration = Duration::from_secs(60);

/// A service that fails a given number of times, then succeeds. Services of tower must be able to change threads.
#[derive(Debug, Default)]
pub struct Service {
    failures_left: AtomicU32,
}

/// The error of a [`Service`]: plain data, so that reading it costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down(pub u32);

impl Service {
    /// Fails the next `times` times.
    pub fn fail(&self, times: u32) {
        self.failures_left.store(times, Ordering::Relaxed);
    }

    /// Succeeds or fails; never inlined, so that every way of calling pays the same for it.
    #[inline(never)]
    ///
    /// # Errors
    ///
    /// Returns [`Down`] for the number of failures that was set.
    pub fn ask(&self) -> Result<u32, Down> {
        match self.failures_left.load(Ordering::Relaxed) {
            0 => Ok(black_box(7)),
            left => {
                self.failures_left.store(left - 1, Ordering::Relaxed);
                Err(Down(left))
            }
        }
    }
}

/// The blocking sleeper that returns at once.
#[inline]
pub fn no_sleep(delay: Duration) {
    black_box(delay);
}

thread_local! {
    static GENERATOR: RefCell<Option<SmallRng>> = const { RefCell::new(None) };
}

/// The delay and the growth that the manual loops share: full jitter on `base`, from one small generator per thread.
#[inline]
#[must_use]
pub fn jittered(base: Duration) -> Duration {
    let nanos = base.as_secs() * 1_000_000_000 + u64::from(base.subsec_nanos());
    let random = GENERATOR.with_borrow_mut(|slot| slot.get_or_insert_with(seeded).next_u64());
    let drawn = ((u128::from(random) * (u128::from(nanos) + 1)) >> 64) as u64;
    Duration::from_nanos(drawn)
}

#[cold]
fn seeded() -> SmallRng {
    SmallRng::seed_from_u64(RandomState::new().hash_one(0_u8))
}
