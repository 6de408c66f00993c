//! Sources of "now". Monotonic time is read in `clock/system.rs` and by `sleep/runtime` only.

#[cfg(feature = "std")]
mod system;

use core::time::Duration;

#[cfg(feature = "std")]
pub(crate) use self::system::Instant;
#[cfg(feature = "http-1")]
pub(crate) use self::system::calendar_now;
#[cfg(feature = "std")]
use self::system::system_now;
#[cfg(feature = "_runtime")]
use crate::sleep::runtime::{Enabled, Runtime as _};
#[cfg(feature = "std")]
use crate::test_hooks;

/// A source of time, which tests and simulators can replace.
///
/// Closures `Fn() -> Duration` are clocks: they return the time since a fixed point of their choice.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, StopReason};
/// use std::cell::Cell;
/// use std::time::Duration;
///
/// let now = Cell::new(Duration::ZERO);
/// let report = Policy::exponential()
///     .max_elapsed(Duration::from_secs(60))
///     .build()
///     .retry(|| Err::<(), _>("down"))
///     .clock(|| now.get())
///     .sleep(|delay| now.set(now.get() + delay))
///     .call_report();
/// let error = report.unwrap_err();
/// assert_eq!(
///     (error.reason, error.elapsed),
///     (StopReason::MaxElapsed, error.slept)
/// );
/// ```
pub trait Clock {
    /// A point in time.
    type Instant: Copy;

    /// Returns the present instant.
    fn now(&self) -> Self::Instant;

    /// Returns the time from `earlier` to now; zero when the clock went backwards.
    fn elapsed(&self, earlier: Self::Instant) -> Duration;
}

impl<F> Clock for F
where
    F: Fn() -> Duration,
{
    type Instant = Duration;

    fn now(&self) -> Duration {
        self()
    }

    fn elapsed(&self, earlier: Duration) -> Duration {
        self().saturating_sub(earlier)
    }
}

/// The standard library's monotonic clock; blocking calls use it.
///
/// In a web page (`wasm32-unknown-unknown`) it is the page's clock, with the feature `web`. Without the feature it
/// panics there, because the standard library has no clock; give the call another with `clock`.
///
/// # Examples
///
/// ```
/// use backoff_core::{Clock, SystemClock};
/// use std::time::Duration;
///
/// let start = SystemClock.now();
/// assert!(SystemClock.now() >= start); // it never goes back
/// let later = start + Duration::from_secs(60);
/// assert_eq!(SystemClock.elapsed(later), Duration::ZERO); // never negative
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(feature = "std")]
impl Clock for SystemClock {
    type Instant = Instant;

    #[inline]
    fn now(&self) -> Self::Instant {
        test_hooks::now().unwrap_or_else(system_now)
    }

    #[inline]
    fn elapsed(&self, earlier: Self::Instant) -> Duration {
        self.now().saturating_duration_since(earlier)
    }
}

/// Returns the time since the first call of this function; in the virtual time of a test, the time since its start.
///
/// The start of the process time is read from the system clock, even if the first call comes from such a test.
#[cfg(feature = "std")]
#[allow(dead_code, reason = "targets without a clock have no fitted budgets")]
pub(crate) fn since_start() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    test_hooks::passed().unwrap_or_else(|| {
        let now = system_now();
        now.saturating_duration_since(*START.get_or_init(|| now))
    })
}

/// The clock of the async runtime; async calls use it.
///
/// Inside a tokio runtime it is tokio's, so that paused time counts; elsewhere it is the [`SystemClock`].
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::{Clock, RuntimeClock};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let start = RuntimeClock.now();
/// tokio::time::advance(Duration::from_secs(60)).await; // tokio's paused time
/// assert_eq!(RuntimeClock.elapsed(start), Duration::from_secs(60));
/// # });
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RuntimeClock;

#[cfg(feature = "std")]
impl Clock for RuntimeClock {
    type Instant = Instant;

    #[inline]
    fn now(&self) -> Self::Instant {
        if let Some(now) = test_hooks::now() {
            return now;
        }
        #[cfg(feature = "_runtime")]
        if let Some(now) = Enabled::now() {
            return now;
        }
        system_now()
    }

    #[inline]
    fn elapsed(&self, earlier: Self::Instant) -> Duration {
        self.now().saturating_duration_since(earlier)
    }
}

