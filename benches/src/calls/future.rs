//! Async calls, with tokio's timer.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use backoff_core::{Policy, retry};
use backon_macros::backon;
use tokio::time::Instant;

use super::peers::{execution_policy, future as peers, mettle, relentless, tower_resilience};
use super::{Down, MAX_ATTEMPTS, MAX_ELAPSED, Run, Service, jittered};

/// One turn of tokio's timer for any drawn delay: a delay below a millisecond ends at the next turn.
const DELAY: Duration = Duration::from_millis(1);
const POLICY: Policy = Policy::exponential().initial_delay(DELAY).max_delay(DELAY).max_attempts(MAX_ATTEMPTS).build();
const LIMITED: Policy = POLICY.edit().max_elapsed(MAX_ELAPSED).build();
static TOWER: LazyLock<peers::Attempts> = LazyLock::new(|| peers::Attempts::new(DELAY));
static RELENTLESS: LazyLock<relentless::Counted> = LazyLock::new(|| relentless::counted(DELAY, DELAY));
static RELENTLESS_TIMED: LazyLock<relentless::Timed> = LazyLock::new(|| relentless::timed(DELAY, DELAY));
static EXECUTION: LazyLock<execution_policy::Policy> = LazyLock::new(|| execution_policy::counted(DELAY));
static EXECUTION_TIMED: LazyLock<execution_policy::Policy> = LazyLock::new(|| execution_policy::timed(DELAY));
static TOWER_RESILIENCE: LazyLock<tower_resilience::Layer> = LazyLock::new(|| tower_resilience::layer(DELAY));

/// No setting needs the time; the future is ready at the first poll.
pub(crate) const SUCCESS: &[(&str, Run)] = &[
    ("bare", |calls, failures| repeat(calls, failures, bare)),
    ("hand", |calls, failures| repeat(calls, failures, hand)),
    ("policy", |calls, failures| repeat(calls, failures, policy)),
    ("retry", |calls, failures| repeat(calls, failures, annotated)),
    ("backon", |calls, failures| repeat(calls, failures, by_backon)),
    ("backon_macros", |calls, failures| repeat(calls, failures, by_backon_macros)),
    ("tokio_retry", |calls, failures| repeat(calls, failures, by_tokio_retry)),
    ("tokio_retry2", |calls, failures| repeat(calls, failures, by_tokio_retry2)),
    ("tryhard", |calls, failures| repeat(calls, failures, by_tryhard)),
    ("tower", |calls, failures| repeat(calls, failures, by_tower)),
    ("relentless", |calls, failures| repeat(calls, failures, by_relentless)),
    ("mettle", |calls, failures| repeat(calls, failures, by_mettle)),
    ("execution_policy", |calls, failures| repeat(calls, failures, by_execution_policy)),
    ("tower_resilience", |calls, failures| repeat(calls, failures, by_tower_resilience)),
    ("backoff", |calls, failures| repeat(calls, failures, by_backoff)),
];

/// With `max_elapsed`; `clock` is one read of tokio's clock.
pub(crate) const LIMITED_SUCCESS: &[(&str, Run)] = &[
    ("clock", |calls, failures| repeat(calls, failures, clock)),
    ("bare", |calls, failures| repeat(calls, failures, bare)),
    ("hand", |calls, failures| repeat(calls, failures, hand_limited)),
    ("policy", |calls, failures| repeat(calls, failures, policy_limited)),
    ("retry", |calls, failures| repeat(calls, failures, annotated_limited)),
    ("relentless", |calls, failures| repeat(calls, failures, by_relentless_timed)),
    ("mettle", |calls, failures| repeat(calls, failures, by_mettle_timed)),
    ("execution_policy", |calls, failures| repeat(calls, failures, by_execution_policy_timed)),
    ("backoff", |calls, failures| repeat(calls, failures, by_backoff_limited)),
];

/// Runs the calls in a runtime with paused time, so that a delay passes when no other work is left.
pub(crate) const FAILING: &[(&str, Run)] = &[
    ("hand", |calls, failures| repeat_in_runtime(calls, failures, hand)),
    ("policy", |calls, failures| repeat_in_runtime(calls, failures, policy)),
    ("retry", |calls, failures| repeat_in_runtime(calls, failures, annotated)),
    ("backon", |calls, failures| repeat_in_runtime(calls, failures, by_backon)),
    ("backon_macros", |calls, failures| repeat_in_runtime(calls, failures, by_backon_macros)),
    ("tokio_retry", |calls, failures| repeat_in_runtime(calls, failures, by_tokio_retry)),
    ("tokio_retry2", |calls, failures| repeat_in_runtime(calls, failures, by_tokio_retry2)),
    ("tryhard", |calls, failures| repeat_in_runtime(calls, failures, by_tryhard)),
    ("tower", |calls, failures| repeat_in_runtime(calls, failures, by_tower)),
    ("relentless", |calls, failures| repeat_in_runtime(calls, failures, by_relentless)),
    ("mettle", |calls, failures| repeat_in_runtime(calls, failures, by_mettle)),
    ("execution_policy", |calls, failures| repeat_in_runtime(calls, failures, by_execution_policy)),
    ("tower_resilience", |calls, failures| repeat_in_runtime(calls, failures, by_tower_resilience)),
    ("backoff", |calls, failures| repeat_in_runtime(calls, failures, by_backoff)),
];

