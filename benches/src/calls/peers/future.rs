//! Async calls through other crates, generic over the operation, so that all figures are of the same call.
//!
//! Each starts at `delay` and is capped there.

use std::future::Future;
use std::time::Duration;

use backon::Retryable as _;
use tower::retry::backoff::{Backoff as _, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff as _};
use tower::util::{Oneshot, rng::HasherRng};

use super::super::Down;
use super::{Limited, RETRIES};

/// `backon`: jitter adds up to the whole delay.
#[inline]
pub fn backon<F, A>(delay: Duration, operation: F) -> impl Future<Output = Result<u32, Down>>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    operation.retry(backon_delays(delay)).into_future()
}

/// The delays of `backon`.
#[inline]
#[must_use]
pub const fn backon_delays(delay: Duration) -> backon::ExponentialBuilder {
    backon::ExponentialBuilder::new()
        .with_min_delay(delay)
        .with_max_delay(delay)
        .with_max_times(RETRIES as usize)
        .with_jitter()
}

/// `tokio-retry`: full jitter.
#[inline]
pub fn tokio_retry<F, A>(delay: Duration, operation: F) -> impl Future<Output = Result<u32, Down>>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    let delays = tokio_retry::strategy::ExponentialBackoff::from_millis(2).factor(millis(delay)).max_delay(delay);
    tokio_retry::Retry::start(delays.map(tokio_retry::strategy::jitter).take(RETRIES as usize), operation)
}

/// `tokio-retry2`: its jitter is within half of the delay.
#[inline]
pub fn tokio_retry2<F, A>(delay: Duration, mut operation: F) -> impl Future<Output = Result<u32, Down>>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    let delays = tokio_retry2::strategy::ExponentialBackoff::from_millis(2).factor(millis(delay)).max_delay(delay);
    let delays = delays.map(tokio_retry2::strategy::jitter).take(RETRIES as usize);
    tokio_retry2::Retry::spawn(delays, move || {
        let attempt = operation();
        async move { attempt.await.map_err(tokio_retry2::RetryError::transient) }
    })
}

/// `tryhard`: no jitter.
#[inline]
pub fn tryhard<F, A>(delay: Duration, operation: F) -> impl Future<Output = Result<u32, Down>>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    tryhard::retry_fn(operation).retries(RETRIES).exponential_backoff(delay).max_delay(delay)
}

/// `backoff`: its jitter is within half of the delay.
#[inline]
pub fn backoff<F, A>(
    delay: Duration,
    max_elapsed: Option<Duration>,
    mut operation: F,
) -> impl Future<Output = Result<u32, Down>>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    backoff::future::retry(Limited::new(delay, delay, max_elapsed), move || {
        let attempt = operation();
        async move { attempt.await.map_err(backoff::Error::transient) }
    })
}

/// `tower`: a service wrapped in its retry layer, called once; `policy` is cloned, as a service clones it for each
/// request.
#[inline]
pub fn tower<F, A>(policy: &Attempts, operation: F) -> impl Future<Output = Result<u32, Down>> + use<F, A>
where
    F: FnMut() -> A + Clone,
    A: Future<Output = Result<u32, Down>>,
{
    let service = tower::service_fn({
        let mut operation = operation;
        move |()| operation()
    });
    Oneshot::new(tower::retry::Retry::new(policy.clone(), service), ())
}

/// The policy that a user of tower writes: it counts attempts and takes tower's backoff, whose jitter stays below the
/// cap.
#[derive(Clone, Debug)]
pub struct Attempts {
    left: u32,
    delays: ExponentialBackoff,
}

impl Attempts {
    /// Starts at half of `delay`, so that its jitter has room up to `delay`.
    ///
    /// # Panics
    ///
    /// If `delay` is zero.
    #[expect(clippy::expect_used, reason = "the delays here are above zero")]
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        let maker = ExponentialBackoffMaker::new(delay / 2, delay, 1.0, HasherRng::default());
        Self { left: RETRIES, delays: maker.expect("a delay above zero").make_backoff() }
    }
}

impl tower::retry::Policy<(), u32, Down> for Attempts {
    type Future = tokio::time::Sleep;

    fn retry(&mut self, (): &mut (), result: &mut Result<u32, Down>) -> Option<Self::Future> {
        result.as_ref().err()?;
        self.left = self.left.checked_sub(1)?;
        Some(self.delays.next_backoff())
    }

    fn clone_request(&mut self, (): &()) -> Option<()> {
        Some(())
    }
}

#[inline]
fn millis(delay: Duration) -> u64 {
    delay.as_secs() * 1_000 + u64::from(delay.subsec_millis())
}
