//! Sources of the randomness of jitter.

use core::fmt;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// A source of random numbers for jitter.
///
/// Closures `FnMut() -> u64` implement it, so that any generator works. The default, [`ThreadRandom`], needs the
/// feature `std`; without it pass a seed or a custom source. Jitter is not cryptographic: it must differ between
/// clients, but need not be secret.
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot draw jitter",
    label = "no randomness",
    note = "give a `seed`, or a generator `|| -> u64` with `random`; the feature `std` of `backoff-core` brings one that is seeded by the \
            operating system"
)]
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

/// A small, repeatable generator: the same seed draws the same numbers.
///
/// `seed` uses it in place of [`ThreadRandom`].
///
/// # Examples
///
/// ```
/// use backoff_core::{Random, Seeded};
///
/// let (mut one, mut other) = (Seeded::new(7), Seeded::new(7));
/// assert_eq!(one.draw(), other.draw());
/// assert_ne!(one.draw(), Seeded::new(8).draw());
/// ```
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
/// Draws nothing without the feature `std`, because then it does not implement [`Random`]. In a web page
/// (`wasm32-unknown-unknown`) the seed comes from `Math.random`, with the feature `web`; without it the first draw
/// panics, because all pages would have the same jitter.
///
/// # Forked processes
///
/// A generator does not notice a `fork`. Children that a thread forks after its first retry draw the same numbers as
/// their parent and one another, so clients that fail together return together. Any one of these gives every child its
/// own jitter:
///
/// * fork before the first retry,
/// * call [`ThreadRandom::reseed`] in the child,
/// * make the calls of the child in a new thread, because its generator is seeded by the operating system.
///
/// A program that is started by `exec` (every [`std::process::Command`]) does not need this.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadRandom;

#[cfg(feature = "std")]
mod thread {
    use std::cell::RefCell;
    use std::hash::{BuildHasher as _, RandomState};

    use rand::Rng as _;

    use super::{Random, Seeded, SmallRng, ThreadRandom};
    #[cfg(feature = "_runtime")]
    use crate::sleep::runtime::{Enabled, Runtime as _};

    std::thread_local! {
        static GENERATOR: RefCell<Option<SmallRng>> = const { RefCell::new(None) };
    }

    impl ThreadRandom {
        /// Replaces the generator of this thread: for a child process, right after `fork`.
        ///
        /// Only the thread that forks continues in the child, so one call is enough. The seed is made of the old
        /// generator's next number and the id of the process.
        ///
        /// # Examples
        ///
        /// ```
        /// use backoff_core::{Policy, ThreadRandom};
        ///
        /// # fn fork() -> i32 { 0 }
        /// if fork() == 0 {
        ///     ThreadRandom::reseed(); // this is the child
        /// }
        /// let policy = Policy::exponential().max_attempts(3).build();
        /// assert_ne!(
        ///     policy.delays().collect::<Vec<_>>(),
        ///     policy.delays().collect::<Vec<_>>()
        /// );
        /// ```
        pub fn reseed() {
            let seed = child_seed(draw(), process_id());
            let _ = GENERATOR.try_with(|slot| slot.replace(Some(Seeded::new(seed).0)));
        }
    }

    /// Mixes a value that parent and child share (`drawn`) with one that differs (`process`).
    pub(super) fn child_seed(drawn: u64, process: u32) -> u64 {
        RandomState::new().hash_one((drawn, process))
    }

    /// Returns 0 on targets that do not fork, because some of them have no process ids.
    fn process_id() -> u32 {
        if cfg!(unix) { std::process::id() } else { 0 }
    }

    impl Random for ThreadRandom {
        #[inline]
        fn draw(&mut self) -> u64 {
            draw()
        }
    }

    /// A single copy of the code that accesses the thread's generator; `with` would be compiled to a separate function.
    #[inline(never)]
    fn draw() -> u64 {
        GENERATOR
            .try_with(|slot| slot.borrow_mut().get_or_insert_with(seeded_by_the_system).next_u64())
            .unwrap_or_else(|_| seeded_by_the_system().next_u64())
    }

    /// Runs a test with a copy of this thread's generator, as a forked child would have it.
    #[cfg(test)]
    pub(super) fn with_copy(run: impl FnOnce(Seeded)) {
        draw();
        run(Seeded(GENERATOR.with(|slot| slot.borrow().clone().unwrap())));
    }

    /// Returns a generator with a seed of the web page or, elsewhere, of the operating system.
    #[cold]
    fn seeded_by_the_system() -> SmallRng {
        #[cfg(feature = "_runtime")]
        if let Some(seed) = Enabled::random_seed() {
            return Seeded::new(seed).0;
        }
        Seeded::new(seed_of_the_system()).0
    }

    /// Returns a seed from `RandomState`, which the standard library seeds from the operating system, per thread.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    fn seed_of_the_system() -> u64 {
        RandomState::new().hash_one(0_u8)
    }

    /// Panics, because all programs would have the same `RandomState`.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    fn seed_of_the_system() -> u64 {
        enable_feature_web_or_give_seed()
    }

    /// Explains the panic. The name is part of the explanation, because a page shows the stack, and not the message.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    #[cold]
    #[inline(never)]
    fn enable_feature_web_or_give_seed() -> ! {
        panic!(
            "there is no randomness for jitter on `wasm32-unknown-unknown`; enable the feature `web` of `backoff-core`, \
             or give a `seed`"
        )
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
    fn children_that_are_forked_with_one_generator_get_a_seed_each() {
        let seeds: std::collections::HashSet<_> =
            (1_000..1_050).map(|process| thread::child_seed(7, process)).collect();
        assert_eq!(seeds.len(), 50);
    }

    #[test]
    fn a_generator_that_is_seeded_again_leaves_the_sequence_of_its_copies() {
        thread::with_copy(|mut copy| {
            ThreadRandom::reseed();
            let own: Vec<_> = (0..4).map(|_| ThreadRandom.draw()).collect();
            let (_for_the_seed, copied) = (copy.draw(), (0..4).map(|_| copy.draw()).collect::<Vec<_>>());
            assert_ne!(own, copied);
        });
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