/// The clock of a manual loop or a ticker. These may block or await, and only their first wait shows which.
///
/// Both times are recorded, because tokio's can stop while the thread's continues, and the reverse.
#[cfg(feature = "std")]
#[derive(Debug)]
pub(crate) struct WaitClock<'a, K> {
    source: &'a K,
    kind: WaitKind,
}

/// The kind of the last wait.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum WaitKind {
    /// The wait blocks the thread.
    Blocking,
    /// The wait is awaited.
    Async,
}

/// The same instant on both clocks.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct BothInstants<B, A> {
    blocking: B,
    runtime: A,
    /// Time that had passed before, in a process that was restarted.
    before: Duration,
}

/// The instant of a [`WaitClock`].
#[cfg(feature = "std")]
pub(crate) type InstantOf<K> =
    BothInstants<<<K as ClockSource>::Blocking as Clock>::Instant, <<K as ClockSource>::Async as Clock>::Instant>;

#[cfg(feature = "std")]
impl<'a, K: ClockSource> WaitClock<'a, K> {
    pub(crate) const fn new(source: &'a K, kind: WaitKind) -> Self {
        Self { source, kind }
    }

    /// Returns the instant that was this long ago.
    pub(crate) fn before(&self, before: Duration) -> InstantOf<K> {
        BothInstants { before, ..self.now() }
    }
}

#[cfg(feature = "std")]
impl<K: ClockSource> Clock for WaitClock<'_, K> {
    type Instant = InstantOf<K>;

    fn now(&self) -> InstantOf<K> {
        let (blocking, runtime) = (self.source.blocking().now(), self.source.runtime().now());
        BothInstants { blocking, runtime, before: Duration::ZERO }
    }

    fn elapsed(&self, earlier: InstantOf<K>) -> Duration {
        let since = match self.kind {
            WaitKind::Blocking => self.source.blocking().elapsed(earlier.blocking),
            WaitKind::Async => self.source.runtime().elapsed(earlier.runtime),
        };
        since.saturating_add(earlier.before)
    }
}

/// The clock for the kind of call: [`SystemClock`] for blocking, [`RuntimeClock`] for async calls.
///
/// # Examples
///
/// ```
/// use backoff_core::{Clock, ClockSource, DefaultClock};
/// use backoff_core::{RuntimeClock, SystemClock};
///
/// let blocking: &SystemClock = DefaultClock.blocking();
/// let runtime: &RuntimeClock = DefaultClock.runtime();
/// let (start, later) = (blocking.now(), runtime.now());
/// assert!(later >= start); // outside of a runtime they are the same clock
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultClock;

/// A clock for either kind of call, blocking or async.
///
/// # Examples
///
/// ```
/// use backoff_core::{Clock, ClockSource};
/// use std::time::Duration;
///
/// fn now<C: ClockSource>(clock: &C) -> <C::Blocking as Clock>::Instant {
///     clock.blocking().now()
/// }
///
/// let stopped = || Duration::from_secs(7); // every clock is a source, too
/// assert_eq!(now(&stopped), Duration::from_secs(7));
/// ```
#[diagnostic::on_unimplemented(
    message = "there is no clock: the feature `std` of `backoff-core` is off and none was given",
    label = "give one with `.clock(..)`, or enable the feature `std`"
)]
pub trait ClockSource {
    /// The clock of a blocking call.
    type Blocking: Clock;
    /// The clock of an async call.
    type Async: Clock;

    /// Returns the clock of a blocking call.
    fn blocking(&self) -> &Self::Blocking;
    /// Returns the clock of an async call.
    fn runtime(&self) -> &Self::Async;
}

impl<C: Clock> ClockSource for C {
    type Blocking = C;
    type Async = C;

    #[inline]
    fn blocking(&self) -> &C {
        self
    }

    #[inline]
    fn runtime(&self) -> &C {
        self
    }
}

#[cfg(feature = "std")]
impl ClockSource for DefaultClock {
    type Blocking = SystemClock;
    type Async = RuntimeClock;

    #[inline]
    fn blocking(&self) -> &SystemClock {
        &SystemClock
    }

    #[inline]
    fn runtime(&self) -> &RuntimeClock {
        &RuntimeClock
    }
}
