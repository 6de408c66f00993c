//! What the compiler says when a blocking call is awaited.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::super::call::Retry;
use super::super::operation::{Blocking, Operation};

/// Never implemented: a blocking call has no future.
#[diagnostic::on_unimplemented(
    message = "a blocking call cannot be awaited",
    label = "the operation returns a result, and not a future of one",
    note = "in blocking code, end the call with `.call()` in place of `.await`",
    note = "in async code, let the operation return the future of an `async` block"
)]
pub trait HasFuture {}

// An implementation that never applies: with it, the compiler explains the violated bound of `HasFuture`.
#[doc(hidden)]
impl<P, F, J, O, E> Future for Retry<P, Blocking, F, J, O, E>
where
    F: Operation<Blocking> + HasFuture,
{
    type Output = F::Outcome;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<F::Outcome> {
        Poll::Pending
    }
}
