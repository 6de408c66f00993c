//! The hooks of one call, as one observer.

use core::marker::PhantomData;
use core::time::Duration;

use super::{GiveUpEvent, RecoveredEvent, RetryEvent};

/// Receives the events of one call.
///
/// The hooks of a call are observers, one after the other. `()` receives no events and costs nothing.
///
/// # Examples
///
/// ```
/// use backoff_core::{GiveUpEvent, Observer, Policy, RecoveredEvent, RetryEvent};
///
/// #[derive(Default)]
/// struct Counts {
///     retries: u32,
///     gave_up: u32,
/// }
///
/// impl<E> Observer<E> for Counts {
///     const WATCHES: bool = true;
///     fn retry(&mut self, _: &RetryEvent<'_, E>) {
///         self.retries += 1;
///     }
///     fn give_up(&mut self, event: &GiveUpEvent<'_, E>) {
///         self.gave_up += event.attempts();
///     }
///     fn recovered(&mut self, _: &RecoveredEvent) {}
/// }
///
/// let mut counts = Counts::default();
/// let policy = Policy::default();
/// let call = policy.retry(|| Err::<(), _>("down")).sleep(|_| ());
/// let _ = call.on_retry(|event| counts.retry(event)).call();
/// assert_eq!((counts.retries, counts.gave_up), (2, 0));
/// ```
pub trait Observer<E: ?Sized> {
    /// `true` if this observer receives events. If `false`, no event is made and the clock is not read for it.
    const WATCHES: bool;

    /// `true` if this observer needs the elapsed time of the call.
    #[doc(hidden)]
    const NEEDS_TIME: bool = Self::WATCHES;

    /// `true` if [`adjust`](Self::adjust) may change a delay.
    #[doc(hidden)]
    const ADJUSTS: bool = false;

    /// `true` if [`starts_sequence`](Self::starts_sequence) may return `true`.
    #[doc(hidden)]
    const RESETS: bool = false;

