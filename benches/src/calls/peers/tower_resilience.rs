//! Calls through `tower-resilience-retry`: a service in its layer, called once. Its future is in a box.

use std::future::Future;
use std::time::Duration;

use tower::Layer as _;
use tower::util::Oneshot;
use tower_resilience_retry::{ExponentialRandomBackoff, IntervalFunction as _, RetryLayer};

use super::super::{Down, MAX_ATTEMPTS};

/// The layer, which is built once.
pub type Layer = RetryLayer<(), u32, Down>;

/// A layer of four attempts; its jitter is within half of the delay, so that no delay is above `max`.
#[must_use]
pub fn layer(max: Duration) -> Layer {
    RetryLayer::builder().max_attempts(MAX_ATTEMPTS as usize).backoff(delays(max / 2, max / 2)).build()
}

/// The delays of the layer.
///
/// # Panics
///
/// Never: the share of jitter is valid.
#[expect(clippy::expect_used, reason = "the share is valid")]
#[must_use]
pub fn delays(initial: Duration, max: Duration) -> ExponentialRandomBackoff {
    ExponentialRandomBackoff::new(initial, 0.5).expect("a share between 0 and 1").max_interval(max)
}

/// Draws the delay after this attempt, which is counted from 0.
#[inline]
#[must_use]
pub fn delay(delays: &ExponentialRandomBackoff, attempt: usize) -> Duration {
    delays.next_interval(attempt)
}

/// The async call.
#[inline]
pub fn call<F, A>(layer: &Layer, mut operation: F) -> impl Future<Output = Result<u32, Down>> + use<F, A>
where
    F: FnMut() -> A + Clone + Send + 'static,
    A: Future<Output = Result<u32, Down>> + Send + 'static,
{
    Oneshot::new(layer.layer(tower::service_fn(move |()| operation())), ())
}
