//! Tools to test code that retries: no waiting, and a record of the attempts and delays.
//!
//! A guard changes how calls run on its thread, in one future, or in the whole process, and records them. The tested
//! code stays unchanged: guards apply to `#[retry]`, [`Policy::retry`](crate::Policy::retry) and manual loops. Enable
//! the feature `testing` in the `dev-dependencies`. Without the feature this module does not exist, and calls carry no
//! state for it.
//!
//! ```toml
//! [dev-dependencies]
//! backoff-core = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # The tests to write
//!
//! The operation is attempted three times:
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
//! The delay is at least the push-back (`Retry-After`) of the server:
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
//! The call gives up on a 404:
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
//! A lost reply does not charge twice:
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
//! In async tests the same guards work if the runtime has one thread, as under `#[tokio::test]`. On several threads, or
//! for only one of several calls, attach the guard to the future with [`Setup::for_future`].
//!
//! # Which guard wins
//!
//! Guards nest. Each guard may set any of four things: delays, attempts, whether there are retries at all, and replies
//! to lose. For each of them the innermost guard that sets it wins. Guards of the polled future are inside those of the
//! thread, and guards of the thread are inside those of the process. [`Setup::as_written`] ignores the changes of all
//! enclosing guards. Every enclosing guard records a call. Tests that run in parallel have separate threads and do not
//! affect each other; only a guard of the process sees them all.
//!
//! # No waits, or virtual time
//!
//! [`no_waits`] skips the delays. [`virtual_time`] keeps them, on a clock that advances automatically. Use it to test
//! `max_elapsed`, timeouts, and hooks that receive a delay. Blocking and async calls both read this clock, and the
//! default sleepers advance it. Delays in the tested code itself (`std::thread::sleep`, `tokio::time::sleep`) do not
//! advance it: call [`advance`] in their place.
//!
//! Under `#[tokio::test(start_paused = true)]` async calls use tokio's paused clock as usual, and neither guard is
//! needed. If a guard is active too, the clock of the guard is used.
//!
//! # Not covered
//!
//! Guards of a thread or a future do not apply to a task or thread that the tested code spawns. Pass the guard to it
//! with [`Recorder::wrap`] or [`Recorder::run`]. In a manual loop ([`Attempts`](crate::Attempts)) the loop itself
//! reports a success, so its replies are never lost.

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

/// Makes every delay of calls on this thread zero until the guard is dropped. This is [`Setup::no_waits`] for the
/// thread.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, testing};
/// use std::time::Duration;
///
/// let test = testing::no_waits();
/// let result = Policy::constant(Duration::from_secs(3600))
///     .max_attempts(3)
///     .build()
///     .retry(|| Err::<(), _>("down"))
///     .call();
/// assert_eq!((result, test.attempts(), test.waits().len()), (Err("down"), 3, 2));
/// ```
#[doc(alias = "mock sleep")]
pub fn no_waits() -> ThreadGuard {
    Setup::new().no_waits().for_thread()
}

/// Disables retries for calls on this thread until the guard is dropped. This is [`Setup::disabled`] for the thread.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, StopReason, testing};
///
/// let test = testing::disabled();
/// assert_eq!(
///     Policy::default().retry(|| Err::<(), _>("down")).call(),
///     Err("down")
/// );
/// assert_eq!((test.attempts(), test.reasons()), (1, vec![StopReason::Disabled]));
/// ```
pub fn disabled() -> ThreadGuard {
    Setup::new().disabled().for_thread()
}

/// Loses the replies of the next `count` attempts on this thread that succeed, without waiting, until the guard is
/// dropped.
///
/// The body runs and has its effects, and its `Ok` is dropped. The call then continues as after a transient failure
/// without an error: the policy decides, the attempt counts, and a token is withdrawn from a budget. If the policy
/// stops there, the call returns the `Ok` after all. One line of test code finds a double charge.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, testing};
///
/// let mut charged = 0;
/// let test = testing::lose_replies(1);
/// let result: Result<(), &str> =
///     Policy::default().retry(|| Ok(charged += 100)).call();
/// assert_eq!((result, test.attempts(), test.lost_replies()), (Ok(()), 2, 1));
/// assert_eq!(charged, 200); // the bug
/// ```
pub fn lose_replies(count: u32) -> ThreadGuard {
    Setup::new().no_waits().lose_replies(count).for_thread()
}

/// Gives calls on this thread a clock that advances automatically, until the guard is dropped.
///
/// A blocking delay passes at once. Async delays yield once and then end in the order of their deadlines, so a timeout
/// fires only if the attempt takes longer.
///
/// Anything else, such as a request to a real server, takes no virtual time, and an async delay does not wait for it.
/// An attempt that awaits such a request under an `attempt_timeout` or `timeout` therefore counts as timed out. Without
/// these limits the request is simply awaited. For tests against such a server, use tokio's paused time, or no timeout.
///
/// # Examples
///
/// ```
/// use backoff_core::{Jitter, Policy, StopReason, testing};
/// use std::time::Duration;
///
/// let test = testing::virtual_time();
/// let minute = Policy::constant(Duration::from_secs(1))
///     .jitter(Jitter::None)
///     .max_elapsed(Duration::from_secs(60))
///     .build();
/// let report = minute
///     .retry(|| {
///         testing::advance(Duration::from_secs(9)); // how long the attempt takes
///         Err::<(), _>("down")
///     })
///     .call_report();
/// let error = report.unwrap_err();
/// assert_eq!((error.reason, error.attempts), (StopReason::MaxElapsed, 7));
/// assert_eq!(error.elapsed.as_secs(), 69); // the last one starts at 60 s
/// ```
#[doc(alias = "fake clock")]
#[doc(alias = "mock time")]
pub fn virtual_time() -> ThreadGuard {
    ThreadGuard::new(with_own_time())
}

/// Returns a future that runs `work` on a clock that advances automatically, on any thread that polls it.
///
/// This is [`virtual_time`] for one future, as [`Setup::for_future`] is [`Setup::for_thread`] for one future.
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
    // Sets `waits` so that an enclosing guard cannot skip the delays: a skipped delay would take no virtual time.
    let changes = Changes { waits: Some(true), ..Changes::default() };
    Layer::new(changes, Some(VirtualTime::starting_at(RuntimeClock.now())), None)
}

/// Advances the virtual clock of this code by `time`, like work or a delay of that length. Without a virtual clock it
/// does nothing.
///
/// # Examples
///
/// ```
/// use backoff_core::{Clock, SystemClock, testing};
/// use std::time::Duration;
///
/// let _test = testing::virtual_time();
/// let start = SystemClock.now(); // the clock of blocking calls
/// testing::advance(Duration::from_secs(3_600));
/// assert_eq!(SystemClock.elapsed(start), Duration::from_secs(3_600));
/// ```
pub fn advance(time: Duration) {
    let _ = crate::test_hooks::passes(time);
}
