//! Tests of code that retries: without waiting, and with an account of what happened.
//!
//! A guard changes how the calls under it run, on its thread, in one future, or in the whole process, and records what
//! they did. Nothing of the tested code changes: `#[retry]`, [`Policy::retry`](crate::Policy::retry) and loops by hand all obey. The feature `testing`
//! belongs in the `dev-dependencies`; without it none of this exists, and calls carry nothing for it.
//!
//! ```toml
//! [dev-dependencies]
//! backoff-core = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # The tests to write
//!
//! It is tried three times:
//!
//! ```
//! # use backoff_core::{retry, testing};
//! # #[retry(max_attempts = 3)]
//! # fn fetch() -> Result<(), &'static str> { Err("down") }
//! let test = testing::no_waits();
//! assert!(fetch().is_err());
//! assert_eq!(test.attempts(), 3);
//! ```
//!
//! It waits at least what the server said:
//!
//! ```
//! # use backoff_core::{Fault, retry, testing};
//! # use std::time::Duration;
//! # #[retry(max_attempts = 2, when = |_| Fault::PushBack(Duration::from_secs(7)))]
//! # fn fetch() -> Result<(), &'static str> { Err("429 Too Many Requests, Retry-After: 7") }
//! let test = testing::no_waits();
//! assert!(fetch().is_err());
//! assert!(test.waits()[0] >= Duration::from_secs(7));
//! ```
//!
//! It gives up on 404:
//!
//! ```
//! # use backoff_core::{StopReason, retry, testing};
//! # #[retry(max_attempts = 3, when = |status: &u16| *status >= 500)]
//! # fn fetch() -> Result<(), u16> { Err(404) }
//! let test = testing::no_waits();
//! assert_eq!(fetch(), Err(404));
//! assert_eq!((test.attempts(), test.reasons()), (1, vec![StopReason::Permanent]));
//! ```
//!
//! A lost answer does not charge twice:
//!
//! ```
//! # use backoff_core::{retry, testing};
//! # use std::{cell::RefCell, collections::BTreeMap};
//! # #[derive(Default)]
//! # struct Bank(RefCell<BTreeMap<u32, u64>>);
//! # impl Bank { fn charged(&self) -> u64 { self.0.borrow().values().sum() } }
//! # #[retry(max_attempts = 3)]
//! # fn pay(bank: &Bank, key: u32, amount: u64) -> Result<(), &'static str> {
//! #     bank.0.borrow_mut().insert(key, amount);
//! #     Ok(())
//! # }
//! # let bank = Bank::default();
//! let _test = testing::lose_replies(1);
//! assert_eq!(pay(&bank, 7, 100), Ok(()));
//! assert_eq!(bank.charged(), 100);
//! ```
//!
//! In async tests the same guards serve where the runtime has one thread, as under `#[tokio::test]`. On several threads, or
//! for one call among others, the guard goes with the future: [`Setup::for_future`].
//!
//! # Which guard wins
//!
//! Guards nest. Each names some of four things: delays, attempts, whether there are retries at all, and replies to lose; for
//! each of them the innermost guard that names it wins. Guards of the future that is polled are inside those of the thread, and these
//! inside those of the process; [`Setup::as_written`] undoes all around it. Every guard around a call records it. Tests that
//! run in parallel have threads of their own and do not see one another; only a guard of the process sees them all.
//!
//! # No waits, or virtual time
//!
//! [`no_waits`] leaves the delays out. [`virtual_time`] keeps them, on a clock that advances by itself: what tests of
//! `max_elapsed`, time-outs and hooks that are told a delay want. Blocking and async calls both read it; the default
//! sleepers let it advance. Delays of the tested code itself (`std::thread::sleep`, `tokio::time::sleep`) do not know it: call [`advance`]
//! in their place. Under `#[tokio::test(start_paused = true)]` async calls use tokio's paused clock as ever, and neither is
//! needed; where a guard is active too, the guard's clock rules.
//!
//! # Not covered
//!
//! A task or thread that the tested code spawns is outside of the thread's and the future's guards;
//! [`Recorder::wrap`] and [`Recorder::run`] take a guard along. A loop by hand ([`Attempts`](crate::Attempts)) tells by itself what a success is:
//! no reply of it is lost.

mod guards;
#[cfg(all(test, loom))]
mod model;
mod outcomes;
mod setup;

use std::future::Future;
use std::time::Duration;

use crate::clock::{Clock as _, RuntimeClock};
use crate::test_hooks::virtual_time::VirtualTime;
use crate::test_hooks::{Changes, Layer};

pub use self::guards::{ProcessGuard, Recorder, Tested, ThreadGuard, Wrapped};
pub use self::outcomes::{Case, Fate, every_outcome, every_outcome_async, request, request_async};
pub use self::setup::Setup;

