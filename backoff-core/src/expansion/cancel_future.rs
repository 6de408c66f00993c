//! The value of `cancel = ..` in an async function.
//!
//! A value that is not a future is reported here, once, and not at each use. This works as in
//! [`CustomBackoff`](super::CustomBackoff).

use core::future::{IntoFuture, Pending, pending};

use crate::tiers::fall_through;

/// A future that ends the delays of an async call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cancel an async call",
    label = "not a future",
    note = "give a future that completes to cancel, such as `token.cancelled()`; a `&CancelToken` of `backoff_core` is one"
)]
pub trait Cancels {}

impl<C: IntoFuture> Cancels for C {}

/// The value of `cancel = ..`.
#[derive(Debug)]
pub struct CancelFuture<C>(NoFuture<C>);

/// The value of `cancel = ..` if it is not a future.
#[derive(Debug)]
pub struct NoFuture<C>(C);

impl<C> CancelFuture<C> {
    /// Wraps a value of any type.
    pub const fn new(value: C) -> Self {
        Self(NoFuture(value))
    }
}

impl<C: IntoFuture> CancelFuture<C> {
    /// Returns the future.
    pub fn future(self) -> C::IntoFuture {
        self.0.0.into_future()
    }
}

impl<C> NoFuture<C> {
    /// Never compiles, because the bound is not met.
    pub fn future(&self) -> Pending<()>
    where
        C: Cancels,
    {
        pending()
    }
}

fall_through! {
    [C] CancelFuture<C> => NoFuture<C>;
}
