//! The operation to retry: a closure that returns a result, or a future of one.

use core::future::Future;
use core::time::Duration;

use super::kept_time::KeptTime;
use crate::{Attempt, Outcome};

/// Marks operations that block the thread.
///
/// # Examples
///
/// ```
/// use backoff_core::{Blocking, Policy, Retry};
///
/// let policy = Policy::default();
/// let call: Retry<_, Blocking, _> = policy.retry(|| Ok::<_, ()>(7));
/// assert_eq!(call.call(), Ok(7));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Blocking {}

/// Marks operations that return a future.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::{Async, Policy, Retry};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let policy = Policy::default();
/// let call: Retry<_, Async, _> = policy.retry(|| async { Ok::<_, ()>(7) });
/// assert_eq!(call.await, Ok(7));
/// # });
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Async {}

/// The kind of operation whose attempts can be dropped: async ones.
#[diagnostic::on_unimplemented(
    message = "an attempt of a blocking call cannot be cancelled",
    label = "a blocking call; remove `.cancel_attempts()`",
    note = "`.cancel(&token)` ends the delays of a blocking call; to end an attempt, let the operation check the token"
)]
pub trait Interruptible {}

impl Interruptible for Async {}

/// A caller's fallible closure: `FnMut() -> Result<T, E>`, or `FnMut() -> impl Future<Output = Result<T, E>>`.
///
/// The compiler infers which of the two it is; `M` is [`Blocking`] or [`Async`]. Any other [`Outcome`] can replace
/// `Result`.
///
/// A closure that borrows mutably from its environment cannot return a future that uses the borrow. An `async` closure
/// can, with `policy.retry_mut(..)`. The manual loop ([`Policy::start`](crate::Policy::start))
/// and `#[retry]` do not have this limit either.
///
/// # Examples
///
/// ```
/// use backoff_core::{Blocking, Operation, Outcome, Policy};
///
/// const POLICY: Policy = Policy::exponential().max_attempts(3).build();
///
/// /// Takes what `POLICY.retry` takes, from code that blocks.
/// fn call<R, F>(operation: F) -> R
/// where
///     R: Outcome,
///     F: Operation<Blocking, Attempt = R, Outcome = R>,
/// {
///     POLICY.retry(operation).sleep(|_| ()).call()
/// }
///
/// assert_eq!(call(|| Err::<(), _>("down")), Err("down"));
/// assert_eq!(call(|| Some(7)), Some(7));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an operation that can be retried",
    label = "expected a closure that returns `Result`, `Option`, or a future of one",
    note = "the closure takes no arguments and may be called more than once: `|| fetch(&url)`"
)]
pub trait Operation<M> {
    /// Return type of the closure: the outcome, or a future of it.
    type Attempt;
    /// Outcome of an attempt.
    type Outcome: Outcome;
    /// [`Duration`] if the operation reads its [`Attempt`], which contains the last delay. `()` if
    /// not: then no delay is kept for it, and the clock is not read for it.
    #[doc(hidden)]
    type LastDelay: KeptTime;
    /// `true` if the operation reads its [`Attempt`].
    #[doc(hidden)]
    const READS_ATTEMPT: bool = <Self::LastDelay as KeptTime>::IS_KEPT;

    /// Starts an attempt. `attempt` makes the description of it, for an operation that reads that.
    fn start(&mut self, attempt: impl FnOnce() -> Attempt) -> Self::Attempt;

    /// Prepares the next attempt of an async call. `is_last` returns whether no attempt can follow it.
    #[doc(hidden)]
    #[inline]
    fn prepare(&mut self, is_last: impl FnOnce() -> bool) {
        let _ = is_last;
    }

    /// Returns whether another attempt can be made; `false` if the operation has no second copy of its input.
    #[doc(hidden)]
    #[inline]
    fn can_repeat(&self) -> bool {
        true
    }
}

impl<F, R> Operation<Blocking> for F
where
    F: FnMut() -> R,
    R: Outcome,
{
    type Attempt = R;
    type Outcome = R;
    type LastDelay = ();

    #[inline]
    fn start(&mut self, _: impl FnOnce() -> Attempt) -> R {
        self()
    }
}

impl<F, A> Operation<Async> for F
where
    F: FnMut() -> A,
    A: Future,
    A::Output: Outcome,
{
    type Attempt = A;
    type Outcome = A::Output;
    type LastDelay = ();

    #[inline]
    fn start(&mut self, _: impl FnOnce() -> Attempt) -> A {
        self()
    }
}

/// An operation that receives its [`Attempt`]; see [`Policy::retry_with`](crate::Policy::retry_with).
#[derive(Clone, Copy, Debug)]
pub struct WithAttempt<F>(pub(crate) F);

impl<F, R> Operation<Blocking> for WithAttempt<F>
where
    F: FnMut(Attempt) -> R,
    R: Outcome,
{
    type Attempt = R;
    type Outcome = R;
    type LastDelay = Duration;

    #[inline]
    fn start(&mut self, attempt: impl FnOnce() -> Attempt) -> R {
        (self.0)(attempt())
    }
}

impl<F, A> Operation<Async> for WithAttempt<F>
where
    F: FnMut(Attempt) -> A,
    A: Future,
    A::Output: Outcome,
{
    type Attempt = A;
    type Outcome = A::Output;
    type LastDelay = Duration;

    #[inline]
    fn start(&mut self, attempt: impl FnOnce() -> Attempt) -> A {
        (self.0)(attempt())
    }
}

/// The value of a successful attempt of `F`; [`ReportOf`] has an example.
pub type ValueOf<F, M> = <<F as Operation<M>>::Outcome as Outcome>::Value;
/// The error of a failed attempt of `F`; [`ReportOf`] has an example.
pub type ErrorOf<F, M> = <<F as Operation<M>>::Outcome as Outcome>::Error;

/// Report of a call of `F`: [`Success`](crate::Success), or [`RetryError`](crate::RetryError).
///
/// # Examples
///
/// ```
/// use backoff_core::call::{ErrorOf, ReportOf, ValueOf};
/// use backoff_core::{Blocking, Policy};
///
/// type Read = fn() -> Result<u32, String>;
///
/// let (value, error): (ValueOf<Read, Blocking>, ErrorOf<Read, Blocking>);
/// (value, error) = (7_u32, String::from("down"));
/// let read: Read = || Ok(7);
/// let policy = Policy::default();
/// let report: ReportOf<Read, Blocking> = policy.retry(read).call_report();
/// assert_eq!(report.map_err(|_| error).map(|success| success.value), Ok(value));
/// ```
pub type ReportOf<F, M> = Result<crate::Success<ValueOf<F, M>>, crate::RetryError<ErrorOf<F, M>>>;
