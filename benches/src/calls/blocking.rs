//! Blocking calls.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use backoff_core::{Policy, retry};

use super::peers::{blocking as peers, mettle, relentless};
use super::{Down, MAX_ATTEMPTS, MAX_ELAPSED, Run, Service, jittered, no_sleep};

const INITIAL_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(20);
const POLICY: Policy = Policy::exponential().max_attempts(MAX_ATTEMPTS).build();
const LIMITED: Policy = Policy::exponential().max_attempts(MAX_ATTEMPTS).max_elapsed(MAX_ELAPSED).build();

/// The default sleeper; no setting needs the time.
pub(crate) const SUCCESS: &[(&str, Run)] = &[
    ("bare", |calls, failures| repeat(calls, failures, bare)),
    ("hand", |calls, failures| repeat(calls, failures, hand)),
    ("policy", |calls, failures| repeat(calls, failures, policy)),
    ("retry", |calls, failures| repeat(calls, failures, annotated)),
    ("backon", |calls, failures| repeat(calls, failures, peers::backon)),
    ("backon_macros", |calls, failures| repeat(calls, failures, peers::backon_macros)),
    ("relentless", |calls, failures| repeat(calls, failures, relentless::blocking)),
    ("mettle", |calls, failures| repeat(calls, failures, mettle::blocking)),
    ("backoff", |calls, failures| repeat(calls, failures, peers::backoff)),
    ("retry_crate", |calls, failures| repeat(calls, failures, peers::retry)),
];

/// With `max_elapsed`; `clock` is one read of the clock.
pub(crate) const LIMITED_SUCCESS: &[(&str, Run)] = &[
    ("clock", |calls, failures| repeat(calls, failures, clock)),
    ("bare", |calls, failures| repeat(calls, failures, bare)),
    ("hand", |calls, failures| repeat(calls, failures, hand_limited)),
    ("policy", |calls, failures| repeat(calls, failures, policy_limited)),
    ("retry", |calls, failures| repeat(calls, failures, annotated_limited)),
    ("relentless", |calls, failures| repeat(calls, failures, relentless::blocking_timed)),
    ("mettle", |calls, failures| repeat(calls, failures, mettle::blocking_timed)),
    ("backoff", |calls, failures| repeat(calls, failures, peers::backoff_limited)),
];

/// With a sleeper that returns at once.
pub(crate) const FAILING: &[(&str, Run)] = &[
    ("hand", |calls, failures| repeat(calls, failures, hand_without_sleep)),
    ("policy", |calls, failures| repeat(calls, failures, policy_without_sleep)),
    ("retry", |calls, failures| repeat(calls, failures, annotated_without_sleep)),
    ("backon", |calls, failures| repeat(calls, failures, peers::backon_without_sleep)),
    ("backon_macros", |calls, failures| repeat(calls, failures, peers::backon_macros_without_sleep)),
    ("relentless", |calls, failures| repeat(calls, failures, relentless::blocking_without_sleep)),
    ("mettle", |calls, failures| repeat(calls, failures, mettle::blocking_without_sleep)),
    ("backoff", |calls, failures| repeat(calls, failures, peers::backoff_without_sleep)),
    ("retry_crate", |calls, failures| repeat(calls, failures, peers::retry_without_sleep)),
];

/// Takes a function pointer, so that the call is not inlined.
fn repeat<R>(calls: u64, failures: u32, call: fn(&Service) -> R) {
    let service = Service::default();
    let call = black_box(call);
    for _ in 0..calls {
        service.fail(failures);
        black_box(call(&service));
    }
}

fn clock(_: &Service) -> Instant {
    Instant::now()
}

fn bare(service: &Service) -> Result<u32, Down> {
    service.ask()
}

fn hand(service: &Service) -> Result<u32, Down> {
    by_hand(service, thread::sleep)
}

fn hand_without_sleep(service: &Service) -> Result<u32, Down> {
    by_hand(service, no_sleep)
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "stands for a loop written in place")]
fn by_hand(service: &Service, sleep: impl Fn(Duration)) -> Result<u32, Down> {
    let (mut attempt, mut base) = (1, INITIAL_DELAY);
    loop {
        match service.ask() {
            Ok(value) => return Ok(value),
            Err(error) if attempt == MAX_ATTEMPTS => return Err(error),
            Err(_) => {
                attempt += 1;
                let delay = jittered(base);
                base = base.saturating_mul(2).min(MAX_DELAY);
                sleep(delay);
            }
        }
    }
}

fn hand_limited(service: &Service) -> Result<u32, Down> {
    let (mut attempt, mut base, started) = (1, INITIAL_DELAY, Instant::now());
    loop {
        match service.ask() {
            Ok(value) => return Ok(value),
            Err(error) if attempt == MAX_ATTEMPTS => return Err(error),
            Err(error) => {
                attempt += 1;
                let delay = jittered(base);
                if started.elapsed() + delay > MAX_ELAPSED {
                    return Err(error);
                }
                base = base.saturating_mul(2).min(MAX_DELAY);
                thread::sleep(delay);
            }
        }
    }
}

fn policy(service: &Service) -> Result<u32, Down> {
    POLICY.retry(|| service.ask()).call()
}

fn policy_limited(service: &Service) -> Result<u32, Down> {
    LIMITED.retry(|| service.ask()).call()
}

fn policy_without_sleep(service: &Service) -> Result<u32, Down> {
    POLICY.retry(|| service.ask()).sleep(no_sleep).call()
}

#[retry(max_attempts = 4)]
fn annotated(service: &Service) -> Result<u32, Down> {
    service.ask()
}

#[retry(max_attempts = 4, max_elapsed = "60s")]
fn annotated_limited(service: &Service) -> Result<u32, Down> {
    service.ask()
}

#[retry(max_attempts = 4, sleep = no_sleep)]
fn annotated_without_sleep(service: &Service) -> Result<u32, Down> {
    service.ask()
}
