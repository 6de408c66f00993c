//! The delays of a policy without a call: for documents, plots and tests.

use core::iter::FusedIterator;
use core::ops::RangeInclusive;
use core::time::Duration;

use crate::decision::{Decision, Failure, Progress};
use crate::random::{Random, Seeded, ThreadRandom};
use crate::{Backoff, Fault, Jitter, Policy};
use backoff_rules::Rules;

/// The delays that a call would sleep if every attempt failed at once; created by [`Policy::delays`].
///
/// Only the delays advance the time. The iterator ends where the policy stops. It is endless for a policy without a
/// limit.
///
/// # Examples
///
/// ```
/// use backoff_core::{Delays, Policy, Schedule};
/// use std::time::Duration;
///
/// let policy = Policy::exponential().max_attempts(4).build();
/// let delays: Delays<'_, Schedule, _> = policy.delays().random(|| u64::MAX);
/// let millis: Vec<_> = delays.map(|delay| delay.as_millis()).collect();
/// assert_eq!(millis, [100, 200, 400]); // the longest delays
/// ```
#[derive(Debug)]
pub struct Delays<'p, B: Backoff, G = ThreadRandom> {
    backoff: &'p B,
    rules: Rules,
    progress: Progress<B::State>,
    elapsed: Duration,
    has_ended: bool,
    random: G,
}

impl<B: Backoff> Policy<B> {
    /// Returns the delays as a call would sleep them, jitter included.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::exponential().max_attempts(5).build();
    /// let delays: Vec<_> = policy.delays().seed(7).collect();
    /// assert_eq!(delays.len(), 4);
    /// assert!(policy.delays().seed(7).eq(delays)); // a seed repeats
    /// ```
    pub fn delays(&self) -> Delays<'_, B> {
        self.delays_by(*self.rules(), ThreadRandom)
    }

    /// Returns the delays before jitter.
    ///
    /// With decorrelated jitter the base delays do not grow: each is the initial delay.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let policy =
    ///     Policy::fibonacci().initial_delay(Duration::from_secs(1)).forever().build();
    /// assert!(
    ///     policy.base_delays().take(6).map(|d| d.as_secs()).eq([1, 1, 2, 3, 5, 8])
    /// );
    /// ```
    pub fn base_delays(&self) -> impl FusedIterator<Item = Duration> + use<'_, B> {
        let mut rules = *self.rules();
        if rules.jitter != Jitter::Decorrelated {
            rules.jitter = Jitter::None;
            rules = rules.with_usual();
        }
        self.delays_by(rules, || u64::MIN)
    }

    /// Returns the range of each delay, jitter included.
    ///
    /// A call can sleep both ends, if `max_elapsed` leaves enough time. The iterator continues for as long as a call
    /// could if every random delay were the shortest. Without `max_attempts`, a range that starts at zero never uses up
    /// `max_elapsed`, so the iterator is endless; use [`take`](Iterator::take).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Jitter, Policy};
    ///
    /// let policy = Policy::exponential().jitter(Jitter::Equal).build();
    /// let ranges = policy.ranges().map(|range| range.into_inner());
    /// let millis = ranges.map(|(from, to)| (from.as_millis(), to.as_millis()));
    /// assert!(millis.eq([(50, 100), (100, 200)])); // two retries
    /// ```
    pub fn ranges(&self) -> impl FusedIterator<Item = RangeInclusive<Duration>> + use<'_, B> {
        let unlimited = Rules { max_elapsed: None, ..*self.rules() };
        let shortest = self.delays_by(*self.rules(), || u64::MIN);
        let longest = self.delays_by(unlimited, || u64::MAX);
        shortest.zip(longest).map(|(shortest, longest)| shortest..=longest).fuse()
    }

    fn delays_by<G>(&self, rules: Rules, random: G) -> Delays<'_, B, G> {
        let (backoff, progress) = (self.backoff(), self.begin());
        Delays { backoff, rules, progress, elapsed: Duration::ZERO, has_ended: false, random }
    }
}

impl<'p, B: Backoff, G> Delays<'p, B, G> {
    /// Makes the jitter repeatable: a call with the same seed sleeps the same delays.
    #[must_use]
    pub fn seed(self, seed: u64) -> Delays<'p, B, Seeded> {
        self.random(Seeded::new(seed))
    }

    /// Uses a custom source of random numbers for jitter.
    #[must_use]
    pub fn random<N: Random>(self, random: N) -> Delays<'p, B, N> {
        let Self { backoff, rules, progress, elapsed, has_ended, .. } = self;
        Delays { backoff, rules, progress, elapsed, has_ended, random }
    }
}

impl<B: Backoff, G: Random> Iterator for Delays<'_, B, G> {
    type Item = Duration;

    #[inline]
    fn next(&mut self) -> Option<Duration> {
        let retries = self.progress.attempts();
        if self.rules.has_usual_retry(retries) {
            self.progress.count_usual();
            // The decision of the short path, without a budget.
            return Some(self.rules.usual_delay(retries, self.random.draw()));
        }
        if self.has_ended {
            return None;
        }
        let (failure, at) = (Failure::new(Fault::Transient), self.elapsed);
        let decision =
            crate::decision::decide(&self.rules, self.backoff, &mut self.progress, failure, at, &mut self.random);
        match decision {
            Decision::RetryAfter(delay) => {
                self.elapsed = self.elapsed.saturating_add(delay);
                Some(delay)
            }
            Decision::Stop(_) => {
                // The iterator has ended, although a shorter random delay could still fit `max_elapsed`.
                self.has_ended = true;
                None
            }
        }
    }
}

impl<B: Backoff, G: Random> FusedIterator for Delays<'_, B, G> {}
