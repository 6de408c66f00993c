//! How each other crate is called: four attempts, delays that double up to a cap, and jitter where the crate has any.
//!
//! Its settings are what a user of the crate would write. Where it lacks something that our call has, a few lines that a
//! user would add stand in for it (`backoff` knows no limit on attempts), or nothing does (`tryhard` has no jitter).

pub mod blocking;
pub mod future;

use std::time::Duration;

use backoff::backoff::Backoff;

/// The delays after the first attempt, in other words the retries, that every policy here allows.
pub const RETRIES: u32 = super::MAX_ATTEMPTS - 1;

/// The exponential backoff of the crate `backoff`, with the limit on attempts that it has no setting for.
#[derive(Debug)]
pub struct Limited {
    delays: backoff::ExponentialBackoff,
    left: u32,
}

impl Limited {
    /// Starts at `initial`, doubles up to `max`, within factor 0.5; `max_elapsed` is the crate's own limit on time.
    #[inline]
    #[must_use]
    pub fn new(initial: Duration, max: Duration, max_elapsed: Option<Duration>) -> Self {
        let delays = backoff::ExponentialBackoff {
            current_interval: initial,
            initial_interval: initial,
            multiplier: 2.0,
            max_interval: max,
            max_elapsed_time: max_elapsed,
            ..backoff::ExponentialBackoff::default()
        };
        Self { delays, left: RETRIES }
    }
}

impl Backoff for Limited {
    fn reset(&mut self) {
        self.delays.reset();
        self.left = RETRIES;
    }

    fn next_backoff(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        self.delays.next_backoff()
    }
}

/// The same with the delay drawn, and not slept: the blocking call of the crate has no sleeper of one's own.
#[derive(Debug)]
pub struct Drawn(pub Limited);

impl Backoff for Drawn {
    fn reset(&mut self) {
        self.0.reset();
    }

    fn next_backoff(&mut self) -> Option<Duration> {
        self.0.next_backoff().map(drawn)
    }
}

/// Uses a delay up; what is slept instead is nothing.
#[inline]
#[must_use]
pub fn drawn(delay: Duration) -> Duration {
    std::hint::black_box(delay);
    Duration::ZERO
}
