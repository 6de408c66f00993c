//! Calls with the other crates: four attempts, delays that double up to a cap, and jitter if the crate has any.
//!
//! The settings are those that a user of the crate would write. If the crate does not have a setting of our call, a few
//! lines that a user would add replace it (`backoff` has no limit on attempts), or it is missing (`tryhard` has no
//! jitter).

pub mod blocking;
pub mod execution_policy;
pub mod future;
pub mod mettle;
pub mod relentless;
pub mod tower_resilience;

use std::time::Duration;

use backoff::backoff::Backoff;

/// The number of delays after the first attempt, which is the number of retries that every policy here allows.
pub const RETRIES: u32 = super::MAX_ATTEMPTS - 1;

/// The exponential backoff of the crate `backoff`, with a limit on attempts, for which the crate has no setting.
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

/// The same call with the delay drawn but not slept: the blocking call of the crate does not accept a custom sleeper.
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

/// Consumes a delay without sleeping.
#[inline]
#[must_use]
pub fn drawn(delay: Duration) -> Duration {
    std::hint::black_box(delay);
    Duration::ZERO
}
