//! Where the randomness of jitter comes from.

use core::fmt;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// A source of random numbers for jitter.
///
/// Implemented by closures `FnMut() -> u64`, so that any generator serves. The default,
/// [`ThreadRandom`], needs the feature `std`; without it a seed or a source of your own must be given. Jitter is not
/// cryptographic: it must differ between clients, not be secret.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
/// use std::time::Duration;
///
/// let policy = Policy::default();
/// let longest = policy.delays().random(|| u64::MAX).next();
/// assert_eq!(longest, Some(Duration::from_millis(100)));
/// ```
pub trait Random {
    /// Returns a number drawn uniformly from all 64-bit numbers.
    fn draw(&mut self) -> u64;
}

impl<F> Random for F
where
    F: FnMut() -> u64,
{
    #[inline]
    fn draw(&mut self) -> u64 {
        self()
    }
}

/// A small generator that repeats: the same seed draws the same numbers.
///
/// It is what `seed` puts in the place of [`ThreadRandom`].
#[derive(Clone)]
pub struct Seeded(SmallRng);

impl Seeded {
    /// Returns the generator of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }
}

impl fmt::Debug for Seeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seeded").finish_non_exhaustive()
    }
}

impl Random for Seeded {
    #[inline]
    fn draw(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// The default source: one small generator per thread, seeded from the operating system when the thread first needs it.
///
/// Draws nothing without the feature `std`, where it does not implement [`Random`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadRandom;

#[cfg(feature = "std")]
mod thread {
    use std::cell::RefCell;
    use std::hash::{BuildHasher as _, RandomState};

    use rand::Rng as _;

    use super::{Random, Seeded, SmallRng, ThreadRandom};

    std::thread_local! {
        static GENERATOR: RefCell<Option<SmallRng>> = const { RefCell::new(None) };
    }

    impl Random for ThreadRandom {
        #[inline]
        fn draw(&mut self) -> u64 {
            draw()
        }
    }

    /// One copy, into which the access to the thread's own is compiled; `with` would be a function of its own.
    #[inline(never)]
    fn draw() -> u64 {
        GENERATOR
            .try_with(|slot| slot.borrow_mut().get_or_insert_with(seeded_by_the_system).next_u64())
            .unwrap_or_else(|_| seeded_by_the_system().next_u64())
    }

    /// The standard library seeds its `RandomState` from the operating system, per thread.
    #[cold]
    fn seeded_by_the_system() -> SmallRng {
        Seeded::new(RandomState::new().hash_one(0_u8)).0
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn threads_draw_different_numbers() {
        let draws = || (0..4).map(|_| ThreadRandom.draw()).collect::<Vec<_>>();
        let other = std::thread::spawn(draws).join().unwrap();
        assert_ne!(draws(), other);
    }

    #[test]
    fn a_seed_repeats_and_another_seed_differs() {
        let draws = |seed| {
            let mut seeded = Seeded::new(seed);
            (0..4).map(|_| seeded.draw()).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
    }
}
