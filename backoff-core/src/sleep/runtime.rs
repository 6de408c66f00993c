//! The sleeper of whichever async runtime polls the call.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use pin_project_lite::pin_project;

// With one runtime enabled the future is that runtime's own, no larger.
#[cfg(not(feature = "async-io"))]
pin_project! {
    /// Completes after a delay, in the time of the async runtime that polls it.
    #[must_use = "futures do nothing unless polled"]
    pub struct RuntimeSleep {
        #[pin]
        timer: tokio::time::Sleep,
    }
}

#[cfg(not(feature = "async-io"))]
impl RuntimeSleep {
    #[inline]
    pub(crate) fn new(delay: Duration) -> Self {
        Self { timer: tokio::time::sleep(delay) }
    }
}

#[cfg(not(feature = "async-io"))]
impl Future for RuntimeSleep {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().timer.poll(cx)
    }
}

#[cfg(feature = "async-io")]
pin_project! {
    /// Completes after a delay, in the time of the async runtime that polls it.
    #[must_use = "futures do nothing unless polled"]
    pub struct RuntimeSleep {
        #[pin]
        timer: Timer,
    }
}

#[cfg(all(feature = "async-io", feature = "tokio"))]
pin_project! {
    #[project = TimerPinned]
    enum Timer {
        Tokio { #[pin] timer: tokio::time::Sleep },
        AsyncIo { #[pin] timer: async_io::Timer },
    }
}

#[cfg(all(feature = "async-io", not(feature = "tokio")))]
pin_project! {
    #[project = TimerPinned]
    enum Timer {
        AsyncIo { #[pin] timer: async_io::Timer },
    }
}

#[cfg(feature = "async-io")]
impl RuntimeSleep {
    #[inline]
    pub(crate) fn new(delay: Duration) -> Self {
        #[cfg(feature = "tokio")]
        if tokio::runtime::Handle::try_current().is_ok() {
            return Self { timer: Timer::Tokio { timer: tokio::time::sleep(delay) } };
        }
        Self { timer: Timer::AsyncIo { timer: async_io::Timer::after(delay) } }
    }
}

#[cfg(feature = "async-io")]
impl Future for RuntimeSleep {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project().timer.project() {
            #[cfg(feature = "tokio")]
            TimerPinned::Tokio { timer } => timer.poll(cx),
            TimerPinned::AsyncIo { timer } => timer.poll(cx).map(|_| ()),
        }
    }
}

impl fmt::Debug for RuntimeSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeSleep").finish_non_exhaustive()
    }
}
