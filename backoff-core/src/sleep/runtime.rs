//! The async runtimes, one file each, and the list of them.
//!
//! The list chooses at run time among the enabled ones. The types compose at compile time: with one runtime enabled the
//! future is the one of that runtime, and no larger.
#![cfg_attr(
    not(any(feature = "tokio", feature = "async-io")),
    allow(dead_code, reason = "`web` alone has no runtime on targets other than a web page")
)]

#[cfg(all(feature = "async-io", not(all(target_family = "wasm", target_os = "unknown"))))]
mod async_io;
#[cfg(all(feature = "tokio", not(all(target_family = "wasm", target_os = "unknown"))))]
mod tokio;
#[cfg(all(feature = "web", all(target_family = "wasm", target_os = "unknown")))]
mod web;

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use pin_project_lite::pin_project;

use crate::clock::Instant;
use crate::test_hooks::MaybeVirtual;

/// Defines [`Enabled`] from a list of conditions and runtimes.
macro_rules! runtimes {
    ($($module:ident::$runtime:ident if $condition:meta,)+) => {
        $(
            #[cfg($condition)]
            use self::$module::$runtime;
            #[cfg(not($condition))]
            use self::NoRuntime as $runtime;
        )+

        /// The first enabled runtime that is running; the last enabled one if none of those before it is running.
        pub(crate) type Enabled = runtimes!(@first $($runtime)+);
    };
    (@first) => { NoRuntime };
    (@first $first:ident $($others:ident)*) => { FirstRunning<$first, runtimes!(@first $($others)*)> };
}

// A web page has the third one and neither of the others, whatever features are on: tokio cannot read the time there.
runtimes! {
    tokio::Tokio if all(feature = "tokio", not(all(target_family = "wasm", target_os = "unknown"))),
    async_io::AsyncIo if all(feature = "async-io", not(all(target_family = "wasm", target_os = "unknown"))),
    web::Web if all(feature = "web", all(target_family = "wasm", target_os = "unknown")),
}

/// An async runtime.
pub(crate) trait Runtime {
    /// Completes after a delay.
    type Sleep: Future<Output = ()>;

    /// `true` if the runtime's feature is on.
    const IS_ENABLED: bool = true;

    /// Returns `true` if the runtime can serve the calling code.
    fn is_running() -> bool;

    /// Returns a future that completes after `delay`.
    fn sleep(delay: Duration) -> Self::Sleep;

    /// Returns the present instant, if the runtime has its own clock.
    #[inline]
    fn now() -> Option<Instant> {
        None
    }

    /// Returns a random seed, if the runtime has randomness that the standard library has not.
    #[inline]
    fn random_seed() -> Option<u64> {
        None
    }

    /// Returns `true` if the present task has some of its cooperative budget left, or if the runtime has no such
    /// budget.
    #[inline]
    fn has_budget() -> bool {
        true
    }

    /// Polls a future even if the present task's budget is used up.
    #[inline]
    fn poll_unbudgeted<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        future.poll(cx)
    }
}

/// `A` if it is enabled and running, or is the only one enabled; `B` otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstRunning<A, B>(A, B);

impl<A: Runtime, B: Runtime> Runtime for FirstRunning<A, B> {
    type Sleep = Either<A::Sleep, B::Sleep>;

    const IS_ENABLED: bool = A::IS_ENABLED || B::IS_ENABLED;

    #[inline]
    fn is_running() -> bool {
        A::is_running() || B::is_running()
    }

    #[inline]
    fn sleep(delay: Duration) -> Self::Sleep {
        if A::IS_ENABLED && (!B::IS_ENABLED || A::is_running()) {
            return Either::First { sleep: A::sleep(delay) };
        }
        Either::Second { sleep: B::sleep(delay) }
    }

    #[inline]
    fn now() -> Option<Instant> {
        A::now().or_else(B::now)
    }

    #[inline]
    fn random_seed() -> Option<u64> {
        A::random_seed().or_else(B::random_seed)
    }

    #[inline]
    fn has_budget() -> bool {
        A::has_budget() && B::has_budget()
    }

    #[inline]
    fn poll_unbudgeted<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if A::has_budget() { B::poll_unbudgeted(future, cx) } else { A::poll_unbudgeted(future, cx) }
    }
}

pin_project! {
    /// The sleep of one of two runtimes; that of a disabled one takes no space.
    #[project = EitherPinned]
    pub(crate) enum Either<A, B> {
        First { #[pin] sleep: A },
        Second { #[pin] sleep: B },
    }
}

impl<A: Future<Output = ()>, B: Future<Output = ()>> Future for Either<A, B> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project() {
            EitherPinned::First { sleep } => sleep.poll(cx),
            EitherPinned::Second { sleep } => sleep.poll(cx),
        }
    }
}

/// A placeholder for a runtime whose feature is off, or which does not exist on the target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoRuntime;

/// The sleep of a disabled runtime; no function returns it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoSleep {}

impl Future for NoSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match *self {}
    }
}

impl Runtime for NoRuntime {
    type Sleep = NoSleep;

    const IS_ENABLED: bool = false;

    #[inline]
    fn is_running() -> bool {
        false
    }

    fn sleep(_: Duration) -> NoSleep {
        let needed =
            if cfg!(all(target_family = "wasm", target_os = "unknown")) { "`web`" } else { "`tokio` or `async-io`" };
        panic!("no enabled async sleeper of `backoff-core` works on this target; enable the feature {needed}")
    }
}

/// Polls a future even if the present task's budget is used up.
#[inline]
pub(crate) fn poll_unbudgeted<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    Enabled::poll_unbudgeted(future, cx)
}

pin_project! {
    /// The sleep of [`DefaultSleeper`](crate::DefaultSleeper) in async code: completes after a delay, in the time of
    /// the async runtime that is running when it is created.
    ///
    /// # Cancellation
    ///
    /// Dropping it ends the timer.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, it panics in a tokio runtime without `enable_time`. Outside of a tokio runtime it
    /// panics unless `async-io` is enabled, too.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::call::RuntimeSleep;
    /// use backoff_core::{DefaultSleeper, Sleeper};
    /// use std::time::Duration;
    /// use tokio::time::Instant;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let (start, minute) = (Instant::now(), Duration::from_secs(60));
    /// let sleep: RuntimeSleep = DefaultSleeper.sleep(minute);
    /// sleep.await;
    /// assert_eq!(start.elapsed(), minute); // in tokio's paused time
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct RuntimeSleep {
        #[pin]
        sleep: MaybeVirtual<<Enabled as Runtime>::Sleep>,
    }
}

impl RuntimeSleep {
    #[inline]
    pub(crate) fn new(delay: Duration) -> Self {
        Self { sleep: MaybeVirtual::new(delay, Enabled::sleep) }
    }
}

impl Future for RuntimeSleep {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(cx)
    }
}

impl fmt::Debug for RuntimeSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeSleep").finish_non_exhaustive()
    }
}
