//! Bytes and allocations: futures, calls, sleeping tasks.

use std::future::Future;
use std::hint::black_box;
use std::mem::size_of_val;
use std::time::Duration;

use allocation_counter::measure;
use backoff_core::{Policy, retry};

use crate::calls::future::{self, paused_runtime};
use crate::calls::{Down, MAX_ATTEMPTS, Service, jittered};

/// The number of sleeping tasks that are measured; the heap of one is the difference between this many and twice as many.
const TASKS: u32 = 10_000;
const LONG: Duration = Duration::from_secs(3_600);
const POLICY: Policy = Policy::exponential().max_attempts(MAX_ATTEMPTS).build();
const SLEEPY: Policy = Policy::constant(LONG).max_attempts(MAX_ATTEMPTS).build();

/// Bytes of the futures of a body that holds nothing.
pub(crate) fn trivial() -> Vec<(&'static str, f64)> {
    let service = Service::default();
    vec![
        ("hand", bytes(&future::hand(&service))),
        ("policy", bytes(&future::policy(&service))),
        ("retry", bytes(&future::annotated(&service))),
        ("backon", bytes(&future::by_backon(&service))),
        ("tokio_retry", bytes(&future::by_tokio_retry(&service))),
        ("backoff", bytes(&future::by_backoff(&service))),
    ]
}

/// The same with `max_elapsed`.
pub(crate) fn trivial_limited() -> Vec<(&'static str, f64)> {
    let service = Service::default();
    vec![
        ("hand", bytes(&future::hand_limited(&service))),
        ("policy", bytes(&future::policy_limited(&service))),
        ("retry", bytes(&future::annotated_limited(&service))),
    ]
}

/// Bytes of the futures of a body that holds 1 KiB while it waits.
pub(crate) fn large() -> Vec<(&'static str, f64)> {
    let backon = backon::ExponentialBuilder::new().with_jitter();
    let delays = tokio_retry::strategy::ExponentialBackoff::from_millis(2).map(tokio_retry::strategy::jitter).take(3);
    vec![
        ("bare", bytes(&large_body(1))),
        ("hand", bytes(&large_by_hand(1))),
        ("policy", bytes(&POLICY.retry(|| large_body(1)).into_future())),
        ("retry", bytes(&large_annotated(1))),
        ("backon", bytes(&backon::Retryable::retry(|| large_body(1), backon).into_future())),
        ("tokio_retry", bytes(&tokio_retry::Retry::start(delays, || large_body(1)))),
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

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
fn bytes<F: Future>(future: &F) -> f64 {
    size_of_val(future) as f64
}

/// Allocations of one hundred calls that fail three times each, blocking and async together, and of as many that succeed at once.
pub(crate) fn allocations() -> Vec<(&'static str, f64)> {
    vec![
        ("policy", allocated(future::policy, |service| POLICY.retry(|| service.ask()).sleep(|_| ()).call())),
        ("retry", allocated(future::annotated, annotated_without_sleep)),
    ]
}

#[retry(max_attempts = 4, sleep = |_| ())]
fn annotated_without_sleep(service: &Service) -> Result<u32, Down> {
    service.ask()
}

fn allocated<F: Future>(
    asynchronous: impl Fn(&'static Service) -> F,
    blocking: impl Fn(&Service) -> Result<u32, Down>,
) -> f64 {
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

/// Heap bytes per task that sleeps between two attempts.
pub(crate) fn heap_per_task() -> Vec<(&'static str, f64)> {
    vec![
        ("hand", heap(sleepy_by_hand)),
        ("policy", heap(|id| SLEEPY.retry(move || sleepy_body(id)).into_future())),
        ("retry", heap(sleepy_annotated)),
        ("backon", heap(sleepy_by_backon)),
        ("tokio_retry", heap(sleepy_by_tokio_retry)),
    ]
}

#[derive(Clone, Copy, Debug)]
struct Id(u32);

#[expect(clippy::unused_async, reason = "stands for an attempt that fails at once")]
async fn sleepy_body(id: Id) -> Result<u32, Down> {
    Err(Down(black_box(id.0)))
}

async fn sleepy_by_hand(id: Id) -> Result<u32, Down> {
    let (mut attempt, mut base) = (1, LONG);
    loop {
        match sleepy_body(id).await {
            Ok(value) => return Ok(value),
            Err(error) if attempt == MAX_ATTEMPTS => return Err(error),
            Err(_) => {
                attempt += 1;
                let delay = LONG + jittered(base);
                base = base.saturating_mul(2).min(LONG);
                tokio::time::sleep(delay).await;
            }
        }
    }
}

#[retry(max_attempts = 4, delay = "1h")]
async fn sleepy_annotated(id: Id) -> Result<u32, Down> {
    sleepy_body(id).await
}

fn sleepy_by_backon(id: Id) -> impl Future<Output = Result<u32, Down>> {
    let delays = backon::ExponentialBuilder::new().with_min_delay(LONG).with_max_delay(LONG).with_jitter();
    backon::Retryable::retry(move || sleepy_body(id), delays).into_future()
}

fn sleepy_by_tokio_retry(id: Id) -> impl Future<Output = Result<u32, Down>> {
    tokio_retry::Retry::start([LONG; 3], move || sleepy_body(id))
}

/// The tasks are spawned one by one and run at once, so that the runtime's queue of tasks that wait for a turn stays small.
fn heap<F>(call: impl Fn(Id) -> F) -> f64
where
    F: Future<Output: Send> + Send + 'static,
{
    let asleep = |tasks: u32| {
        let runtime = paused_runtime();
        let spawn = async {
            for id in 0..tasks {
                drop(tokio::spawn(call(Id(id))));
                tokio::task::yield_now().await;
            }
        };
        let held = measure(|| runtime.block_on(spawn));
        held.bytes_current
    };
    #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
    let difference = (asleep(2 * TASKS) - asleep(TASKS)) as f64;
    difference / f64::from(TASKS)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn difference(more: u64, less: u64) -> f64 {
    more.saturating_sub(less) as f64
}
