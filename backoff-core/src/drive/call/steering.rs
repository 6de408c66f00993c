//! The setters for closures that change what follows a failure.

use super::super::operation::{ErrorOf, Operation};
use super::Retry;
use crate::observe::{Adjust, AdjustedDelay, Hook, ResetWhen, RetryEvent};

impl<P, M, F: Operation<M>, J, O, E> Retry<P, M, F, J, O, E> {
    /// Changes the delay before each retry. The closure receives the planned delay, and returns the delay in its place,
    /// or `None` to end the call with [`BackoffEnded`](crate::StopReason::BackoffEnded).
    ///
    /// Use it for delays or limits by the kind of error, for an immediate first retry, or for another rule of
    /// push-backs. It runs after the checks that need no delay (from permanent errors to `max_push_back`), once for
    /// each failure that passes them. `max_elapsed`, the limits of enclosing calls and the budget are then checked with
    /// the returned delay; `max_delay` is not. Zero is a zero delay. The next planned delay does not depend on it.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, StopReason};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::constant(Duration::from_secs(1)).max_attempts(9).build();
    /// let mut delays = Vec::new();
    /// let report = policy
    ///     .retry(|| Err::<(), _>("moved"))
    ///     .adjust(|event| match event.attempt() {
    ///         1 => Some(Duration::ZERO), // the first retry is immediate
    ///         2 => Some(event.delay() / 2),
    ///         _ => None,
    ///     })
    ///     .on_retry(|event| delays.push(event.delay()))
    ///     .random(|| u64::MAX / 2) // the middle of each range
    ///     .sleep(|_| ())
    ///     .call_report();
    /// assert_eq!(
    ///     delays.iter().map(|delay| delay.as_secs_f32()).collect::<Vec<_>>(),
    ///     [0.0, 0.5]
    /// );
    /// let error = report.unwrap_err();
    /// assert_eq!((error.attempts, error.reason), (3, StopReason::BackoffEnded));
    /// ```
    #[inline]
    pub fn adjust<H, A>(self, adjust: H) -> Retry<P, M, F, J, Hook<O, H, Adjust>, E>
    where
        H: FnMut(&RetryEvent<'_, ErrorOf<F, M>>) -> A,
        A: AdjustedDelay,
    {
        self.with_observer(|observer| Hook::new(observer, adjust))
    }

    /// Starts a new sequence (attempts, backoff, elapsed time) at each failure for which `progress` returns `true`.
    ///
    /// For operations that continue where they failed, such as a download: a failure after progress is then treated as
    /// the first one. With [`reset_after`](Retry::reset_after), either starts a new sequence. An attempt without an
    /// error (an unmet `until`) never does.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let mut offset = 0;
    /// let policy = Policy::constant(Duration::ZERO).max_attempts(2).build();
    /// let result = policy
    ///     .retry(|| {
    ///         let received = if offset < 5 { 1 } else { 0 };
    ///         offset += received;
    ///         Err::<(), u32>(received) // the connection breaks after this many bytes
    ///     })
    ///     .reset_when(|received| *received > 0)
    ///     .call();
    /// assert_eq!((result, offset), (Err(0), 5)); // five failures after progress
    /// ```
    #[inline]
    pub fn reset_when<H>(self, progress: H) -> Retry<P, M, F, J, Hook<O, H, ResetWhen>, E>
    where
        H: FnMut(&ErrorOf<F, M>) -> bool,
    {
        self.with_observer(|observer| Hook::new(observer, progress))
    }
}
