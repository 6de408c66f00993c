//! Attempt numbers spaced by a policy, for work that is repeated rather than retried.

use core::fmt;
use core::time::Duration;

use crate::clock::{BothInstants, WaitClock};
use crate::decision::{Decision, Failure};
use crate::drive::Driver;
use crate::random::{Random, Seeded, ThreadRandom};
use crate::sleep::block_unless_cancelled;
use crate::{Backoff, CancelToken, Fault, Policy};

/// Ticks at the pace of a policy: the first at once, each further one after the policy's delay, until the policy ends.
///
/// An iterator for blocking code; async code awaits [`next`](Ticker::next). Created by [`Policy::ticker`]. With a
/// feature that brings an async sleeper, `ticker.next()` is the async method. Blocking code uses a `for` loop, or
/// `Iterator::next(&mut ticker)`, because their meaning does not depend on the features that another crate turns on.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
/// use std::time::Duration;
///
/// const PACE: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
///
/// let ticks: Vec<u32> = PACE.ticker().collect();
/// assert_eq!(ticks, [1, 2, 3]);
/// ```
pub struct Ticker<'p, B: Backoff, G = ThreadRandom> {
    policy: &'p Policy<B>,
    driver: Option<Driver<B::State, BothInstants>>,
    cancel: Option<CancelToken>,
    has_ended: bool,
    random: G,
}

impl<B: Backoff> Policy<B> {
    /// Returns a ticker at the pace of this policy. Its time starts at the first tick, or at the request for the second
    /// with `Since::FirstFailure`.
    #[must_use]
    pub fn ticker(&self) -> Ticker<'_, B> {
        Ticker { policy: self, driver: None, cancel: None, has_ended: false, random: ThreadRandom }
    }
}

impl<'p, B: Backoff, G: Random> Ticker<'p, B, G> {
    /// Ends the ticker when the token is cancelled. A delay in progress ends at once. The first tick happens in any
    /// case.
    #[must_use]
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = Some(token.clone());
        self
    }

    /// Makes the jitter repeatable: the same seed gives the same delays.
    #[must_use]
    pub fn seed(self, seed: u64) -> Ticker<'p, B, Seeded> {
        let Self { policy, driver, cancel, has_ended, .. } = self;
        Ticker { policy, driver, cancel, has_ended, random: Seeded::new(seed) }
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// Returns the core's delay before the next tick; `None` once the policy has ended.
    fn delay(&mut self, clock: WaitClock) -> Option<Duration> {
        if self.has_ended {
            return None;
        }
        let is_cancelled = self.is_cancelled();
        let Some(driver) = &mut self.driver else {
            self.driver = Some(Driver::start(self.policy.rules(), &clock, false));
            return Some(Duration::ZERO);
        };
        let failure = Failure::new(Fault::Transient).cancelled(is_cancelled);
        match driver.decide_tick(&self.policy, &clock, failure, &mut self.random) {
            Decision::RetryAfter(delay) => Some(delay),
            Decision::Stop(_) => {
                self.has_ended = true;
                None
            }
        }
    }

    /// Returns the number of the tick that is due, unless the ticker was cancelled while it waited.
    fn tick(&mut self) -> Option<u32> {
        let number = self.driver.as_ref().map_or(1, |driver| driver.attempts().saturating_add(1));
        if number > 1 && self.is_cancelled() {
            self.has_ended = true;
            return None;
        }
        Some(number)
    }
}

#[cfg(feature = "_runtime")]
impl<B: Backoff, G: Random> Ticker<'_, B, G> {
    /// Waits for the next tick and returns its number; `None` when the policy has ended.
    ///
    /// # Cancellation
    ///
    /// Dropping the future ends the delay in progress; the tick it waited for counts as given.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, a delay panics in a tokio runtime without `enable_time`, whatever other features are
    /// on. Outside of a tokio runtime it panics unless `async-io` is on, too.
    pub async fn next(&mut self) -> Option<u32> {
        let is_first = self.driver.is_none();
        let delay = self.delay(WaitClock::Async)?;
        if !is_first {
            crate::drive::race::wait_unless_cancelled(delay, self.cancel.as_ref()).await;
        }
        self.tick()
    }
}

impl<B: Backoff, G: Random> Iterator for Ticker<'_, B, G> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let delay = self.delay(WaitClock::Blocking)?;
        block_unless_cancelled(delay, self.cancel.as_ref());
        self.tick()
    }
}

impl<B: Backoff, G> fmt::Debug for Ticker<'_, B, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker").finish_non_exhaustive()
    }
}
