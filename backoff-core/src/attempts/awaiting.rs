//! The async pauses of a manual loop.

use core::time::Duration;

use super::Attempts;
use crate::clock::WaitClock;
use crate::decision::Decision;
use crate::drive::race::wait_unless_cancelled;
use crate::random::Random;
use crate::{Backoff, Fault};

impl<B: Backoff, G: Random> Attempts<'_, B, G> {
    /// Waits before the next attempt without blocking the thread; the error is transient.
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    ///
    /// # Cancellation
    ///
    /// Dropping the future ends the delay: the next attempt starts then, and the failure has been counted.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, a delay panics in a tokio runtime without `enable_time`, whatever other features are
    /// on. Outside of a tokio runtime it panics unless `async-io` is on, too.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::Policy;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let policy = Policy::exponential().max_attempts(2).build();
    /// let mut attempts = policy.start();
    /// assert_eq!(attempts.pause_async("down").await, Ok(()));
    /// assert_eq!(attempts.pause_async("down").await, Err("down"));
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn pause_async<E>(&mut self, error: E) -> Result<(), E> {
        self.pause_async_as(error, Fault::Transient).await
    }

    /// Waits before the next attempt without blocking the thread; `fault` is the classification of the error.
    ///
    /// # Errors
    ///
    /// Returns the error when the policy stops; [`stopped`](Self::stopped) returns the reason.
    ///
    /// # Cancellation
    ///
    /// Dropping the future ends the delay: the next attempt starts then, and the failure has been counted.
    ///
    /// # Panics
    ///
    /// Panics as [`pause_async`](Self::pause_async) does.
    pub async fn pause_async_as<E>(&mut self, error: E, fault: impl Into<Fault>) -> Result<(), E> {
        self.clock = WaitClock::Async;
        let delay = match self.failed(fault.into(), &error) {
            Decision::RetryAfter(delay) => delay,
            Decision::Stop(_) => return Err(error),
        };
        let held = self.cancel.is_some().then_some(error);
        let pause = Pause { attempts: self, delay };
        wait_unless_cancelled(delay, pause.attempts.cancel.as_ref()).await;
        if let (true, Some(error)) = (pause.attempts.is_cancelled(), held) {
            return Err(pause.attempts.interrupted(error));
        }
        pause.attempts.driver.waited(delay);
        Ok(())
    }
}

/// A delay that is awaited. The next attempt starts when it ends, also if it ends early, unless the call has stopped.
struct Pause<'a, 'p, B: Backoff, G: Random> {
    attempts: &'a mut Attempts<'p, B, G>,
    delay: Duration,
}

impl<B: Backoff, G: Random> Drop for Pause<'_, '_, B, G> {
    fn drop(&mut self) {
        if self.attempts.stopped.is_none() {
            self.attempts.resumes(self.delay);
        }
    }
}
