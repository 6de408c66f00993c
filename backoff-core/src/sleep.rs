//! Sleepers: types that wait until a delay has passed.

#[cfg(feature = "_runtime")]
pub(crate) mod runtime;

use core::future::Future;
use core::time::Duration;

#[cfg(feature = "_runtime")]
pub use self::runtime::RuntimeSleep;
#[cfg(all(feature = "std", not(all(target_family = "wasm", target_os = "unknown"))))]
use crate::test_hooks;

/// Declares a trait of sleepers, with what the compiler says of a type that is none. A web page needs other features.
macro_rules! explained {
    (async $message:literal $trait:item) => {
        #[cfg_attr(
            not(all(target_family = "wasm", target_os = "unknown")),
            diagnostic::on_unimplemented(
                message = $message,
                label = "no async sleeper",
                note = "enable the feature `tokio` or `async-io` of `backoff-core`, or give a closure `|delay| -> impl Future<Output = ()>` with `sleep`"
            )
        )]
        #[cfg_attr(
            all(target_family = "wasm", target_os = "unknown"),
            diagnostic::on_unimplemented(
                message = $message,
                label = "no async sleeper",
                note = "enable the feature `web` of `backoff-core`, or give a closure `|delay| -> impl Future<Output = ()>` with `sleep`"
            )
        )]
        $trait
    };
    (blocking $message:literal $trait:item) => {
        #[cfg_attr(
            not(all(target_family = "wasm", target_os = "unknown")),
            diagnostic::on_unimplemented(
                message = $message,
                label = "no blocking sleeper",
                note = "enable the feature `std` of `backoff-core`, or give a closure `|delay| ..` that returns nothing with `sleep`"
            )
        )]
        #[cfg_attr(
            all(target_family = "wasm", target_os = "unknown"),
            diagnostic::on_unimplemented(
                message = "blocking code cannot wait on `wasm32-unknown-unknown`, because the thread of a web page must not block",
                label = "no blocking sleeper",
                note = "use an async function or call, or give a closure `|delay| ..` that returns nothing with `sleep`"
            )
        )]
        $trait
    };
}

explained! {
    async "`{Self}` cannot wait in async code"
    /// Waits for a delay without blocking the thread.
    ///
    /// | feature | where | async sleeper |
    /// |---|---|---|
    /// | `tokio` | inside a tokio runtime | `tokio::time::sleep`; paused time advances by itself |
    /// | `async-io` | elsewhere: smol, async-std, a plain `block_on` | `async_io::Timer` |
    /// | `web` | a web page, a worker or Node, on `wasm32-unknown-unknown` | `setTimeout`, rounded up to milliseconds |
    /// | none | | a closure given with `.sleep(..)`; without one the call does not compile |
    ///
    /// The sleeper is chosen among the enabled ones when the delay begins. Inside a tokio runtime without `enable_time`
    /// tokio's sleep panics ("timers are disabled"), also with `async-io` on, because tokio has no way to detect it
    /// before. Outside of a tokio runtime it panics ("there is no reactor running") unless `async-io` is on, too.
    /// Blocking calls use [`std::thread::sleep`] and need only the feature `std`.
    ///
    /// On `wasm32-unknown-unknown` only the feature `web` brings a sleeper, whatever other features are on, and on
    /// other targets it brings none. A delay in a page is never shorter than requested; browsers prolong it in a tab
    /// that is in the background. A thread cannot wait there: a blocking call needs a closure, given with `sleep`, to
    /// compile.
    ///
    /// Closures `Fn(Duration) -> impl Future<Output = ()>` are sleepers. A closure with a state (`FnMut`) can be the
    /// sleeper of one call, given with [`Retry::sleep`](crate::Retry::sleep). A zero delay never reaches a sleeper. The
    /// sleeper also times `attempt_timeout` and `timeout`. So a sleeper that returns at once makes every attempt time
    /// out that is not ready at once. For tests with timeouts use tokio's paused time, or the feature `testing`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{Policy, Sleeper};
    /// use std::future::{Ready, ready};
    /// use std::time::Duration;
    ///
    /// struct NoWait;
    ///
    /// impl Sleeper for NoWait {
    ///     type Sleep = Ready<()>;
    ///     fn sleep(&self, _: Duration) -> Ready<()> {
    ///         ready(())
    ///     }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let policy = Policy::constant(Duration::from_secs(3_600)).build();
    /// let call = policy.retry(|| async { Err::<(), _>("down") });
    /// assert_eq!(call.sleep_with(NoWait).await, Err("down")); // at once
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub trait Sleeper {
        /// The future that waits.
        type Sleep: Future<Output = ()>;

        /// Returns a future that completes after `delay`.
        fn sleep(&self, delay: Duration) -> Self::Sleep;
    }
}

