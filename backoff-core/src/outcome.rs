//! The return type of an attempt: a success or a failure.

use core::fmt;

use crate::{AttemptTimeout, Cancelled};

/// A return type that is a success or a failure: `Result<T, E>`, or `Option<T>` where `None` is a failure.
///
/// Implement it for a custom type to retry functions that return it. Only the outer type counts: `Ok(Err(..))` and
/// `Some(Err(..))` are successes, and the `None` of an `Option<Result<T, E>>` is the failure. Convert such a type in
/// the body: use `?` on the result of `timeout(..).await` or of a `JoinHandle`, and `transpose` on the result of an
/// iterator.
///
/// # Examples
///
/// ```
/// use backoff_core::{Outcome, Policy};
///
/// #[derive(Debug, PartialEq)]
/// enum Answer {
///     Value(u32),
///     Busy,
/// }
///
/// impl Outcome for Answer {
///     type Value = u32;
///     type Error = ();
///     fn as_result(&self) -> Result<&u32, &()> {
///         match self {
///             Answer::Value(value) => Ok(value),
///             Answer::Busy => Err(&()),
///         }
///     }
///     fn into_result(self) -> Result<u32, ()> {
///         match self {
///             Answer::Value(value) => Ok(value),
///             Answer::Busy => Err(()),
///         }
///     }
///     fn from_value(value: u32) -> Self {
///         Answer::Value(value)
///     }
///     fn from_error((): ()) -> Self {
///         Answer::Busy
///     }
/// }
///
/// let mut answers = [Answer::Busy, Answer::Value(7)].into_iter();
/// let answer = Policy::default()
///     .retry(|| answers.next().unwrap_or(Answer::Busy))
///     .sleep(|_| ())
///     .call();
/// assert_eq!(answer, Answer::Value(7));
/// ```
#[diagnostic::on_unimplemented(
    message = "`#[retry]` cannot tell success from failure in `{Self}`",
    label = "this is neither a `Result` nor an `Option`",
    note = "return `Result<T, E>` or `Option<T>`, or implement `backoff_core::Outcome` for the type",
    note = "a future is retried where it can be seen: as an `async fn`, or as `-> impl Future<..>` or `-> Pin<Box<dyn Future<..>>>`"
)]
pub trait Outcome: Sized {
    /// The value of a success.
    type Value;
    /// The error of a failure.
    type Error;

    /// Returns the success or the failure by reference; the engine only reads it.
    ///
    /// # Errors
    ///
    /// Returns the error of a failure.
    fn as_result(&self) -> Result<&Self::Value, &Self::Error>;

    /// Returns the success or the failure.
    ///
    /// # Errors
    ///
    /// Returns the error of a failure.
    fn into_result(self) -> Result<Self::Value, Self::Error>;

    /// Returns the success that holds `value`.
    fn from_value(value: Self::Value) -> Self;

    /// Returns the failure that holds `error`.
    fn from_error(error: Self::Error) -> Self;
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Error = E;

    #[inline]
    fn as_result(&self) -> Result<&T, &E> {
        self.as_ref()
    }

    #[inline]
    fn into_result(self) -> Self {
        self
    }

    #[inline]
    fn from_value(value: T) -> Self {
        Ok(value)
    }

    #[inline]
    fn from_error(error: E) -> Self {
        Err(error)
    }
}

impl<T> Outcome for Option<T> {
    type Value = T;
    type Error = NoValue;

    #[inline]
    fn as_result(&self) -> Result<&T, &NoValue> {
        self.as_ref().ok_or(&NoValue)
    }

    #[inline]
    fn into_result(self) -> Result<T, NoValue> {
        self.ok_or(NoValue)
    }

    #[inline]
    fn from_value(value: T) -> Self {
        Some(value)
    }

    #[inline]
    fn from_error(NoValue: NoValue) -> Self {
        None
    }
}

/// The error of an operation that returned `None`.
///
/// # Examples
///
/// ```
/// use backoff_core::{NoValue, Policy};
///
/// let report = Policy::never().build().retry(|| None::<u32>).call_report();
/// assert_eq!(report.map_err(|error| error.last).err(), Some(NoValue));
/// assert_eq!(NoValue.to_string(), "the operation returned no value");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NoValue;

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation returned no value")
    }
}

impl core::error::Error for NoValue {}

impl From<AttemptTimeout> for NoValue {
    fn from(_: AttemptTimeout) -> Self {
        Self
    }
}

impl From<Cancelled> for NoValue {
    fn from(_: Cancelled) -> Self {
        Self
    }
}
