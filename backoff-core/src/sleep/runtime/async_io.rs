//! async-io: timers that any executor can poll (smol, async-std, a plain `block_on`), because their reactor runs in a
//! separate thread.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use super::Runtime;

/// The reactor of async-io.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsyncIo;

impl Runtime for AsyncIo {
    type Sleep = AsyncIoSleep;

    #[inline]
    fn is_running() -> bool {
        true
    }

    #[inline]
    fn sleep(delay: Duration) -> AsyncIoSleep {
        AsyncIoSleep(::async_io::Timer::after(delay))
    }
}

/// A timer of async-io, without its output.
#[derive(Debug)]
pub(crate) struct AsyncIoSleep(::async_io::Timer);

impl Future for AsyncIoSleep {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}
