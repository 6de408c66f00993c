//! Environment of a call: what it uses beside its policy and its operation.

use super::super::cancel::NoCancel;
use super::super::shared_limits::{Named, NoBudget, NoScope, SharedLimits, Unnamed};
use super::super::timeouts::NoTimeouts;
use crate::clock::DefaultClock;
use crate::random::ThreadRandom;
use crate::sleep::DefaultSleeper;

/// Environment of a call: sleeper, clock, random numbers, cancellation, timeouts, and the data shared with other calls.
///
/// A program names it only in the type of a field, such as `Attempts<Arc<Policy>, Environment>`. The setters of a call
/// or a loop replace its parts, and so its parameters.
///
/// # Examples
///
/// ```
/// use backoff_core::{Attempts, Environment, Policy};
///
/// const POLICY: Policy = Policy::exponential().max_attempts(1).build();
///
/// // The default environment: system clock, jitter of the thread, no budget.
/// let mut attempts: Attempts<&Policy, Environment> = POLICY.start();
/// assert_eq!(attempts.failed("down"), Err("down"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Environment<
    S = DefaultSleeper,
    K = DefaultClock,
    G = ThreadRandom,
    X = NoCancel,
    T = NoTimeouts,
    L = SharedLimits,
> {
    pub(crate) sleeper: S,
    pub(crate) clock: K,
    pub(crate) random: G,
    pub(crate) cancel: X,
    pub(crate) timeouts: T,
    pub(crate) shared: L,
}

/// The environment of a call before any setting. Without a name, its future needs no room for one.
pub(crate) type Unset = Environment<
    DefaultSleeper,
    DefaultClock,
    ThreadRandom,
    NoCancel,
    NoTimeouts,
    SharedLimits<NoBudget, NoScope, Unnamed>,
>;

impl<L>
    Environment<DefaultSleeper, DefaultClock, ThreadRandom, NoCancel, NoTimeouts, SharedLimits<NoBudget, NoScope, L>>
{
    /// Returns the environment of a call with this name, before any setting.
    #[inline]
    pub(crate) const fn named(name: L) -> Self {
        Self {
            sleeper: DefaultSleeper,
            clock: DefaultClock,
            random: ThreadRandom,
            cancel: NoCancel,
            timeouts: NoTimeouts,
            shared: SharedLimits::named(name),
        }
    }
}

impl Environment {
    /// Returns the environment of a call whose name is set later, before any setting.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self::named(Named(""))
    }
}

/// Copies with one part replaced; the setters of calls, loops, tickers and layers use them.
impl<S, K, G, X, T, L> Environment<S, K, G, X, T, L> {
    #[inline]
    pub(crate) fn with_sleeper<V>(self, sleeper: V) -> Environment<V, K, G, X, T, L> {
        let Self { clock, random, cancel, timeouts, shared, .. } = self;
        Environment { sleeper, clock, random, cancel, timeouts, shared }
    }

    #[inline]
    pub(crate) fn with_clock<V>(self, clock: V) -> Environment<S, V, G, X, T, L> {
        let Self { sleeper, random, cancel, timeouts, shared, .. } = self;
        Environment { sleeper, clock, random, cancel, timeouts, shared }
    }

    #[inline]
    pub(crate) fn with_random<V>(self, random: V) -> Environment<S, K, V, X, T, L> {
        let Self { sleeper, clock, cancel, timeouts, shared, .. } = self;
        Environment { sleeper, clock, random, cancel, timeouts, shared }
    }

    #[inline]
    pub(crate) fn with_cancel<V>(self, change: impl FnOnce(X) -> V) -> Environment<S, K, G, V, T, L> {
        let Self { sleeper, clock, random, cancel, timeouts, shared } = self;
        Environment { sleeper, clock, random, cancel: change(cancel), timeouts, shared }
    }

    #[inline]
    pub(crate) fn with_timeouts<V>(self, change: impl FnOnce(T) -> V) -> Environment<S, K, G, X, V, L> {
        let Self { sleeper, clock, random, cancel, timeouts, shared } = self;
        Environment { sleeper, clock, random, cancel, timeouts: change(timeouts), shared }
    }

    #[inline]
    pub(crate) fn with_shared<V>(self, change: impl FnOnce(L) -> V) -> Environment<S, K, G, X, T, V> {
        let Self { sleeper, clock, random, cancel, timeouts, shared } = self;
        Environment { sleeper, clock, random, cancel, timeouts, shared: change(shared) }
    }
}