    /// Receives a scheduled retry: an attempt failed and another follows.
    fn retry(&mut self, event: &RetryEvent<'_, E>);
    /// Receives the end of a call that gave up.
    fn give_up(&mut self, event: &GiveUpEvent<'_, E>);
    /// Receives the success of a retry.
    fn recovered(&mut self, event: &RecoveredEvent);

    /// Returns the delay in place of the planned one; `None` ends the call.
    #[doc(hidden)]
    #[inline]
    fn adjust(&mut self, planned: &RetryEvent<'_, E>) -> Option<Duration> {
        Some(planned.delay())
    }

    /// Returns whether a failure is the first of a new sequence.
    #[doc(hidden)]
    #[inline]
    fn starts_sequence(&mut self, _: Option<&E>) -> bool {
        false
    }
}

impl<E: ?Sized> Observer<E> for () {
    const WATCHES: bool = false;

    #[inline]
    fn retry(&mut self, _: &RetryEvent<'_, E>) {}
    #[inline]
    fn give_up(&mut self, _: &GiveUpEvent<'_, E>) {}
    #[inline]
    fn recovered(&mut self, _: &RecoveredEvent) {}
}

/// The result of `adjust`: a `Duration`, or an `Option` of one.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
///
/// let policy = Policy::exponential().max_attempts(9).build();
/// let call = policy.retry(|| Err::<(), _>("down")).sleep(|_| ());
/// let halved = call.adjust(|event| event.delay() / 2); // a `Duration`
/// assert_eq!(halved.call_report().unwrap_err().attempts, 9);
/// let call = policy.retry(|| Err::<(), _>("down")).sleep(|_| ());
/// let ended = call.adjust(|_| None); // an `Option<Duration>`
/// assert_eq!(ended.call_report().unwrap_err().attempts, 1);
/// ```
// A separate trait and not `Into`, so that `None` has one type, and a closure without a result gets one clear error.
#[diagnostic::on_unimplemented(
    message = "`adjust` returns the delay before the retry, and not `{Self}`",
    label = "expected `Duration` or `Option<Duration>`",
    note = "return `event.delay()` to keep the planned delay, or `None` to end the call"
)]
pub trait AdjustedDelay {
    #[doc(hidden)]
    fn delay(self) -> Option<Duration>;
}

impl AdjustedDelay for Duration {
    #[inline]
    fn delay(self) -> Option<Duration> {
        Some(self)
    }
}

impl AdjustedDelay for Option<Duration> {
    #[inline]
    fn delay(self) -> Option<Duration> {
        self
    }
}

/// A closure for one kind of event. It runs after the observer `inner`.
#[derive(Clone, Copy, Debug)]
pub struct Hook<O, F, Kind> {
    inner: O,
    closure: F,
    kind: PhantomData<Kind>,
}

/// Marks a [`Hook`] for scheduled retries.
#[derive(Clone, Copy, Debug)]
pub struct OnRetry;
/// Marks a [`Hook`] for calls that give up.
#[derive(Clone, Copy, Debug)]
pub struct OnGiveUp;
/// Marks a [`Hook`] for calls that recover.
#[derive(Clone, Copy, Debug)]
pub struct OnRecovered;
/// Marks a [`Hook`] that changes planned delays.
#[derive(Clone, Copy, Debug)]
pub struct Adjust;
/// Marks a [`Hook`] that starts new sequences.
#[derive(Clone, Copy, Debug)]
pub struct ResetWhen;

impl<O, F, Kind> Hook<O, F, Kind> {
    pub(crate) const fn new(inner: O, closure: F) -> Self {
        Self { inner, closure, kind: PhantomData }
    }
}

/// Writes the methods that only the observer `inner` has.
macro_rules! forward {
    ($($method:ident)*) => { $(forward!(@ $method);)* };
    (@ retry) => {
        #[inline]
        fn retry(&mut self, event: &RetryEvent<'_, E>) {
            self.inner.retry(event);
        }
    };
    (@ give_up) => {
        #[inline]
        fn give_up(&mut self, event: &GiveUpEvent<'_, E>) {
            self.inner.give_up(event);
        }
    };
    (@ recovered) => {
        #[inline]
        fn recovered(&mut self, event: &RecoveredEvent) {
            self.inner.recovered(event);
        }
    };
    (@ adjust) => {
        const ADJUSTS: bool = O::ADJUSTS;

        #[inline]
        fn adjust(&mut self, planned: &RetryEvent<'_, E>) -> Option<Duration> {
            self.inner.adjust(planned)
        }
    };
    (@ starts_sequence) => {
        const RESETS: bool = O::RESETS;

        #[inline]
        fn starts_sequence(&mut self, error: Option<&E>) -> bool {
            self.inner.starts_sequence(error)
        }
    };
}

impl<E: ?Sized, O: Observer<E>, F: FnMut(&RetryEvent<'_, E>)> Observer<E> for Hook<O, F, OnRetry> {
    const WATCHES: bool = true;

    fn retry(&mut self, event: &RetryEvent<'_, E>) {
        self.inner.retry(event);
        (self.closure)(event);
    }

    forward! { give_up recovered adjust starts_sequence }
}

impl<E: ?Sized, O: Observer<E>, F: FnMut(&GiveUpEvent<'_, E>)> Observer<E> for Hook<O, F, OnGiveUp> {
    const WATCHES: bool = true;

    fn give_up(&mut self, event: &GiveUpEvent<'_, E>) {
        self.inner.give_up(event);
        (self.closure)(event);
    }

    forward! { retry recovered adjust starts_sequence }
}

impl<E: ?Sized, O: Observer<E>, F: FnMut(&RecoveredEvent)> Observer<E> for Hook<O, F, OnRecovered> {
    const WATCHES: bool = true;

    fn recovered(&mut self, event: &RecoveredEvent) {
        self.inner.recovered(event);
        (self.closure)(event);
    }

    forward! { retry give_up adjust starts_sequence }
}

impl<E: ?Sized, O: Observer<E>, A: AdjustedDelay, F: FnMut(&RetryEvent<'_, E>) -> A> Observer<E>
    for Hook<O, F, Adjust>
{
    const WATCHES: bool = O::WATCHES;
    const NEEDS_TIME: bool = true;
    const ADJUSTS: bool = true;

    fn adjust(&mut self, planned: &RetryEvent<'_, E>) -> Option<Duration> {
        let delay = self.inner.adjust(planned)?;
        (self.closure)(&RetryEvent { delay, ..*planned }).delay()
    }

    forward! { retry give_up recovered starts_sequence }
}

impl<E: ?Sized, O: Observer<E>, F: FnMut(&E) -> bool> Observer<E> for Hook<O, F, ResetWhen> {
    const WATCHES: bool = O::WATCHES;
    const NEEDS_TIME: bool = O::NEEDS_TIME;
    const RESETS: bool = true;

    fn starts_sequence(&mut self, error: Option<&E>) -> bool {
        let is_first = self.inner.starts_sequence(error);
        error.is_some_and(|error| (self.closure)(error)) || is_first
    }

    forward! { retry give_up recovered adjust }
}
