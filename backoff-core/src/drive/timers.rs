//! What waits for the time-outs of an async call; nothing where none is set.

use core::future::Future;
use core::pin::Pin;
use core::task::Context;
use core::time::Duration;

use pin_project_lite::pin_project;

use super::timeouts::{MakeTimeout, NoTimeouts, Timeouts};
use crate::AttemptTimeout;
use crate::sleep::Sleeper;

/// The time-outs of an async call, as the driver uses them.
pub trait AsyncTimeouts<R> {
    /// What waits for a limit; nothing where no time-out is set.
    type Timer<S: Sleeper>: Timer<S>;
    /// Whether the clock is needed.
    const ARE_SET: bool;

    #[doc(hidden)]
    fn attempt(&self) -> Option<Duration>;
    #[doc(hidden)]
    fn call(&self) -> Option<Duration>;
    #[doc(hidden)]
    fn outcome(&self, limit: Duration) -> Option<R>;
}

impl<R> AsyncTimeouts<R> for NoTimeouts {
    type Timer<S: Sleeper> = NoTimer;
    const ARE_SET: bool = false;

    fn attempt(&self) -> Option<Duration> {
        None
    }

    fn call(&self) -> Option<Duration> {
        None
    }

    fn outcome(&self, _: Duration) -> Option<R> {
        None
    }
}

impl<R, T: MakeTimeout<R>> AsyncTimeouts<R> for Timeouts<T> {
    type Timer<S: Sleeper> = OptionalTimer<S::Sleep>;
    const ARE_SET: bool = true;

    fn attempt(&self) -> Option<Duration> {
        self.attempt
    }

    fn call(&self) -> Option<Duration> {
        self.call
    }

    fn outcome(&self, limit: Duration) -> Option<R> {
        Some(self.on_timeout.outcome(AttemptTimeout::new(limit)))
    }
}

/// Waits for a limit to pass.
pub trait Timer<S> {
    #[doc(hidden)]
    fn start(sleeper: &S, limit: Option<Duration>) -> Self;
    #[doc(hidden)]
    fn poll_expired(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool;
}

/// No limit.
#[derive(Clone, Copy, Debug)]
pub struct NoTimer;

impl<S> Timer<S> for NoTimer {
    #[inline]
    fn start(_: &S, _: Option<Duration>) -> Self {
        Self
    }

    #[inline]
    fn poll_expired(self: Pin<&mut Self>, _: &mut Context<'_>) -> bool {
        false
    }
}

pin_project! {
    /// A limit, if there is one.
    #[derive(Debug)]
    pub struct OptionalTimer<Z> {
        #[pin]
        sleep: Option<Z>,
    }
}

impl<S: Sleeper> Timer<S> for OptionalTimer<S::Sleep> {
    fn start(sleeper: &S, limit: Option<Duration>) -> Self {
        Self { sleep: limit.map(|limit| sleeper.sleep(limit)) }
    }

    fn poll_expired(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        self.project().sleep.as_pin_mut().is_some_and(|sleep| sleep.poll(cx).is_ready())
    }
}