/// Polls as an executor does: without information about the future.
#[inline(never)]
fn poll<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    future.poll(cx)
}

fn repeat<F: Future>(calls: u64, failures: u32, call: impl Fn(&'static Service) -> F) {
    let service: &'static Service = Box::leak(Box::default());
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..calls {
        service.fail(failures);
        let future = pin!(call(service));
        let _ = black_box(poll(future, &mut cx));
    }
}

fn repeat_in_runtime<F: Future>(calls: u64, failures: u32, call: impl Fn(&'static Service) -> F) {
    let service: &'static Service = Box::leak(Box::default());
    let runtime = paused_runtime();
    runtime.block_on(async {
        for _ in 0..calls {
            service.fail(failures);
            let mut future = pin!(call(service));
            black_box(poll_fn(|cx| poll(future.as_mut(), cx)).await);
        }
    });
}

/// A runtime on this thread whose time passes by itself.
#[expect(clippy::expect_used, reason = "without a runtime there is nothing to count")]
pub(crate) fn paused_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime starts")
}

async fn clock(_: &Service) -> Instant {
    Instant::now()
}

async fn bare(service: &Service) -> Result<u32, Down> {
    service.ask()
}

pub(crate) async fn hand(service: &Service) -> Result<u32, Down> {
    let (mut attempt, mut base) = (1, DELAY);
    loop {
        match bare(service).await {
            Ok(value) => return Ok(value),
            Err(error) if attempt == MAX_ATTEMPTS => return Err(error),
            Err(_) => {
                attempt += 1;
                let delay = jittered(base);
                base = base.saturating_mul(2).min(DELAY);
                tokio::time::sleep(delay).await;
            }
        }
    }
}

pub(crate) async fn hand_limited(service: &Service) -> Result<u32, Down> {
    let (mut attempt, mut base, started) = (1, DELAY, Instant::now());
    loop {
        match bare(service).await {
            Ok(value) => return Ok(value),
            Err(error) if attempt == MAX_ATTEMPTS => return Err(error),
            Err(error) => {
                attempt += 1;
                let delay = jittered(base);
                if started.elapsed() + delay > MAX_ELAPSED {
                    return Err(error);
                }
                base = base.saturating_mul(2).min(DELAY);
                tokio::time::sleep(delay).await;
            }
        }
    }
}

pub(crate) fn policy(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    POLICY.retry(|| bare(service)).into_future()
}

pub(crate) fn policy_limited(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    LIMITED.retry(|| bare(service)).into_future()
}

#[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "1ms")]
pub(crate) async fn annotated(service: &Service) -> Result<u32, Down> {
    service.ask()
}

#[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "1ms", max_elapsed = "60s")]
pub(crate) async fn annotated_limited(service: &Service) -> Result<u32, Down> {
    service.ask()
}

pub(crate) fn by_backon(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    peers::backon(DELAY, || bare(service))
}

const fn backon_delays() -> backon::ExponentialBuilder {
    peers::backon_delays(DELAY)
}

#[backon(backoff = backon_delays)]
pub(crate) async fn by_backon_macros(service: &Service) -> Result<u32, Down> {
    service.ask()
}

pub(crate) fn by_tokio_retry(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    peers::tokio_retry(DELAY, || bare(service))
}

pub(crate) fn by_tokio_retry2(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    peers::tokio_retry2(DELAY, || bare(service))
}

pub(crate) fn by_tryhard(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    peers::tryhard(DELAY, || bare(service))
}

pub(crate) fn by_tower(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    peers::tower(&TOWER, || bare(service))
}

pub(crate) fn by_relentless(service: &Service) -> impl Future<Output = relentless::Ended> {
    relentless::call(&RELENTLESS, || bare(service))
}

pub(crate) fn by_relentless_timed(service: &Service) -> impl Future<Output = relentless::Ended> {
    relentless::call_timed(&RELENTLESS_TIMED, || bare(service))
}

pub(crate) fn by_mettle(service: &Service) -> impl Future<Output = Result<u32, ::mettle::RetryError<Down>>> {
    mettle::call(DELAY, || bare(service))
}

pub(crate) fn by_mettle_timed(service: &Service) -> impl Future<Output = Result<u32, ::mettle::RetryError<Down>>> {
    mettle::call_timed(DELAY, || bare(service))
}

pub(crate) fn by_execution_policy(
    service: &Service,
) -> impl Future<Output = Result<u32, ::execution_policy::ExecutionError<Down>>> {
    execution_policy::call(&EXECUTION, || bare(service))
}

pub(crate) fn by_execution_policy_timed(
    service: &Service,
) -> impl Future<Output = Result<u32, ::execution_policy::ExecutionError<Down>>> {
    execution_policy::call(&EXECUTION_TIMED, || bare(service))
}

/// The layer asks for a service that may outlive the caller.
pub(crate) fn by_tower_resilience(service: &'static Service) -> impl Future<Output = Result<u32, Down>> {
    tower_resilience::call(&TOWER_RESILIENCE, || bare(service))
}

pub(crate) fn by_backoff(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    peers::backoff(DELAY / 2, None, || bare(service))
}

pub(crate) fn by_backoff_limited(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    peers::backoff(DELAY / 2, Some(MAX_ELAPSED), || bare(service))
}
