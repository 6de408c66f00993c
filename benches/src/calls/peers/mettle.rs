//! Calls through `mettle`: full jitter from a generator that each call seeds.

use std::future::Future;
use std::time::{Duration, Instant};

use mettle::blocking::Clock;
use mettle::{Backoff as _, ExponentialBackoff, ExponentialBackoffConfig, Jittered, RetryError};

use super::super::{Down, MAX_ELAPSED, Service, no_sleep};
use super::RETRIES;

const INITIAL_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(20);

/// The delays: they double up to a cap, and a random part of each is slept.
///
/// A call takes them by value, so that they are checked and seeded for each call.
///
/// # Panics
///
/// If a delay is zero.
#[expect(clippy::expect_used, reason = "the delays here are above zero")]
#[inline]
#[must_use]
pub fn delays(initial: Duration, max: Duration, retries: u32) -> Jittered<ExponentialBackoff> {
    let config = ExponentialBackoffConfig { factor: 2, base: initial, max_retries: retries, max_delay: max };
    ExponentialBackoff::new(config).expect("a delay above zero").jittered()
}

/// The async call.
#[inline]
pub fn call<F, A>(delay: Duration, operation: F) -> impl Future<Output = Result<u32, RetryError<Down>>>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    mettle::retry(operation).backoff(delays(delay, delay, RETRIES)).into_future()
}

/// The async call with a limit on time.
#[inline]
pub fn call_timed<F, A>(delay: Duration, operation: F) -> impl Future<Output = Result<u32, RetryError<Down>>>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    mettle::retry(operation).backoff(delays(delay, delay, RETRIES)).max_elapsed(MAX_ELAPSED).into_future()
}

pub(crate) fn blocking(service: &Service) -> Result<u32, RetryError<Down>> {
    mettle::blocking::retry(|| service.ask()).backoff(delays(INITIAL_DELAY, MAX_DELAY, RETRIES)).call()
}

pub(crate) fn blocking_timed(service: &Service) -> Result<u32, RetryError<Down>> {
    let delays = delays(INITIAL_DELAY, MAX_DELAY, RETRIES);
    mettle::blocking::retry(|| service.ask()).backoff(delays).max_elapsed(MAX_ELAPSED).call()
}

pub(crate) fn blocking_without_sleep(service: &Service) -> Result<u32, RetryError<Down>> {
    let delays = delays(INITIAL_DELAY, MAX_DELAY, RETRIES);
    mettle::blocking::retry(|| service.ask()).backoff(delays).clock(WithoutSleep).call()
}

/// The clock of the system, whose delays are over at once.
struct WithoutSleep;

impl Clock for WithoutSleep {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, delay: Duration) {
        no_sleep(delay);
    }
}
