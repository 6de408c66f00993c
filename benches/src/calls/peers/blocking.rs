//! Blocking calls through other crates.

use std::time::Duration;

use backon::BlockingRetryable as _;
use backon_macros::backon;

use super::super::{Down, MAX_ELAPSED, Service, no_sleep};
use super::{Drawn, Limited, RETRIES, drawn};

const INITIAL_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(20);
const INITIAL_MILLIS: u64 = 100;
const BACKON: backon::ExponentialBuilder = backon::ExponentialBuilder::new()
    .with_min_delay(INITIAL_DELAY)
    .with_max_delay(MAX_DELAY)
    .with_max_times(RETRIES as usize)
    .with_jitter();

pub(crate) fn backon(service: &Service) -> Result<u32, Down> {
    (|| service.ask()).retry(BACKON).call()
}

pub(crate) fn backon_without_sleep(service: &Service) -> Result<u32, Down> {
    (|| service.ask()).retry(BACKON).sleep(no_sleep).call()
}

const fn backon_delays() -> backon::ExponentialBuilder {
    BACKON
}

#[backon(backoff = backon_delays)]
pub(crate) fn backon_macros(service: &Service) -> Result<u32, Down> {
    service.ask()
}

#[backon(backoff = backon_delays, sleep = no_sleep)]
pub(crate) fn backon_macros_without_sleep(service: &Service) -> Result<u32, Down> {
    service.ask()
}

pub(crate) fn backoff(service: &Service) -> Result<u32, Down> {
    through_backoff(Limited::new(INITIAL_DELAY, MAX_DELAY, None), service)
}

pub(crate) fn backoff_limited(service: &Service) -> Result<u32, Down> {
    through_backoff(Limited::new(INITIAL_DELAY, MAX_DELAY, Some(MAX_ELAPSED)), service)
}

pub(crate) fn backoff_without_sleep(service: &Service) -> Result<u32, Down> {
    through_backoff(Drawn(Limited::new(INITIAL_DELAY, MAX_DELAY, None)), service)
}

#[inline]
fn through_backoff(policy: impl backoff::backoff::Backoff, service: &Service) -> Result<u32, Down> {
    backoff::retry(policy, || service.ask().map_err(backoff::Error::transient)).map_err(|error| match error {
        backoff::Error::Permanent(down) | backoff::Error::Transient { err: down, .. } => down,
    })
}

pub(crate) fn retry(service: &Service) -> Result<u32, Down> {
    retry::retry(retry_delays(), || service.ask()).map_err(|error| error.error)
}

/// The crate sleeps a zero delay, which makes no system call.
pub(crate) fn retry_without_sleep(service: &Service) -> Result<u32, Down> {
    retry::retry(retry_delays().map(drawn), || service.ask()).map_err(|error| error.error)
}

/// The crate has no cap on a delay; the delays of four attempts stay far below our cap.
#[inline]
fn retry_delays() -> impl Iterator<Item = Duration> {
    let delays = retry::delay::Exponential::from_millis(INITIAL_MILLIS);
    delays.map(retry::delay::jitter).take(RETRIES as usize)
}
