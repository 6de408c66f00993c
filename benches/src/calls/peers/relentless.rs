//! Calls through `relentless`: a policy kept in a static, full jitter, and for async calls its clock of tokio.

use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use relentless::clock::{Clock, SyncClock, SystemClock, TokioClock};
use relentless::stop::{StopAfterAttempts, StopAfterElapsed, StopAny};
use relentless::wait::{Jittered, WaitCapped, WaitExponential};
use relentless::{RetryError, RetryPolicy, RetryState, Wait as _, stop, wait};

use super::super::{Down, MAX_ATTEMPTS, MAX_ELAPSED, Service, no_sleep};

/// The delays: they double up to a cap, and a random part of each is slept.
pub type Delays = Jittered<WaitCapped<WaitExponential>>;
/// A policy that counts attempts.
pub type Counted = RetryPolicy<StopAfterAttempts, Delays>;
/// A policy that counts attempts and time.
pub type Timed = RetryPolicy<StopAny<StopAfterAttempts, StopAfterElapsed>, Delays>;
/// The result of a call.
pub type Ended = Result<u32, RetryError<Down, Result<u32, Down>>>;

static COUNTED: LazyLock<Counted> = LazyLock::new(|| counted(Duration::from_millis(100), Duration::from_secs(20)));
static TIMED: LazyLock<Timed> = LazyLock::new(|| timed(Duration::from_millis(100), Duration::from_secs(20)));

/// The delays of every policy here.
#[must_use]
pub fn delays(initial: Duration, max: Duration) -> Delays {
    wait::exponential(initial).cap(max).full_jitter()
}

/// A policy of four attempts.
#[must_use]
pub fn counted(initial: Duration, max: Duration) -> Counted {
    RetryPolicy::new().stop(stop::attempts(MAX_ATTEMPTS)).wait(delays(initial, max))
}

/// The same with a limit on time.
#[must_use]
pub fn timed(initial: Duration, max: Duration) -> Timed {
    RetryPolicy::new().stop(stop::attempts(MAX_ATTEMPTS) | stop::elapsed(MAX_ELAPSED)).wait(delays(initial, max))
}

/// The async call; `policy` is borrowed for as long as the call.
#[inline]
pub fn call<F, A>(policy: &'static Counted, mut operation: F) -> impl Future<Output = Ended>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    policy.retry_async(move |_| operation()).clock(TokioClock::new()).call()
}

/// The async call with a limit on time.
#[inline]
pub fn call_timed<F, A>(policy: &'static Timed, mut operation: F) -> impl Future<Output = Ended>
where
    F: FnMut() -> A,
    A: Future<Output = Result<u32, Down>>,
{
    policy.retry_async(move |_| operation()).clock(TokioClock::new()).call()
}

pub(crate) fn blocking(service: &Service) -> Ended {
    COUNTED.retry(|_| service.ask()).call()
}

pub(crate) fn blocking_timed(service: &Service) -> Ended {
    TIMED.retry(|_| service.ask()).call()
}

pub(crate) fn blocking_without_sleep(service: &Service) -> Ended {
    COUNTED.retry(|_| service.ask()).clock(WithoutSleep).call()
}

/// The clock of the system, whose delays are over at once.
struct WithoutSleep;

impl Clock for WithoutSleep {
    fn now(&self) -> Duration {
        SystemClock.now()
    }
}

impl SyncClock for WithoutSleep {
    fn wait(&self, delay: Duration) {
        no_sleep(delay);
    }
}

/// Draws the delay after this attempt, which is counted from 1.
#[inline]
#[must_use]
pub fn delay(delays: &Delays, attempt: u32) -> Duration {
    delays.next_wait(&RetryState::for_attempt(attempt))
}
