//! Cancellation of a call from outside while it waits.

#[cfg(all(test, loom))]
mod model;

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::sync::{Condvar, Mutex, MutexGuard};

/// A token that cancels the calls which watch it: they stop at their next decision, and a call that waits wakes at
/// once.
///
/// A token can be a `static`, or be cloned: clones share one state. Cancelling is final. A running attempt is never
/// interrupted.
///
/// # Examples
///
/// ```
/// use backoff_core::{CancelToken, Policy, StopReason};
/// use std::time::Duration;
///
/// static SHUTDOWN: CancelToken = CancelToken::new();
///
/// SHUTDOWN.cancel();
/// let report = Policy::constant(Duration::from_secs(3600))
///     .forever()
///     .build()
///     .retry(|| Err::<(), _>("down"))
///     .cancel(&SHUTDOWN)
///     .call_report();
/// let error = report.unwrap_err();
/// assert_eq!(
///     (error.attempts, error.reason, error.last),
///     (1, StopReason::Cancelled, "down")
/// );
/// ```
#[derive(Default)]
#[doc(alias = "CancellationToken")]
pub struct CancelToken {
    /// Created at the first use, so that a token can be a `static`.
    shared: OnceLock<Arc<Shared>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    /// The waiting tasks, each under the key of its future.
    waiting: BTreeMap<u64, Waker>,
    next_key: u64,
}

impl CancelToken {
    /// Returns a token that is not cancelled.
    #[must_use]
    pub const fn new() -> Self {
        Self { shared: OnceLock::new() }
    }

    /// Cancels the calls that watch this token or a clone of it, now and later.
    ///
    /// # Panics
    ///
    /// If the waker of a waiting task panics, which is a mistake of its executor. All other calls are cancelled and
    /// woken before that.
    pub fn cancel(&self) {
        let waiting = {
            let mut state = self.shared().lock();
            state.cancelled = true;
            std::mem::take(&mut state.waiting)
        };
        self.shared().changed.notify_all();
        wake_all(waiting.into_values());
    }

    /// Returns `true` if the token was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.get().is_some_and(|shared| shared.lock().cancelled)
    }

    /// Returns a future that completes when the token is cancelled.
    ///
    /// # Cancellation
    ///
    /// Dropping the future removes its waker from the token.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::CancelToken;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let token = CancelToken::new();
    /// let worker = token.clone();
    /// tokio::join!(async { worker.cancelled().await }, async { token.cancel() });
    /// assert!(worker.is_cancelled());
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn cancelled(&self) -> WaitForCancel {
        WaitForCancel { shared: Arc::clone(self.shared()), key: None }
    }

    /// Waits until `delay` has passed or the token is cancelled.
    #[cfg(not(all(test, loom)))]
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(dead_code, reason = "the thread of a web page must not block")
    )]
    pub(crate) fn wait(&self, delay: Duration) {
        let shared = self.shared();
        drop(shared.changed.wait_timeout_while(shared.lock(), delay, |state| !state.cancelled));
    }

    /// Waits until the token is cancelled, because time does not pass in a model.
    #[cfg(all(test, loom))]
    pub(crate) fn wait(&self, _: Duration) {
        let shared = self.shared();
        let mut state = shared.lock();
        while !state.cancelled {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        self.shared.get_or_init(Arc::default)
    }
}

impl Shared {
    /// User code does not run under this lock, so the lock cannot be poisoned in the middle of a change.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes every task, then resumes the first panic of a waker, unless the thread is panicking already.
fn wake_all(wakers: impl Iterator<Item = Waker>) {
    // The waker is dropped afterwards, so a broken state of it cannot be observed.
    let wake = |waker: Waker| catch_unwind(AssertUnwindSafe(|| waker.wake()));
    let panics: Vec<_> = wakers.filter_map(|waker| wake(waker).err()).collect();
    if let Some(first) = panics.into_iter().next().filter(|_| !std::thread::panicking()) {
        resume_unwind(first);
    }
}

impl Clone for CancelToken {
    fn clone(&self) -> Self {
        Self { shared: OnceLock::from(Arc::clone(self.shared())) }
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("cancelled", &self.is_cancelled()).finish()
    }
}

impl IntoFuture for CancelToken {
    type Output = ();
    type IntoFuture = WaitForCancel;

    fn into_future(self) -> WaitForCancel {
        self.cancelled()
    }
}

impl IntoFuture for &CancelToken {
    type Output = ();
    type IntoFuture = WaitForCancel;

    fn into_future(self) -> WaitForCancel {
        self.cancelled()
    }
}

/// A future that completes when its [`CancelToken`] is cancelled; created by [`CancelToken::cancelled`].
///
/// # Examples
///
/// ```
/// use backoff_core::{CancelToken, WaitForCancel};
/// use std::pin::Pin;
/// use std::task::{Context, Poll, Waker};
///
/// let token = CancelToken::new();
/// let mut cancelled: WaitForCancel = token.cancelled();
/// let mut cx = Context::from_waker(Waker::noop());
/// assert_eq!(Future::poll(Pin::new(&mut cancelled), &mut cx), Poll::Pending);
/// token.cancel();
/// assert_eq!(Future::poll(Pin::new(&mut cancelled), &mut cx), Poll::Ready(()));
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct WaitForCancel {
    shared: Arc<Shared>,
    key: Option<u64>,
}

impl WaitForCancel {
    /// Returns the token that this future waits for.
    pub(crate) fn token(&self) -> CancelToken {
        CancelToken { shared: OnceLock::from(Arc::clone(&self.shared)) }
    }
}

impl Future for WaitForCancel {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.shared);
        let waker = cx.waker().clone();
        let mut state = shared.lock();
        if state.cancelled {
            return Poll::Ready(());
        }
        if waker.will_wake(Waker::noop()) {
            return Poll::Pending; // a check, after which nobody waits
        }
        let key = *self.key.get_or_insert_with(|| state.new_key());
        let replaced = state.waiting.insert(key, waker);
        drop(state);
        drop(replaced); // a waker's own code runs when it is dropped
        Poll::Pending
    }
}

impl State {
    fn new_key(&mut self) -> u64 {
        let key = self.next_key;
        self.next_key = self.next_key.wrapping_add(1);
        key
    }
}

impl Drop for WaitForCancel {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = self.shared.lock().waiting.remove(&key);
            drop(waker); // after the lock: a waker's own code runs here
        }
    }
}

impl fmt::Debug for WaitForCancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForCancel").finish_non_exhaustive()
    }
}
