//! The next delay alone.

use std::hint::black_box;
use std::time::Duration;

use ::mettle::Backoff as _;
use backoff::backoff::Backoff as _;
use backoff_core::Policy;
use backon::BackoffBuilder as _;

use super::peers::{mettle, relentless, tower_resilience};
use super::{Run, jittered};

const INITIAL_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(20);
const POLICY: Policy = Policy::exponential().forever().build();
const BACKON: backon::ExponentialBuilder = backon::ExponentialBuilder::new()
    .with_min_delay(INITIAL_DELAY)
    .with_max_delay(MAX_DELAY)
    .without_max_times()
    .with_jitter();

/// Draws `failures` delays for each call.
pub(crate) const NEXT: &[(&str, Run)] = &[
    ("hand", |calls, failures| repeat(calls, failures, hand)),
    ("policy", |calls, failures| repeat(calls, failures, policy)),
    ("backon", |calls, failures| repeat(calls, failures, by_backon)),
    ("tokio_retry", |calls, failures| repeat(calls, failures, by_tokio_retry)),
    ("tokio_retry2", |calls, failures| repeat(calls, failures, by_tokio_retry2)),
    ("relentless", |calls, failures| repeat(calls, failures, by_relentless)),
    ("mettle", |calls, failures| repeat(calls, failures, by_mettle)),
    ("tower_resilience", |calls, failures| repeat(calls, failures, by_tower_resilience)),
    ("backoff", |calls, failures| repeat(calls, failures, by_backoff)),
    ("retry_crate", |calls, failures| repeat(calls, failures, by_retry)),
];

fn repeat(calls: u64, failures: u32, draw: fn(u32)) {
    let draw = black_box(draw);
    for _ in 0..calls {
        draw(failures);
    }
}

fn hand(delays: u32) {
    let mut base = INITIAL_DELAY;
    for _ in 0..delays {
        black_box(jittered(base));
        base = base.saturating_mul(2).min(MAX_DELAY);
    }
}

fn policy(delays: u32) {
    draw_all(POLICY.delays(), delays);
}

fn by_backon(delays: u32) {
    draw_all(BACKON.build(), delays);
}

fn by_tokio_retry(delays: u32) {
    let strategy = tokio_retry::strategy::ExponentialBackoff::from_millis(2).factor(50).max_delay(MAX_DELAY);
    draw_all(strategy.map(tokio_retry::strategy::jitter), delays);
}

fn by_tokio_retry2(delays: u32) {
    let strategy = tokio_retry2::strategy::ExponentialBackoff::from_millis(2).factor(50).max_delay(MAX_DELAY);
    draw_all(strategy.map(tokio_retry2::strategy::jitter), delays);
}

fn by_relentless(delays: u32) {
    let strategy = relentless::delays(INITIAL_DELAY, MAX_DELAY);
    for attempt in 1..=delays {
        black_box(relentless::delay(&strategy, attempt));
    }
}

fn by_mettle(delays: u32) {
    let mut strategy = mettle::delays(INITIAL_DELAY, MAX_DELAY, u32::MAX);
    for _ in 0..delays {
        black_box(strategy.next_delay());
    }
}

fn by_tower_resilience(delays: u32) {
    let strategy = tower_resilience::delays(INITIAL_DELAY, MAX_DELAY);
    for attempt in 0..delays as usize {
        black_box(tower_resilience::delay(&strategy, attempt));
    }
}

fn by_retry(delays: u32) {
    draw_all(retry::delay::Exponential::from_millis(100).map(retry::delay::jitter), delays);
}

fn by_backoff(delays: u32) {
    let mut policy = backoff::ExponentialBackoff { max_elapsed_time: None, ..backoff::ExponentialBackoff::default() };
    for _ in 0..delays {
        black_box(policy.next_backoff());
    }
}

#[inline]
fn draw_all(mut delays: impl Iterator<Item = Duration>, count: u32) {
    for _ in 0..count {
        black_box(delays.next());
    }
}
