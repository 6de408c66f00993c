//! Bytes and allocations: futures, calls, sleeping tasks.

use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::mem::size_of_val;
use std::sync::LazyLock;
use std::time::Duration;

use allocation_counter::measure;
use backoff_core::{Policy, retry};
use backon::BlockingRetryable as _;
use backon_macros::backon;

use crate::calls::future::{self, paused_runtime};
use crate::calls::peers::{execution_policy, future as peers, mettle, relentless};
use crate::calls::{Down, MAX_ATTEMPTS, Service, jittered, no_sleep};
use crate::scale::tasks;

/// The number of sleeping tasks that are measured. The heap of one is the difference between this many and twice as
/// many.
const TASKS: u32 = 10_000;
const LONG: Duration = Duration::from_secs(3_600);
const POLICY: Policy = Policy::exponential().max_attempts(MAX_ATTEMPTS).build();
static RELENTLESS: LazyLock<relentless::Counted> = LazyLock::new(|| relentless::counted(LONG, LONG));
static EXECUTION: LazyLock<execution_policy::Policy> = LazyLock::new(|| execution_policy::counted(LONG));

/// Bytes of the futures of a body that holds no data.
#[must_use]
pub fn trivial() -> Vec<(&'static str, f64)> {
    let service = Service::default();
    vec![
        ("timer", size_in_bytes(size_of::<tokio::time::Sleep>())),
        ("hand", bytes(&future::hand(&service))),
        ("policy", bytes(&future::policy(&service))),
        ("retry", bytes(&future::annotated(&service))),
        ("backon", bytes(&future::by_backon(&service))),
        ("backon_macros", bytes(&future::by_backon_macros(&service))),
        ("tokio_retry", bytes(&future::by_tokio_retry(&service))),
        ("tokio_retry2", bytes(&future::by_tokio_retry2(&service))),
        ("tryhard", bytes(&future::by_tryhard(&service))),
        ("tower", bytes(&future::by_tower(&service))),
        ("relentless", bytes(&future::by_relentless(&service))),
        ("mettle", bytes(&future::by_mettle(&service))),
        ("execution_policy", bytes(&future::by_execution_policy(&service))),
        ("backoff", bytes(&future::by_backoff(&service))),
    ]
}

/// The same futures with `max_elapsed`.
#[must_use]
pub fn trivial_limited() -> Vec<(&'static str, f64)> {
    let service = Service::default();
    vec![
        ("hand", bytes(&future::hand_limited(&service))),
        ("policy", bytes(&future::policy_limited(&service))),
        ("retry", bytes(&future::annotated_limited(&service))),
        ("relentless", bytes(&future::by_relentless_timed(&service))),
        ("mettle", bytes(&future::by_mettle_timed(&service))),
        ("execution_policy", bytes(&future::by_execution_policy_timed(&service))),
        ("backoff", bytes(&future::by_backoff_limited(&service))),
    ]
}

/// Bytes of the futures of a body that holds 1 KiB while it waits.
#[must_use]
pub fn large() -> Vec<(&'static str, f64)> {
    vec![
        ("bare", bytes(&large_body(1))),
        ("hand", bytes(&large_by_hand(1))),
        ("policy", bytes(&POLICY.retry(|| large_body(1)).into_future())),
        ("retry", bytes(&large_annotated(1))),
        ("backon", bytes(&peers::backon(LONG, || large_body(1)))),
        ("backon_macros", bytes(&large_by_backon_macros(1))),
        ("tokio_retry", bytes(&peers::tokio_retry(LONG, || large_body(1)))),
        ("tokio_retry2", bytes(&peers::tokio_retry2(LONG, || large_body(1)))),
        ("tryhard", bytes(&peers::tryhard(LONG, || large_body(1)))),
        ("tower", bytes(&peers::tower(&peers::Attempts::new(LONG), || large_body(1)))),
        ("relentless", bytes(&relentless::call(&RELENTLESS, || large_body(1)))),
        ("mettle", bytes(&mettle::call(LONG, || large_body(1)))),
        ("execution_policy", bytes(&execution_policy::call(&EXECUTION, || large_body(1)))),
        ("backoff", bytes(&peers::backoff(LONG, None, || large_body(1)))),
    ]
}

async fn large_body(value: u8) -> Result<u32, Down> {
    let buffer = [value; 1024];
    black_box(&buffer);
    tokio::task::yield_now().await;
    Ok(u32::from(*black_box(&buffer).last().unwrap_or(&0)))
}

