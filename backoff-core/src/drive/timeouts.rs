//! Limits that drop an attempt or a whole call in progress. Async only, because a blocking attempt cannot be
//! interrupted.

use core::time::Duration;

use crate::{AttemptTimeout, Outcome};

/// No timeouts.
#[derive(Clone, Copy, Debug)]
pub struct NoTimeouts;

/// Timeouts of a call; `T` creates the error.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts<T> {
    pub(crate) attempt: Option<Duration>,
    pub(crate) call: Option<Duration>,
    #[cfg_attr(not(feature = "async"), expect(dead_code, reason = "only the async driver drops attempts"))]
    pub(crate) on_timeout: T,
}

/// Creates the error if `on_timeout` is not set, by the error's own `From<AttemptTimeout>`.
#[derive(Clone, Copy, Debug)]
pub struct FromTimeout;

/// Creates the failure of a dropped attempt.
#[diagnostic::on_unimplemented(
    message = "no error can be made for an attempt that timed out",
    label = "give `on_timeout` a closure, or implement `From<backoff_core::AttemptTimeout>` for the error",
    note = "for an error of another crate, such as `reqwest::Error`, return one of your own that it converts into, or use the client's own timeout"
)]
pub trait MakeTimeout<R>: sealed::Sealed<R> {
    /// Returns the failure.
    fn outcome(&mut self, timeout: AttemptTimeout) -> R;
}

mod sealed {
    pub trait Sealed<R> {}
}

impl<R: Outcome> sealed::Sealed<R> for FromTimeout {}
#[diagnostic::do_not_recommend]
impl<R: Outcome, F: FnMut(AttemptTimeout) -> R::Error> sealed::Sealed<R> for F {}

#[diagnostic::do_not_recommend]
impl<R> MakeTimeout<R> for FromTimeout
where
    R: Outcome,
    R::Error: From<AttemptTimeout>,
{
    fn outcome(&mut self, timeout: AttemptTimeout) -> R {
        R::from_error(timeout.into())
    }
}

impl<R, F> MakeTimeout<R> for F
where
    R: Outcome,
    F: FnMut(AttemptTimeout) -> R::Error,
{
    fn outcome(&mut self, timeout: AttemptTimeout) -> R {
        R::from_error(self(timeout))
    }
}

/// Timeout settings of a call, which further setters can extend.
pub trait TimeoutSettings {
    /// The type that creates the error.
    type OnTimeout;

    #[doc(hidden)]
    fn settings(self) -> Timeouts<Self::OnTimeout>;
}

impl TimeoutSettings for NoTimeouts {
    type OnTimeout = FromTimeout;

    fn settings(self) -> Timeouts<FromTimeout> {
        Timeouts { attempt: None, call: None, on_timeout: FromTimeout }
    }
}

impl<T> TimeoutSettings for Timeouts<T> {
    type OnTimeout = T;

    fn settings(self) -> Self {
        self
    }
}
