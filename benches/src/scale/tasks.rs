//! Async calls on one runtime: all are in the delay after their first attempt, then all complete.

use std::cell::Cell;
use std::error::Error;
use std::fs;
use std::future::Future;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use backoff_core::{Policy, retry};
use backon_macros::backon;

use crate::calls::future::paused_runtime;
use crate::calls::peers::{execution_policy, future as peers, mettle, relentless, tower_resilience};
use crate::calls::{Down, MAX_ATTEMPTS, jittered};

/// The base of every delay; full jitter spreads the retries over it, as in a fleet.
const DELAY: Duration = Duration::from_secs(60);
const POLICY: Policy = Policy::exponential().initial_delay(DELAY).max_delay(DELAY).max_attempts(MAX_ATTEMPTS).build();

/// Makes this many calls, waits until all are asleep, ends the outage, and waits for all.
pub type Run = fn(calls: u32) -> Waited;

/// Each way of calling, by name.
pub const WAYS: &[(&str, Run)] = &[
    ("hand", |calls| wait(calls, by_hand)),
    ("policy", |calls| wait(calls, |id| POLICY.retry(move || attempt(id)).into_future())),
    ("retry", |calls| wait(calls, annotated)),
    ("backon", |calls| wait(calls, |id| peers::backon(DELAY, move || attempt(id)))),
    ("backon_macros", |calls| wait(calls, by_backon_macros)),
    ("tokio_retry", |calls| wait(calls, |id| peers::tokio_retry(DELAY, move || attempt(id)))),
    ("tokio_retry2", |calls| wait(calls, |id| peers::tokio_retry2(DELAY, move || attempt(id)))),
    ("tryhard", |calls| wait(calls, |id| peers::tryhard(DELAY, move || attempt(id)))),
    ("tower", |calls| {
        let policy = peers::Attempts::new(DELAY);
        wait(calls, move |id| peers::tower(&policy, move || attempt(id)))
    }),
    ("relentless", |calls| {
        static POLICY: LazyLock<relentless::Counted> = LazyLock::new(|| relentless::counted(DELAY, DELAY));
        wait(calls, |id| relentless::call(&POLICY, move || attempt(id)))
    }),
    ("mettle", |calls| wait(calls, |id| mettle::call(DELAY, move || attempt(id)))),
    ("execution_policy", |calls| {
        static POLICY: LazyLock<execution_policy::Policy> = LazyLock::new(|| execution_policy::counted(DELAY));
        wait(calls, |id| execution_policy::call(&POLICY, move || attempt(id)))
    }),
    ("tower_resilience", |calls| {
        let layer = tower_resilience::layer(DELAY);
        wait(calls, move |id| tower_resilience::call(&layer, move || attempt(id)))
    }),
    ("backoff", |calls| wait(calls, |id| peers::backoff(DELAY / 2, None, move || attempt(id)))),
];

/// The observations of calls that all waited.
#[derive(Clone, Copy, Debug)]
pub struct Waited {
    /// Attempts made before the outage ended.
    pub first_attempts: u64,
    /// Attempts made in all.
    pub attempts: u64,
    /// Calls that returned the value of their own operation.
    pub answered: u32,
    /// Bytes on the heap while all waited.
    pub heap: i64,
    /// Allocations until all waited.
    pub allocations: u64,
    /// Allocations from the end of the outage until all had returned.
    pub late_allocations: u64,
    /// The growth of the resident set in bytes until all waited; 0 if the system does not report it.
    pub resident: u64,
    /// Time until all waited.
    pub start: Duration,
    /// Time from the end of the outage until all had returned.
    pub finish: Duration,
}

impl Waited {
    /// Checks that each call was attempted once, waited, was attempted again, and returned.
    ///
    /// # Errors
    ///
    /// Returns an error when a call was not.
    pub fn check(&self, calls: u32) -> Result<(), Box<dyn Error>> {
        let expected = (u64::from(calls), 2 * u64::from(calls), calls);
        let seen = (self.first_attempts, self.attempts, self.answered);
        if seen == expected {
            return Ok(());
        }
        Err(format!("first attempts, all attempts, answers: {seen:?} where {expected:?} are due").into())
    }
}

/// The number of a call, which its attempts return.
#[derive(Clone, Copy, Debug)]
struct Id(u32);

thread_local! {
    static OUTAGE: Cell<bool> = const { Cell::new(false) };
    static ATTEMPTS: Cell<u64> = const { Cell::new(0) };
}

/// Fails while the outage lasts.
#[expect(clippy::unused_async, reason = "stands for an attempt that is over at once")]
async fn attempt(id: Id) -> Result<u32, Down> {
    ATTEMPTS.set(ATTEMPTS.get() + 1);
    if OUTAGE.get() { Err(Down(id.0)) } else { Ok(id.0) }
}

async fn by_hand(id: Id) -> Result<u32, Down> {
    let (mut number, mut base) = (1, DELAY);
    loop {
        match attempt(id).await {
            Ok(value) => return Ok(value),
            Err(error) if number == MAX_ATTEMPTS => return Err(error),
            Err(_) => {
                number += 1;
                let delay = jittered(base);
                base = base.saturating_mul(2).min(DELAY);
                tokio::time::sleep(delay).await;
            }
        }
    }
}

#[retry(max_attempts = 4, initial_delay = "60s", max_delay = "60s")]
async fn annotated(id: Id) -> Result<u32, Down> {
    attempt(id).await
}

const fn backon_delays() -> backon::ExponentialBuilder {
    peers::backon_delays(DELAY)
}

#[backon(backoff = backon_delays)]
async fn by_backon_macros(id: Id) -> Result<u32, Down> {
    attempt(id).await
}

/// The tasks are spawned one by one and run at once, so that the runtime's queue of runnable tasks stays small.
fn wait<F, E>(calls: u32, call: impl Fn(Id) -> F) -> Waited
where
    F: Future<Output = Result<u32, E>> + Send + 'static,
    E: Send + 'static,
{
    let _ = jittered(DELAY); // seeds the generator of the loop by hand
    OUTAGE.set(true);
    ATTEMPTS.set(0);
    let runtime = paused_runtime();
    let mut tasks = Vec::with_capacity(calls as usize);
    let (before, began) = (resident(), Instant::now());
    let started = measure(|| {
        runtime.block_on(async {
            for id in 0..calls {
                tasks.push(tokio::spawn(call(Id(id))));
                tokio::task::yield_now().await;
            }
        });
    });
    let (start, after) = (began.elapsed(), resident());
    let first_attempts = ATTEMPTS.get();
    OUTAGE.set(false);
    let began = Instant::now();
    let mut answered = 0;
    let finished = measure(|| {
        runtime.block_on(async {
            for (task, id) in tasks.drain(..).zip(0..) {
                answered += u32::from(matches!(task.await, Ok(Ok(answer)) if answer == id));
            }
        });
    });
    Waited {
        first_attempts,
        attempts: ATTEMPTS.get(),
        answered,
        heap: started.bytes_current,
        allocations: started.count_total,
        late_allocations: finished.count_total,
        resident: after.saturating_sub(before),
        start,
        finish: began.elapsed(),
    }
}

/// Returns the bytes of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB")?.trim().parse().ok());
    kibibytes.unwrap_or(0_u64) * 1024
}
