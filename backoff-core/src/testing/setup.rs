//! The changes that a guard makes.

use std::future::Future;

use super::guards::{ProcessGuard, Tested, ThreadGuard};
use crate::test_hooks::{Attempts, Changes, Layer};

/// The changes that a guard makes to the calls under it. Enclosing guards decide everything that it does not set.
///
/// A setup that sets nothing only records.
///
/// # Examples
///
/// ```
/// use backoff_core::{StopReason, retry, testing};
///
/// #[retry(forever)]
/// fn reconnect() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// let test = testing::Setup::new().no_waits().max_attempts(4).for_thread();
/// assert_eq!(reconnect(), Err("down"));
/// assert_eq!(
///     (test.attempts(), test.reasons()),
///     (4, vec![StopReason::MaxAttempts])
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a setup changes nothing until it is given to a thread, a future or the process"]
pub struct Setup {
    pub(super) changes: Changes,
}

impl Setup {
    /// Returns a setup that sets nothing.
    pub const fn new() -> Self {
        Self { changes: Changes { waits: None, attempts: None, disabled: None, lost_replies: None } }
    }

    /// Returns a setup that ignores the changes of all enclosing guards, so calls run as written in the program.
    ///
    /// Use it for the one test that needs real retries in a binary whose [process guard](Self::for_process) disables
    /// them.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, testing::Setup};
    ///
    /// let _all = Setup::new().disabled().for_process(); // no test retries
    /// let test = Setup::as_written().for_thread(); // but this one does
    /// let policy = Policy::constant(std::time::Duration::ZERO).build();
    /// assert!(policy.retry(|| Err::<(), _>("down")).call().is_err());
    /// assert_eq!(test.attempts(), 3);
    /// ```
    pub const fn as_written() -> Self {
        let attempts = Some(Attempts::AsWritten);
        Self { changes: Changes { waits: Some(true), attempts, disabled: Some(false), lost_replies: Some(0) } }
    }

    /// Makes every delay zero, also delays that a server requests by push-back (`Retry-After`).
    ///
    /// The policy decides as if each delay had passed. Skipped delays count as elapsed time, so `max_elapsed` and
    /// `timeout` end a call after the same number of attempts. Only that call sees this time; an enclosing call does
    /// not. An `attempt_timeout` waits in real (or tokio's) time. If these matter, use
    /// [`virtual_time`](super::virtual_time).
    ///
    /// Hooks receive a delay of zero; [`waits`](super::Recorder::waits) returns the real delays. The delays of a
    /// [`Ticker`](crate::Ticker) are zero, too.
    pub const fn no_waits(mut self) -> Self {
        self.changes.waits = Some(false);
        self
    }

    /// Caps the number of attempts of each call, the first included; zero counts as 1.
    ///
    /// A policy that allows fewer keeps its own limit. `reset_after` has no effect, because a new sequence of attempts
    /// would remove the cap.
    pub const fn max_attempts(mut self, cap: u32) -> Self {
        self.changes.attempts = Some(Attempts::AtMost(if cap == 0 { 1 } else { cap }));
        self
    }

    /// Sets the number of attempts of each call that keeps failing, the first included; zero counts as 1.
    ///
    /// It replaces the policy's `max_attempts` and `reset_after`, and removes its `max_elapsed`. Permanent errors, an
    /// empty budget, a backoff that has ended and cancellation stop a call as usual.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, testing::Setup};
    ///
    /// let test = Setup::new().no_waits().force_attempts(50).for_thread();
    /// let policy = Policy::default(); // 3 attempts
    /// assert!(policy.retry(|| Err::<(), _>("down")).call().is_err());
    /// assert_eq!(test.attempts(), 50);
    /// ```
    pub const fn force_attempts(mut self, number: u32) -> Self {
        self.changes.attempts = Some(Attempts::Exactly(if number == 0 { 1 } else { number }));
        self
    }

    /// Disables retries: each call makes one attempt and returns its own error.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason, testing::Setup};
    ///
    /// let test = Setup::new().disabled().for_thread();
    /// assert!(Policy::default().retry(|| Err::<(), _>("down")).call().is_err());
    /// assert_eq!(test.reasons(), [StopReason::Disabled]);
    /// ```
    pub const fn disabled(mut self) -> Self {
        self.changes.disabled = Some(true);
        self
    }

    /// Loses the replies of the next `count` attempts that succeed, as [`lose_replies`](super::lose_replies) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, testing::Setup};
    ///
    /// let mut orders = Vec::new();
    /// let setup = Setup::new().no_waits().lose_replies(1);
    /// let test = setup.for_thread();
    /// let result = Policy::default().retry(|| Some(orders.push(7))).call();
    /// assert_eq!((result, test.lost_replies()), (Some(()), 1));
    /// assert_eq!(orders, [7, 7]); // executed twice
    /// ```
    pub const fn lose_replies(mut self, count: u32) -> Self {
        self.changes.lost_replies = Some(count);
        self
    }

    /// Activates the setup for calls on this thread until the guard is dropped.
    ///
    /// With a runtime of one thread, the default of `#[tokio::test]`, the setup applies to every task of the test.
    pub fn for_thread(self) -> ThreadGuard {
        ThreadGuard::new(Layer::new(self.changes, None, None))
    }

    /// Activates the setup for calls in the whole process until the guard is dropped.
    ///
    /// Guards of a thread or a future take precedence over it. The recorder sees the calls of all tests of the binary.
    pub fn for_process(self) -> ProcessGuard {
        ProcessGuard::new(Layer::new(self.changes, None, None))
    }

    /// Returns a future that runs `work` with the setup active, on any thread that polls it.
    ///
    /// It yields the output of `work` and the recorder. The guard does not apply to tasks that `work` spawns; pass it
    /// to them with [`Recorder::wrap`](super::Recorder::wrap).
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops `work`.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{retry, testing};
    ///
    /// #[retry(max_attempts = 3)]
    /// async fn fetch() -> Result<(), &'static str> {
    ///     Err("down")
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (result, test) = testing::Setup::new().no_waits().for_future(fetch()).await;
    /// assert_eq!((result, test.attempts()), (Err("down"), 3));
    /// # }
    /// ```
    pub fn for_future<F: Future>(self, work: F) -> Tested<F> {
        Tested::new(Layer::new(self.changes, None, None), work)
    }
}
