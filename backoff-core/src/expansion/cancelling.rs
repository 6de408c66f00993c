//! The value of `cancel = ..` in an async function.
//!
//! A value that is no future is reported here, once, and not at each use; the way is that of [`Taken`](super::Taken).

use core::future::{IntoFuture, Pending, pending};

use crate::tiers::fall_through;

/// What ends the delays of an async call: a future.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cancel an async call",
    label = "not a future",
    note = "give a future that completes to cancel, such as `token.cancelled()`; a `&CancelToken` of `backoff_core` is one"
)]
pub trait Cancels {}

impl<C: IntoFuture> Cancels for C {}

/// What was given.
#[derive(Debug)]
pub struct Cancelling<C>(NoFuture<C>);

/// What was given, if it is no future.
#[derive(Debug)]
pub struct NoFuture<C>(C);

impl<C> Cancelling<C> {
    /// Takes a value of whatever type.
    pub const fn new(value: C) -> Self {
        Self(NoFuture(value))
    }
}

impl<C: IntoFuture> Cancelling<C> {
    /// Returns the future.
    pub fn future(self) -> C::IntoFuture {
        self.0.0.into_future()
    }
}

impl<C> NoFuture<C> {
    /// Never compiles.
    pub fn future(&self) -> Pending<()>
    where
        C: Cancels,
    {
        pending()
    }
}

fall_through! {
    [C] Cancelling<C> => NoFuture<C>;
}