#[diagnostic::do_not_recommend]
impl<F, S> Sleeper for F
where
    F: Fn(Duration) -> S,
    S: Future<Output = ()>,
{
    type Sleep = S;

    #[inline]
    fn sleep(&self, delay: Duration) -> S {
        self(delay)
    }
}

explained! {
    blocking "`{Self}` cannot wait in blocking code"
    /// Waits for a delay by blocking the thread.
    ///
    /// Closures `Fn(Duration)` are blocking sleepers. A closure with a state (`FnMut`) can be the sleeper of one call,
    /// given with [`Retry::sleep`](crate::Retry::sleep). A zero delay never reaches a sleeper.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{BlockingSleeper, Policy};
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// struct Total<'a>(&'a Cell<Duration>);
    ///
    /// impl BlockingSleeper for Total<'_> {
    ///     fn sleep(&self, delay: Duration) {
    ///         self.0.set(self.0.get() + delay); // waits for nothing
    ///     }
    /// }
    ///
    /// let total = Cell::new(Duration::ZERO);
    /// let policy = Policy::exponential().max_attempts(4).build();
    /// let call = policy.retry(|| Err::<(), _>("down")).random(|| u64::MAX);
    /// assert!(call.sleep_with(Total(&total)).call().is_err());
    /// assert_eq!(total.get().as_millis(), 100 + 200 + 400);
    /// ```
    pub trait BlockingSleeper {
        /// Returns after `delay`.
        fn sleep(&self, delay: Duration);

        /// Returns after `delay` or, if the sleeper can be woken, as soon as the token is cancelled.
        #[cfg(feature = "std")]
        fn sleep_unless_cancelled(&self, delay: Duration, token: &crate::CancelToken) {
            // A sleeper that cannot be woken detects the cancellation afterwards.
            if !token.is_cancelled() {
                self.sleep(delay);
            }
        }
    }
}

impl<F> BlockingSleeper for F
where
    F: Fn(Duration),
{
    #[inline]
    fn sleep(&self, delay: Duration) {
        self(delay);
    }
}

explained! {
    async "this sleeper cannot wait in async code"
    /// A sleeper as a driver of async calls uses it: one that may have a state.
    ///
    /// [`Sleeper`] takes `&self`, so that calls can share one. A closure with a state cannot be shared, and belongs to one
    /// call.
    #[cfg_attr(
        not(any(feature = "std", feature = "async")),
        allow(dead_code, unreachable_pub, reason = "only async code uses it")
    )]
    pub trait SleepMut {
        /// The future that waits.
        type Sleep: Future<Output = ()>;

        #[doc(hidden)]
        fn sleep_mut(&mut self, delay: Duration) -> Self::Sleep;
    }
}

explained! {
    blocking "this sleeper cannot wait in blocking code"
    /// A sleeper as a driver of blocking calls uses it: one that may have a state.
    pub trait BlockingSleepMut {
        #[doc(hidden)]
        fn sleep_mut(&mut self, delay: Duration);

        #[cfg(feature = "std")]
        #[doc(hidden)]
        fn sleep_mut_unless_cancelled(&mut self, delay: Duration, token: &crate::CancelToken);
    }
}

impl<S: Sleeper> SleepMut for S {
    type Sleep = S::Sleep;

    #[inline]
    fn sleep_mut(&mut self, delay: Duration) -> S::Sleep {
        self.sleep(delay)
    }
}

impl<S: BlockingSleeper> BlockingSleepMut for S {
    #[inline]
    fn sleep_mut(&mut self, delay: Duration) {
        self.sleep(delay);
    }

    #[cfg(feature = "std")]
    #[inline]
    fn sleep_mut_unless_cancelled(&mut self, delay: Duration, token: &crate::CancelToken) {
        self.sleep_unless_cancelled(delay, token);
    }
}

/// A closure `FnMut(Duration)` as the sleeper of one call. It returns `()` for a blocking call, and a future for an
/// async call.
#[derive(Clone, Copy, Debug)]
pub struct SleepFn<F>(pub(crate) F);

