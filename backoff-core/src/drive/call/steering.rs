//! The setters for closures that change what follows a failure.

use super::super::operation::{ErrorOf, Operation};
use super::Retry;
use crate::observe::{Hook, ResetWhen};

impl<P, M, F: Operation<M>, J, O, E> Retry<P, M, F, J, O, E> {
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
    /// assert_eq!((result, offset), (Err(0), 5)); // five failures after progress, then one without
    /// ```
    #[inline]
    pub fn reset_when<H>(self, progress: H) -> Retry<P, M, F, J, Hook<O, H, ResetWhen>, E>
    where
        H: FnMut(&ErrorOf<F, M>) -> bool,
    {
        self.with_observer(|observer| Hook::new(observer, progress))
    }
}
