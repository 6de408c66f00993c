//! The rule that yields the base delay from the retry number.
//!
//! The built-in rules are the [`Schedule`]. This module contains their trait, which custom rules implement, and the
//! wrappers that make a rule from a list or an iterator.

use core::fmt;
use core::time::Duration;

use backoff_rules::{BaseDelay, Schedule};

/// A rule that yields the base delay of each retry, before jitter and cap.
///
/// A backoff is shared by reference between all calls. Each call has its own [`State`](Backoff::State), which is
/// created at the first failure and dropped with the call. The cost of the next delay should not grow with the number
/// of retries. When the rule ends, the call stops with [`StopReason::BackoffEnded`](crate::StopReason::BackoffEnded),
/// and the rule is not used again in that call.
///
/// A policy with a custom backoff must set a limit or [`forever`](crate::PolicyBuilder::forever). A [`List`] does not
/// need one, because it ends by itself.
///
/// A closure `Fn(u32) -> Option<Duration>` is a backoff. It receives the number of the retry, 1 for the first. Wrap a
/// list of delays in a [`List`], and a cloneable iterator in a [`Sequence`].
///
/// # Examples
///
/// ```
/// use backoff_core::{Backoff, Policy};
/// use std::time::Duration;
///
/// /// One second before every retry, two while the month is December.
/// struct Seasonal;
///
/// impl Backoff for Seasonal {
///     type State = ();
///     fn start(&self) {}
///     fn next(&self, (): &mut ()) -> Option<Duration> {
///         Some(Duration::from_secs(1))
///     }
/// }
///
/// let policy = Policy::with_backoff(Seasonal).max_attempts(3).build();
/// let delays: Vec<_> = policy.delays().collect();
/// assert_eq!(delays, [Duration::from_secs(1); 2]);
///
/// let squares = Policy::with_backoff(|retry: u32| {
///     Some(Duration::from_secs(u64::from(retry).pow(2)))
/// });
/// assert!(
///     squares.max_retries(3).build().delays().map(|d| d.as_secs()).eq([1, 4, 9])
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a backoff",
    label = "no rule that yields delays",
    note = "give a closure `|retry: u32| Some(delay)`, `List::new(delays)` for a list, `Sequence::new(iterator)` for an iterator, \
            or a type that implements `backoff_core::Backoff`",
    note = "the iterator of a `Sequence` implements `Clone`, which a `Box<dyn Iterator>` does not; use a `List` of its delays, or a closure"
)]
pub trait Backoff {
    /// The state that one call keeps between its retries.
    type State;

    /// Returns the state of a call before its first retry.
    fn start(&self) -> Self::State;

    /// Returns the base delay before the next retry, or `None` when no retry should follow.
    fn next(&self, state: &mut Self::State) -> Option<Duration>;

    /// Returns the delay of [`next`](Backoff::next) as the `BaseDelay` that jitter needs.
    #[doc(hidden)]
    #[inline]
    fn next_base(&self, state: &mut Self::State) -> Option<BaseDelay> {
        self.next(state).map(BaseDelay::of)
    }

    /// `true` if the rule ends after a known number of delays, as a [`List`] does. It is then a limit of the call.
    #[doc(hidden)]
    const IS_LIMIT: bool = false;

    /// `true` if the type contains no delay.
    #[doc(hidden)]
    const IS_EMPTY: bool = false;

    /// `true` if the rule never ends, so its end needs no state.
    #[doc(hidden)]
    const IS_ENDLESS: bool = false;

    /// Returns the state after this number of retries.
    ///
    /// If the state is the number of the retry, the skipped retries are not computed.
    #[doc(hidden)]
    fn resume(&self, retries: u32) -> Self::State {
        let mut state = self.start();
        for _ in 0..retries {
            if self.next(&mut state).is_none() {
                break;
            }
        }
        state
    }

    /// Returns this backoff as a built-in one, for code that changes its settings; `None` for any other backoff.
    #[doc(hidden)]
    fn as_schedule(&self) -> Option<Schedule> {
        None
    }
}

impl Backoff for Schedule {
    type State = u32;

    const IS_ENDLESS: bool = true;

    fn start(&self) -> u32 {
        0
    }