async fn large_by_hand(value: u8) -> Result<u32, Down> {
    let (mut attempt, mut base) = (1, LONG);
    loop {
        match large_body(value).await {
            Ok(value) => return Ok(value),
            Err(error) if attempt == MAX_ATTEMPTS => return Err(error),
            Err(_) => {
                attempt += 1;
                let delay = jittered(base);
                base = base.saturating_mul(2).min(LONG);
                tokio::time::sleep(delay).await;
            }
        }
    }
}

#[retry(max_attempts = 4)]
async fn large_annotated(value: u8) -> Result<u32, Down> {
    let buffer = [value; 1024];
    black_box(&buffer);
    tokio::task::yield_now().await;
    Ok(u32::from(*black_box(&buffer).last().unwrap_or(&0)))
}

const fn backon_delays() -> backon::ExponentialBuilder {
    peers::backon_delays(LONG)
}

#[backon(backoff = backon_delays)]
async fn large_by_backon_macros(value: u8) -> Result<u32, Down> {
    let buffer = [value; 1024];
    black_box(&buffer);
    tokio::task::yield_now().await;
    Ok(u32::from(*black_box(&buffer).last().unwrap_or(&0)))
}

fn bytes<F: Future>(future: &F) -> f64 {
    size_in_bytes(size_of_val(future))
}

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
const fn size_in_bytes(size: usize) -> f64 {
    size as f64
}

/// Allocations of one hundred calls that fail three times each and of as many that succeed at once, both blocking and
/// async. A crate without blocking calls makes only the async ones.
#[must_use]
pub fn allocations() -> Vec<(&'static str, f64)> {
    let none = |_: &Service| ();
    vec![
        ("policy", allocated(future::policy, |service| POLICY.retry(|| service.ask()).sleep(no_sleep).call())),
        ("retry", allocated(future::annotated, annotated_without_sleep)),
        (
            "backon",
            allocated(future::by_backon, |service| {
                (|| service.ask()).retry(peers::backon_delays(LONG)).sleep(no_sleep).call()
            }),
        ),
        ("backon_macros", allocated(future::by_backon_macros, none)),
        ("tokio_retry", allocated(future::by_tokio_retry, none)),
        ("tokio_retry2", allocated(future::by_tokio_retry2, none)),
        ("tryhard", allocated(future::by_tryhard, none)),
        ("tower", allocated(future::by_tower, none)),
        ("relentless", allocated(future::by_relentless, relentless::blocking_without_sleep)),
        ("mettle", allocated(future::by_mettle, mettle::blocking_without_sleep)),
        ("execution_policy", allocated(future::by_execution_policy, none)),
        ("tower_resilience", allocated(future::by_tower_resilience, none)),
        ("backoff", allocated(future::by_backoff, none)),
    ]
}

#[retry(max_attempts = 4, sleep = |_| ())]
fn annotated_without_sleep(service: &Service) -> Result<u32, Down> {
    service.ask()
}

fn allocated<F: Future, R>(asynchronous: impl Fn(&'static Service) -> F, blocking: impl Fn(&Service) -> R) -> f64 {
    let service: &'static Service = Box::leak(Box::default());
    let runtime = paused_runtime();
    let calls = |count: u32| {
        runtime.block_on(async {
            for failures in [0, 3] {
                for _ in 0..count {
                    service.fail(failures);
                    let _ = black_box(blocking(service));
                    service.fail(failures);
                    black_box(asynchronous(service).await);
                }
            }
        });
    };
    calls(1); // seeds the generator of the thread
    let (once, twice) = (measure(|| calls(100)), measure(|| calls(200)));
    difference(twice.count_total, once.count_total)
}

/// Returns the heap bytes per task that sleeps between two attempts.
///
/// # Errors
///
/// Returns an error when a call did not wait or did not return its value.
pub fn heap_per_task() -> Result<Vec<(&'static str, f64)>, Box<dyn Error>> {
    let heap = |run: tasks::Run, calls| {
        let waited = run(calls);
        waited.check(calls).map(|()| waited.heap)
    };
    let per_task = |(way, run): &(&'static str, tasks::Run)| {
        #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
        let difference = (heap(*run, 2 * TASKS)? - heap(*run, TASKS)?) as f64;
        Ok((*way, difference / f64::from(TASKS)))
    };
    tasks::WAYS.iter().map(per_task).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn difference(more: u64, less: u64) -> f64 {
    more.saturating_sub(less) as f64
}
