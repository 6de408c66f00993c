//! Timeouts of an async call as signals. Without timeouts, the signals are empty.

use core::time::Duration;

use super::race::{FutureSignal, Never, Signal};
use super::timeouts::{MakeTimeout, NoTimeouts, Timeouts};
use crate::AttemptTimeout;
use crate::sleep::SleepMut;

/// Timeouts of an async call, as the driver uses them.
pub trait TimeoutSignals<R> {
    /// The signal of a limit; zero-sized without timeouts.
    type Timer<S: SleepMut>: Signal;
    /// `true` if the call needs the clock.
    const ARE_SET: bool;

    #[doc(hidden)]
    fn attempt(&self) -> Option<Duration>;
    #[doc(hidden)]
    fn call(&self) -> Option<Duration>;
    #[doc(hidden)]
    fn timer<S: SleepMut>(sleeper: &mut S, limit: Option<Duration>) -> Self::Timer<S>;
    #[doc(hidden)]
    fn outcome(&mut self, limit: Duration) -> Option<R>;
}

impl<R> TimeoutSignals<R> for NoTimeouts {
    type Timer<S: SleepMut> = Never;
    const ARE_SET: bool = false;

    fn attempt(&self) -> Option<Duration> {
        None
    }

    fn call(&self) -> Option<Duration> {
        None
    }

    #[inline]
    fn timer<S: SleepMut>(_: &mut S, _: Option<Duration>) -> Never {
        Never
    }

    fn outcome(&mut self, _: Duration) -> Option<R> {
        None
    }
}

impl<R, T: MakeTimeout<R>> TimeoutSignals<R> for Timeouts<T> {
    type Timer<S: SleepMut> = Option<FutureSignal<S::Sleep>>;
    const ARE_SET: bool = true;

    fn attempt(&self) -> Option<Duration> {
        self.attempt
    }

    fn call(&self) -> Option<Duration> {
        self.call
    }

    fn timer<S: SleepMut>(sleeper: &mut S, limit: Option<Duration>) -> Option<FutureSignal<S::Sleep>> {
        limit.map(|limit| FutureSignal::new(sleeper.sleep_mut(limit)))
    }

    fn outcome(&mut self, limit: Duration) -> Option<R> {
        Some(self.on_timeout.outcome(AttemptTimeout::new(limit)))
    }
}