    #[inline]
    fn next(&self, retry: &mut u32) -> Option<Duration> {
        *retry = retry.saturating_add(1);
        Some(self.base_delay(*retry))
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
    fn next_base(&self, retry: &mut u32) -> Option<BaseDelay> {
        *retry = retry.saturating_add(1);
        Some(self.base(*retry))
    }

    #[inline]
    fn resume(&self, retries: u32) -> u32 {
        retries
    }

    fn as_schedule(&self) -> Option<Self> {
        Some(*self)
    }
}

#[diagnostic::do_not_recommend]
impl<F> Backoff for F
where
    F: Fn(u32) -> Option<Duration>,
{
    type State = u32;

    fn start(&self) -> u32 {
        0
    }

    fn next(&self, retry: &mut u32) -> Option<Duration> {
        *retry = retry.saturating_add(1);
        self(*retry)
    }

    fn resume(&self, retries: u32) -> u32 {
        retries
    }
}

/// A fixed list of base delays. The call stops at the end of the list.
///
/// The list is a limit: a policy with nine delays makes up to ten attempts, unless a lower limit is set. `try_build`
/// refuses an empty list. `build` refuses one only if its type is an array of length 0, because a `const fn` cannot
/// inspect other lists. With an empty list a call makes one attempt.
///
/// # Examples
///
/// ```
/// use backoff_core::{List, Policy};
/// use std::time::Duration;
///
/// const STEPS: Policy<List<[Duration; 2]>> = Policy::with_backoff(List::new([
///     Duration::from_secs(1),
///     Duration::from_secs(5),
/// ]))
/// .build();
///
/// assert!(STEPS.delays().map(|d| d.as_secs()).eq([1, 5])); // three attempts
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List<L> {
    delays: L,
}

impl<L> List<L> {
    /// Returns the backoff that yields `delays` in their order, once.
    pub const fn new(delays: L) -> Self {
        Self { delays }
    }
}

impl<L> Backoff for List<L>
where
    L: AsRef<[Duration]>,
{
    type State = usize;

    const IS_LIMIT: bool = true;

    // Only `[Duration; 0]` has no size and the alignment of a duration.
    const IS_EMPTY: bool = size_of::<L>() == 0 && align_of::<L>() == align_of::<Duration>();

    fn start(&self) -> usize {
        0
    }

    fn next(&self, position: &mut usize) -> Option<Duration> {
        let delay = self.delays.as_ref().get(*position).copied()?;
        *position = position.saturating_add(1);
        Some(delay)
    }
}

/// The base delays of an iterator. Each call starts at the beginning, because it iterates over its own clone.
///
/// The iterator may be endless, so the policy must set a limit or `forever`.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, Sequence};
/// use std::time::Duration;
///
/// let odd = (1..).step_by(2).map(Duration::from_millis);
/// let policy = Policy::with_backoff(Sequence::new(odd)).max_attempts(4).build();
/// assert!(policy.delays().map(|d| d.as_millis()).eq([1, 3, 5]));
/// ```
#[derive(Clone, Copy)]
pub struct Sequence<I> {
    delays: I,
}

impl<I> Sequence<I> {
    /// Returns the backoff that yields the delays of a clone of `delays`.
    pub const fn new(delays: I) -> Self {
        Self { delays }
    }
}

impl<I> fmt::Debug for Sequence<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sequence").finish_non_exhaustive()
    }
}

impl<I> Backoff for Sequence<I>
where
    I: Iterator<Item = Duration> + Clone,
{
    type State = I;

    fn start(&self) -> I {
        self.delays.clone()
    }

    fn next(&self, delays: &mut I) -> Option<Duration> {
        delays.next()
    }
}

/// A reference to the backoff of another owner. `&B` itself cannot implement the trait, because closures implement it.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug)]
pub struct Borrowed<'b, B>(pub(crate) &'b B);

#[cfg(feature = "std")]
#[diagnostic::do_not_recommend]
impl<B: Backoff> Backoff for Borrowed<'_, B> {
    type State = B::State;

    const IS_LIMIT: bool = B::IS_LIMIT;
    const IS_EMPTY: bool = B::IS_EMPTY;
    const IS_ENDLESS: bool = B::IS_ENDLESS;

    fn start(&self) -> B::State {
        self.0.start()
    }

    #[inline]
    fn next_base(&self, state: &mut B::State) -> Option<BaseDelay> {
        self.0.next_base(state)
    }

    fn resume(&self, retries: u32) -> B::State {
        self.0.resume(retries)
    }

    fn next(&self, state: &mut B::State) -> Option<Duration> {
        self.0.next(state)
    }

    fn as_schedule(&self) -> Option<Schedule> {
        self.0.as_schedule()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_in_backoff_is_known_as_one() {
        let schedule = Schedule::fibonacci(Duration::from_nanos(1));
        assert_eq!(schedule.as_schedule(), Some(schedule));
        assert_eq!(List::new([Duration::ZERO]).as_schedule(), None);
    }
}