#[diagnostic::do_not_recommend]
impl<F, S> SleepMut for SleepFn<F>
where
    F: FnMut(Duration) -> S,
    S: Future<Output = ()>,
{
    type Sleep = S;

    #[inline]
    fn sleep_mut(&mut self, delay: Duration) -> S {
        (self.0)(delay)
    }
}

#[diagnostic::do_not_recommend]
impl<F> BlockingSleepMut for SleepFn<F>
where
    F: FnMut(Duration),
{
    #[inline]
    fn sleep_mut(&mut self, delay: Duration) {
        (self.0)(delay);
    }

    #[cfg(feature = "std")]
    fn sleep_mut_unless_cancelled(&mut self, delay: Duration, token: &crate::CancelToken) {
        // A closure cannot be woken. The driver detects the cancellation after it.
        if !token.is_cancelled() {
            self.sleep_mut(delay);
        }
    }
}

/// The default sleeper: the thread's for blocking calls, the runtime's for async ones.
///
/// # Examples
///
/// ```
/// use backoff_core::{BlockingSleeper, CancelToken, DefaultSleeper};
/// use std::time::Duration;
///
/// let token = CancelToken::new();
/// token.cancel();
/// let hour = Duration::from_secs(3_600);
/// DefaultSleeper.sleep_unless_cancelled(hour, &token); // returns at once
/// assert!(token.is_cancelled());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultSleeper;

#[cfg(all(feature = "std", not(all(target_family = "wasm", target_os = "unknown"))))]
impl BlockingSleeper for DefaultSleeper {
    #[inline]
    fn sleep(&self, delay: Duration) {
        if !test_hooks::passes(delay) {
            std::thread::sleep(delay);
        }
    }

    fn sleep_unless_cancelled(&self, delay: Duration, token: &crate::CancelToken) {
        if !token.is_cancelled() && !test_hooks::passes(delay) {
            token.wait(delay);
        }
    }
}

// Not for a feature that is enabled on a target that it does not serve.
#[cfg(any(
    all(any(feature = "tokio", feature = "async-io"), not(all(target_family = "wasm", target_os = "unknown"))),
    all(feature = "web", all(target_family = "wasm", target_os = "unknown"))
))]
impl Sleeper for DefaultSleeper {
    type Sleep = RuntimeSleep;

    #[inline]
    fn sleep(&self, delay: Duration) -> RuntimeSleep {
        RuntimeSleep::new(delay)
    }
}

#[cfg(feature = "async")]
pub(crate) use self::wait::Wait;

/// Polls a future even if the task's cooperative budget is used up.
// One copy for each kind of future: the code of every annotated function would contain it otherwise.
#[cfg(feature = "async")]
#[inline(never)]
pub(crate) fn poll_unbudgeted<F: Future>(
    future: core::pin::Pin<&mut F>,
    cx: &mut core::task::Context<'_>,
) -> core::task::Poll<F::Output> {
    #[cfg(feature = "_runtime")]
    return runtime::poll_unbudgeted(future, cx);
    #[cfg(not(feature = "_runtime"))]
    future.poll(cx)
}

#[cfg(feature = "async")]
mod wait {
    use core::future::Future;
    use core::pin::Pin;
    use core::task::{Context, Poll};
    use core::time::Duration;

    use pin_project_lite::pin_project;

    use super::SleepMut;
    use crate::test_hooks;

    pin_project! {
        /// Waits for a delay; a zero delay skips the sleeper and yields to the executor once.
        #[project = WaitPinned]
        #[must_use = "futures do nothing unless polled"]
        #[derive(Debug)]
        pub enum Wait<Z> {
            Sleep { #[pin] sleep: Z },
            Yield { yielded: bool },
        }
    }

    impl<Z> Wait<Z> {
        #[inline]
        pub(crate) fn new(sleeper: &mut impl SleepMut<Sleep = Z>, delay: Duration) -> Self {
            if delay.is_zero() {
                return Self::Yield { yielded: false };
            }
            Self::Sleep { sleep: sleeper.sleep_mut(delay) }
        }
    }

    impl<Z: Future<Output = ()>> Future for Wait<Z> {
        type Output = ();

        #[inline]
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            if matches!(*self, Self::Yield { .. }) {
                test_hooks::zero_delay_polled();
            }
            match self.project() {
                WaitPinned::Sleep { sleep } => sleep.poll(cx),
                WaitPinned::Yield { yielded: true } => Poll::Ready(()),
                WaitPinned::Yield { yielded } => {
                    *yielded = true;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        }
    }
}
