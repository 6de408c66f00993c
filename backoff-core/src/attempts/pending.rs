//! The delay before the next attempt or tick, which a dropped wait does not end.

use core::time::Duration;

use crate::clock::Clock;
use crate::drive::cancel::BlockingCancel;
use crate::sleep::BlockingSleepMut;

/// A delay that has not passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending<I> {
    /// The delay that the policy decided.
    pub(crate) decided: Duration,
    /// The time to wait: the delay, or the rest of the one before if that is longer.
    delay: Duration,
    /// Start of the first wait.
    began: Option<I>,
    /// The number of the delay, by which a `WaitState` recognizes its own.
    #[cfg_attr(not(feature = "async"), expect(dead_code, reason = "only an async wait has a state"))]
    number: u32,
}

impl<I: Copy> Pending<I> {
    /// Returns a delay. It does not end before the previous one if that has not passed.
    pub(crate) fn new(decided: Duration, previous: Option<Self>, clock: &impl Clock<Instant = I>, number: u32) -> Self {
        let delay = previous.map_or(decided, |previous| previous.rest(clock).max(decided));
        Self { decided, delay, began: None, number }
    }

    /// Returns the time that is left to wait.
    pub(crate) fn rest(&self, clock: &impl Clock<Instant = I>) -> Duration {
        self.began.map_or(self.delay, |began| self.delay.saturating_sub(clock.elapsed(began)))
    }

    pub(crate) const fn delay(&self) -> Duration {
        self.delay
    }

    /// Blocks the thread for the rest of the delay. Returns `false` if the call was cancelled, possibly at its end.
    pub(crate) fn block(
        &self,
        clock: &impl Clock<Instant = I>,
        sleeper: &mut impl BlockingSleepMut,
        cancel: &impl BlockingCancel,
    ) -> bool {
        let rest = self.rest(clock);
        if !rest.is_zero() {
            cancel.wait(sleeper, rest);
        }
        !cancel.is_cancelled()
    }
}

#[cfg(feature = "async")]
pub use self::awaited::WaitState;

#[cfg(feature = "async")]
mod awaited {
    use core::fmt;
    use core::pin::Pin;
    use core::task::{Context, Poll};

    use pin_project_lite::pin_project;

    use crate::attempts::cancel::LoopCancel;
    use crate::attempts::pending::Pending;
    use crate::clock::Clock;
    use crate::drive::race::{DelayEnd, Never, Signal, poll_delay};
    use crate::sleep::{SleepMut, Wait};

    pin_project! {
        /// The sleep of a delay that a poll function waits for; see
        /// [`Attempts::poll_wait`](crate::Attempts::poll_wait).
        ///
        /// `Z` is the future of the sleeper: [`RuntimeSleep`](crate::call::RuntimeSleep) for the default one. A type
        /// that pins its fields contains this one as a pinned field; others contain a `Pin<Box<WaitState<Z>>>`.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[cfg(feature = "tokio")]
        /// # {
        /// use backoff_core::call::RuntimeSleep;
        /// use backoff_core::{Policy, WaitState};
        /// use std::future::poll_fn;
        ///
        /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
        /// let policy = Policy::default();
        /// let mut attempts = policy.start();
        /// let mut state = Box::pin(WaitState::<RuntimeSleep>::new());
        /// let delay = attempts.failed("down");
        /// let end = poll_fn(|cx| attempts.poll_wait(state.as_mut(), cx)).await;
        /// assert_eq!((end, attempts.slept()), (Ok(()), delay.unwrap_or_default()));
        /// # });
        /// # }
        /// # Ok::<(), std::io::Error>(())
        /// ```
        pub struct WaitState<Z> {
            #[pin]
            wait: Option<Wait<Z>>,
            number: u32,
        }
    }

    impl<Z> WaitState<Z> {
        /// Returns a state that waits for nothing.
        #[must_use]
        pub const fn new() -> Self {
            Self { wait: None, number: 0 }
        }
    }

    impl<Z> Default for WaitState<Z> {
        fn default() -> Self {
            Self::new()
        }
    }

    impl<Z> fmt::Debug for WaitState<Z> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("WaitState").field("is_waiting", &self.wait.is_some()).finish_non_exhaustive()
        }
    }

    /// The cancellation of a loop as a signal.
    struct AsSignal<'a, X>(&'a mut X);

    impl<X: LoopCancel> Signal for AsSignal<'_, X> {
        fn poll_given(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
            self.get_mut().0.poll_given(cx)
        }
    }

    impl<I: Copy> Pending<I> {
        /// Polls the delay. The first poll begins it; a poll with another state waits for the rest.
        pub(crate) fn poll<S: SleepMut>(
            &mut self,
            cx: &mut Context<'_>,
            state: Pin<&mut WaitState<S::Sleep>>,
            (clock, sleeper): (&impl Clock<Instant = I>, &mut S),
            cancel: &mut impl LoopCancel,
        ) -> Poll<DelayEnd> {
            let mut state = state.project();
            let is_current = self.began.is_some() && *state.number == self.number;
            if !is_current || state.wait.is_none() {
                state.wait.set(None);
                let rest = self.rest(clock);
                if self.began.is_some() && rest.is_zero() {
                    let is_cancelled = cancel.poll_given(cx);
                    return Poll::Ready(if is_cancelled { DelayEnd::Cancelled } else { DelayEnd::Elapsed });
                }
                self.began.get_or_insert_with(|| clock.now());
                *state.number = self.number;
                state.wait.set(Some(Wait::new(sleeper, rest)));
            }
            let Some(wait) = state.wait.as_mut().as_pin_mut() else { return Poll::Ready(DelayEnd::Elapsed) };
            let mut cancel = AsSignal(cancel);
            let end = poll_delay(cx, wait, Pin::new(&mut cancel), Pin::new(&mut Never));
            if end.is_ready() {
                state.wait.set(None);
            }
            end
        }
    }
}
