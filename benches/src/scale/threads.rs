//! Blocking calls, each in a delay on a separate thread, all cancelled at once.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use backoff_core::{CancelToken, Policy, RetryError, StopReason, retry};

use crate::calls::{Down, MAX_ATTEMPTS};

/// Long enough that no delay here ends by itself.
const LONG: Duration = Duration::from_secs(3_600);
const POLICY: Policy = Policy::constant(LONG).max_attempts(MAX_ATTEMPTS).build();
/// Enough for a waiting thread, so that thousands need little memory.
const STACK: usize = 64 * 1024;

/// The end of a cancelled call, for one way of calling.
pub type Run = fn(threads: u32) -> Result<Ended, Box<dyn Error>>;

/// Each way of calling, by name.
pub const WAYS: &[(&str, Run)] = &[("hand", by_hand), ("policy", by_policy), ("retry", by_annotated)];

/// The observations of calls that were cancelled together.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Calls that ended with `Cancelled` and returned the error of their own attempt.
    pub cancelled: u32,
    /// Time from the cancellation until the last call had returned.
    pub last_return: Duration,
}

fn by_policy(threads: u32) -> Result<Ended, Box<dyn Error>> {
    let (token, waiting) = (CancelToken::new(), AtomicU32::new(0));
    let call = |id| {
        let call = POLICY.retry(|| fails(id)).on_retry(|_| count(&waiting)).cancel(&token);
        matches!(
            call.call_report(),
            Err(RetryError { last, reason: StopReason::Cancelled, attempts: 1, .. }) if last == Down(id)
        )
    };
    cancel_all(threads, &waiting, || token.cancel(), call)
}

fn by_annotated(threads: u32) -> Result<Ended, Box<dyn Error>> {
    let (token, waiting) = (CancelToken::new(), AtomicU32::new(0));
    let call = |id| {
        let mut reason = None;
        let result = annotated(id, &token, &waiting, &mut reason);
        result == Err(Down(id)) && reason == Some(StopReason::Cancelled)
    };
    cancel_all(threads, &waiting, || token.cancel(), call)
}

#[retry(
    max_attempts = 4,
    delay = "1h",
    cancel = token,
    on_retry = |_| count(waiting),
    on_give_up = |event| *reason = Some(event.reason()),
)]
fn annotated(id: u32, token: &CancelToken, waiting: &AtomicU32, reason: &mut Option<StopReason>) -> Result<u32, Down> {
    fails(id)
}

/// A flag and a condition variable, as used by a loop without a token.
fn by_hand(threads: u32) -> Result<Ended, Box<dyn Error>> {
    let (flag, waiting) = (Arc::new((Mutex::new(false), Condvar::new())), AtomicU32::new(0));
    let call = |id| {
        for _ in 1..MAX_ATTEMPTS {
            let Err(error) = fails(id) else { return false };
            count(&waiting);
            let (is_cancelled, changed) = &*flag;
            let guard = is_cancelled.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = changed.wait_timeout_while(guard, LONG, |is_cancelled| !*is_cancelled);
            if *waited.unwrap_or_else(PoisonError::into_inner).0 {
                return error == Down(id);
            }
        }
        false
    };
    let cancel = || {
        *flag.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        flag.1.notify_all();
    };
    cancel_all(threads, &waiting, cancel, call)
}

fn fails(id: u32) -> Result<u32, Down> {
    Err(Down(id))
}

fn count(waiting: &AtomicU32) {
    waiting.fetch_add(1, Ordering::Release);
}

/// `call` returns whether it ended correctly. The check does not depend on the progress of a thread's delay.
fn cancel_all(
    threads: u32,
    waiting: &AtomicU32,
    cancel: impl FnOnce(),
    call: impl Fn(u32) -> bool + Sync,
) -> Result<Ended, Box<dyn Error>> {
    thread::scope(|scope| {
        let call = &call;
        let spawn = |id| {
            let run = move || (call(id), Instant::now());
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run)
        };
        let mut running = Vec::with_capacity(threads as usize);
        let mut refused = None;
        for id in 0..threads {
            match spawn(id) {
                Ok(thread) => running.push(thread),
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        while (waiting.load(Ordering::Acquire) as usize) < running.len() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(20)); // from the hook into the delay
        let began = Instant::now();
        cancel(); // also after a refusal: the scope waits for its threads
        let mut ended = Ended { cancelled: 0, last_return: Duration::ZERO };
        for thread in running {
            let (is_right, at) = thread.join().map_err(|_| "a call panicked")?;
            ended.cancelled += u32::from(is_right);
            ended.last_return = ended.last_return.max(at.saturating_duration_since(began));
        }
        refused.map_or(Ok(ended), |error| Err(format!("{threads} threads: {error}").into()))
    })
}

/// Returns the median time to the last return of each way, in milliseconds; the ways take turns.
///
/// # Errors
///
/// Returns an error when a call did not end with `Cancelled` and its own error, or the system refuses so many threads.
pub fn last_returns(threads: u32, rounds: usize) -> Result<Vec<(&'static str, f64)>, Box<dyn Error>> {
    let mut times: Vec<_> = WAYS.iter().map(|(way, run)| (*way, *run, Vec::with_capacity(rounds))).collect();
    for _ in 0..rounds {
        for (way, run, times) in &mut times {
            let ended = run(threads)?;
            if ended.cancelled != threads {
                return Err(format!("{way}: {} of {threads} calls were cancelled", ended.cancelled).into());
            }
            times.push(ended.last_return.as_secs_f64() * 1_000.0);
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Ok(times.into_iter().map(|(way, _, times)| (way, median(times))).collect())
}
