//! Test hooks without the feature `testing`: constants that the compiler removes.

#[cfg(feature = "_runtime")]
pub(crate) use self::sleep::MaybeVirtual;

/// Returns `None`, because there is no virtual clock.
#[cfg(feature = "std")]
#[inline]
pub(crate) const fn now() -> Option<crate::clock::Instant> {
    None
}

/// Returns `None`, because there is no virtual clock.
#[cfg(feature = "std")]
#[inline]
pub(crate) const fn passed() -> Option<core::time::Duration> {
    None
}

/// Returns `false`, because no virtual clock can advance by the delay.
#[cfg(all(feature = "std", not(all(target_family = "wasm", target_os = "unknown"))))]
#[inline]
pub(crate) const fn passes(_: core::time::Duration) -> bool {
    false
}

/// Does nothing, because no virtual clock counts polls of zero delays.
#[cfg(feature = "async")]
#[inline]
pub(crate) const fn zero_delay_polled() {}

/// Polls a future that the caller does not wait for.
#[cfg(feature = "async")]
#[inline]
pub(crate) fn poll_without_waiting<R>(poll: impl FnOnce() -> R) -> R {
    poll()
}

#[cfg(feature = "_runtime")]
mod sleep {
    use core::future::Future;
    use core::pin::Pin;
    use core::task::{Context, Poll};
    use core::time::Duration;

    use pin_project_lite::pin_project;

    pin_project! {
        /// The sleep `S` of a runtime.
        pub(crate) struct MaybeVirtual<S> {
            #[pin]
            sleep: S,
        }
    }

    impl<S> MaybeVirtual<S> {
        /// Returns the future of `real`, which completes after `delay`.
        #[cfg_attr(
            not(any(feature = "tokio", feature = "async-io")),
            allow(dead_code, reason = "`web` alone has no runtime on targets other than a web page")
        )]
        #[inline]
        pub(crate) fn new(delay: Duration, real: impl FnOnce(Duration) -> S) -> Self {
            Self { sleep: real(delay) }
        }
    }

    impl<S: Future<Output = ()>> Future for MaybeVirtual<S> {
        type Output = ();

        #[inline]
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.project().sleep.poll(cx)
        }
    }
}
