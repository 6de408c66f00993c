//! What an expanded async loop awaits beside the user's own body.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;
use core::time::Duration;

use crate::drive::limits::OpenScope as _;
use crate::drive::timeouts::{FromTimeout, MakeTimeout};
use crate::drive::trial::only_looking;
use crate::{AttemptTimeout, Outcome, Scope, Sleeper};

/// Waits between two attempts; a zero delay yields once.
#[cfg(feature = "async")]
#[inline]
pub fn sleep<S: Sleeper>(sleeper: &S, delay: Duration) -> impl Future<Output = ()> + use<S> {
    crate::sleep::Wait::new(sleeper, delay)
}

/// Stands in for the feature `async`, which the expansion asks for.
#[cfg(not(feature = "async"))]
pub fn sleep<S: Sleeper>(sleeper: &S, delay: Duration) -> S::Sleep {
    sleeper.sleep(delay)
}

/// Waits for a time-out.
pub fn timer<S: Sleeper>(sleeper: &S, limit: Duration) -> S::Sleep {
    sleeper.sleep(limit)
}

/// Returns whether the call is cancelled, without waiting.
pub async fn is_cancelled_now<C: Future>(mut cancel: Pin<&mut C>) -> bool {
    poll_fn(|cx| Poll::Ready(only_looking(|| cancel.as_mut().poll(cx).is_ready()))).await
}

/// Waits, or is cancelled; returns whether it is. Asked also when the delay has ended, as the other drivers do.
pub async fn sleep_until_cancelled<C: Future>(wait: impl Future<Output = ()>, mut cancel: Pin<&mut C>) -> bool {
    let mut wait = pin!(wait);
    poll_fn(|cx| {
        let has_waited = wait.as_mut().poll(cx).is_ready();
        if cancel.as_mut().poll(cx).is_ready() {
            return Poll::Ready(true);
        }
        if has_waited { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

/// Waits, or until the timer of the call ends; returns whether that has ended. It is asked also when the delay has ended.
pub fn sleep_until_deadline<D: Future<Output = ()>>(
    wait: impl Future<Output = ()>,
    deadline: Pin<&mut D>,
) -> impl Future<Output = bool> {
    sleep_until_cancelled(wait, deadline)
}

/// Waits, or is cancelled, or until the timer of the call ends: what [`sleep_until_cancelled`] returns, and `None` for the
/// timer.
pub async fn sleep_until_cancelled_or_deadline<C: Future, D: Future<Output = ()>>(
    wait: impl Future<Output = ()>,
    cancel: Pin<&mut C>,
    mut deadline: Pin<&mut D>,
) -> Option<bool> {
    let mut wait = pin!(sleep_until_cancelled(wait, cancel));
    poll_fn(|cx| match wait.as_mut().poll(cx) {
        Poll::Ready(true) => Poll::Ready(Some(true)),
        waited => match deadline.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => waited.map(Some),
        },
    })
    .await
}

/// Runs an attempt until it ends or its own timer does; the attempt is asked first.
pub async fn within<R>(attempt: impl Future<Output = R>, timer: impl Future<Output = ()>) -> Option<R> {
    let mut timer = pin!(timer);
    by_deadline(attempt, timer.as_mut()).await
}

/// Runs an attempt until it ends or the timer of the call does; the attempt is asked first.
pub async fn by_deadline<R, D: Future<Output = ()>>(
    attempt: impl Future<Output = R>,
    mut deadline: Pin<&mut D>,
) -> Option<R> {
    let mut attempt = pin!(attempt);
    poll_fn(|cx| match attempt.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => deadline.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// Runs an attempt until it ends, or its own timer (`Some(None)`), or that of the call (`None`); they are asked in the order attempt,
/// call, timer: where both limits end together, the call ends.
pub async fn within_by_deadline<R, D: Future<Output = ()>>(
    attempt: impl Future<Output = R>,
    timer: impl Future<Output = ()>,
    deadline: Pin<&mut D>,
) -> Option<Option<R>> {
    let mut timer = pin!(timer);
    let mut attempt = pin!(by_deadline(attempt, deadline));
    poll_fn(|cx| match attempt.as_mut().poll(cx) {
        Poll::Ready(ended) => Poll::Ready(ended.map(Some)),
        Poll::Pending => timer.as_mut().poll(cx).map(|()| Some(None)),
    })
    .await
}

/// Makes the failure of an attempt that was dropped, by the error's own `From<AttemptTimeout>`.
#[must_use]
pub fn timed_out<R>(limit: Duration) -> R
where
    FromTimeout: MakeTimeout<R>,
{
    FromTimeout.outcome(AttemptTimeout::new(limit))
}

/// Makes the failure of an attempt that was dropped, by `on_timeout`.
pub fn timed_out_with<R: Outcome>(limit: Duration, make: impl FnOnce(AttemptTimeout) -> R::Error) -> R {
    R::from_error(make(AttemptTimeout::new(limit)))
}

/// Runs an attempt in the scope of `inner_retries`.
pub async fn in_scope<R>(scope: &Option<Scope>, attempt: impl Future<Output = R>) -> R {
    let mut attempt = pin!(attempt);
    poll_fn(|cx| scope.within(|| attempt.as_mut().poll(cx))).await
}