/// Makes every delay of calls on this thread zero, until the guard is dropped: [`Setup::no_waits`] for the thread.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, testing};
/// use std::time::Duration;
///
/// let test = testing::no_waits();
/// let result = Policy::constant(Duration::from_secs(3600)).max_attempts(3).build().retry(|| Err::<(), _>("down")).call();
/// assert_eq!((result, test.attempts(), test.waits().len()), (Err("down"), 3, 2));
/// ```
pub fn no_waits() -> ThreadGuard {
    Setup::new().no_waits().for_thread()
}

/// Switches retries off for calls on this thread, until the guard is dropped: [`Setup::disabled`] for the thread.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, StopReason, testing};
///
/// let test = testing::disabled();
/// assert_eq!(Policy::default().retry(|| Err::<(), _>("down")).call(), Err("down"));
/// assert_eq!((test.attempts(), test.reasons()), (1, vec![StopReason::Disabled]));
/// ```
pub fn disabled() -> ThreadGuard {
    Setup::new().disabled().for_thread()
}

/// Loses the replies of the next `count` attempts on this thread that succeed, without waiting, until the guard is dropped.
///
/// The body runs and acts, its `Ok` is dropped, and the call goes on as after a transient failure that has no error: the
/// policy decides, the attempt counts, a budget gives a token. When the policy stops there, the call returns the `Ok` after all. One
/// line finds a double charge.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, testing};
///
/// let mut charged = 0;
/// let test = testing::lose_replies(1);
/// let result: Result<(), &str> = Policy::default().retry(|| Ok(charged += 100)).call();
/// assert_eq!((result, test.attempts(), test.lost_replies()), (Ok(()), 2, 1));
/// assert_eq!(charged, 200); // the bug
/// ```
pub fn lose_replies(count: u32) -> ThreadGuard {
    Setup::new().no_waits().lose_replies(count).for_thread()
}

/// Gives calls on this thread a clock that advances by itself, until the guard is dropped.
///
/// A blocking delay has passed at once. Async delays yield once and then end in the order of their deadlines, so a
/// time-out strikes only if the attempt takes longer. What is not a delay, such as a request to a real server, takes no
/// virtual time, and an async delay does not wait for it: beside `attempt_timeout` or `timeout`, an attempt that awaits
/// one counts as timed out. Without them it is simply awaited. Against such a server use tokio's paused time, or no
/// timeout.
///
/// # Examples
///
/// ```
/// use backoff_core::{Jitter, Policy, StopReason, testing};
/// use std::time::Duration;
///
/// let test = testing::virtual_time();
/// let minute = Policy::constant(Duration::from_secs(1)).jitter(Jitter::None).max_elapsed(Duration::from_secs(60)).build();
/// let report = minute
///     .retry(|| {
///         testing::advance(Duration::from_secs(9)); // how long the attempt takes
///         Err::<(), _>("down")
///     })
///     .call_report();
/// let error = report.unwrap_err();
/// assert_eq!((error.reason, error.attempts), (StopReason::MaxElapsed, 7));
/// assert_eq!(error.elapsed, Duration::from_secs(69)); // the last attempt starts after 60 s
/// ```
pub fn virtual_time() -> ThreadGuard {
    ThreadGuard::new(with_own_time())
}

/// Returns a future that runs `work` on a clock that advances by itself, on whatever thread it is polled.
///
/// It is to [`virtual_time`] what [`Setup::for_future`] is to [`Setup::for_thread`].
///
/// # Cancellation
///
/// Dropping the future drops `work`.
///
/// # Examples
///
/// ```
/// use backoff_core::{retry, testing};
/// use std::time::Duration;
///
/// #[retry(delay = "1h", jitter = none, max_attempts = 3)]
/// async fn poll() -> Result<(), &'static str> {
///     Err("not yet")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (_, test) = testing::with_virtual_time(poll()).await;
/// assert_eq!(test.waits(), [Duration::from_secs(3600); 2]);
/// # }
/// ```
pub fn with_virtual_time<F: Future>(work: F) -> Tested<F> {
    Tested::new(with_own_time(), work)
}

fn with_own_time() -> std::sync::Arc<Layer> {
    // A delay that is left out would take no time: guards around say nothing of waits here.
    let changes = Changes { waits: Some(true), ..Changes::default() };
    Layer::new(changes, Some(VirtualTime::starting_at(RuntimeClock.now())), None)
}

/// Lets time pass on the virtual clock of this code, as if it had worked or waited; without one it does nothing.
pub fn advance(time: Duration) {
    let _ = crate::test_hooks::passes(time);
}
