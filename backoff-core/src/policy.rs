//! The settings of a retry loop, as one plain value.

mod builder;
mod invalid;
#[cfg(any(feature = "serde", feature = "overrides"))]
pub(crate) mod settings;

use core::fmt;
use core::time::Duration;

use backoff_rules::{PushBackMode, Rules, Since};

pub use self::builder::PolicyBuilder;
pub use self::invalid::InvalidPolicy;
use crate::{Backoff, Jitter, Schedule};

/// When to retry, how long to wait, and when to stop: plain data, shared by any number of calls.
///
/// A policy is built once, usually in a `const`, where a broken rule is a compile error. Use
/// [`PolicyBuilder::try_build`] for values from outside. A policy never changes; each call keeps its own state.
/// `Policy` without a parameter contains a [`Schedule`], which is any of the built-in backoffs.
/// [`Policy::with_backoff`] takes a custom one.
///
/// # Defaults
///
/// Exponential backoff from 100 ms, times 2, capped at 20 s, full jitter, 3 attempts. The default of 3 attempts means
/// "no limit was set", so a time limit removes it. If no cap is set, a longer initial delay or increment raises the cap
/// to 10 times its value.
///
/// # Examples
///
/// ```
/// use backoff_core::{Jitter, Policy};
/// use std::time::Duration;
///
/// const API: Policy = Policy::exponential()
///     .initial_delay(Duration::from_millis(100))
///     .multiplier(2.0)
///     .max_delay(Duration::from_secs(20))
///     .jitter(Jitter::Full)
///     .max_attempts(5)
///     .max_elapsed(Duration::from_secs(60))
///     .build();
///
/// let mut calls = 0;
/// let answer: Result<u32, &str> = API
///     .retry(|| {
///         calls += 1;
///         if calls < 3 { Err("not yet") } else { Ok(42) }
///     })
///     .sleep(|_| ()) // a test that does not wait
///     .call();
/// assert_eq!((answer, calls), (Ok(42), 3));
/// ```
///
/// The getters return the values that apply, the defaults included:
///
/// ```
/// use backoff_core::{Jitter, Policy, PushBackMode, Since};
/// use std::time::Duration;
///
/// let policy = Policy::default();
/// assert_eq!(policy.backoff().first_delay(), Duration::from_millis(100));
/// assert_eq!(policy.max_delay(), Some(Duration::from_secs(20)));
/// assert_eq!((policy.jitter(), policy.max_attempts()), (Jitter::Full, Some(3)));
/// assert_eq!((policy.max_elapsed(), policy.reset_after()), (None, None));
/// assert_eq!(policy.since(), Since::Call); // with a `max_elapsed`
/// assert_eq!(policy.max_push_back(), Some(Duration::from_secs(60)));
/// assert_eq!(policy.push_back(), PushBackMode::Add);
/// assert!(!policy.is_idempotent());
/// ```
///
/// A broken rule does not compile:
///
/// ```compile_fail
/// # use backoff_core::Policy;
/// const BROKEN: Policy = Policy::exponential().max_attempts(0).build();
/// # let _ = BROKEN;
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Policy<B = Schedule> {
    backoff: B,
    rules: Rules,
}

/// Shows the values of the getters; `None` means no limit.
impl<B: fmt::Debug> fmt::Debug for Policy<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rules { jitter, max_elapsed, since, reset_after, max_push_back, push_back, idempotent, .. } = &self.rules;
        f.debug_struct("Policy")
            .field("backoff", &self.backoff)
            .field("jitter", jitter)
            .field("max_delay", &self.max_delay())
            .field("max_attempts", &self.rules.attempts_limit())
            .field("max_elapsed", max_elapsed)
            .field("since", since)
            .field("reset_after", reset_after)
            .field("max_push_back", max_push_back)
            .field("push_back", push_back)
            .field("idempotent", idempotent)
            .finish()
    }
}

impl Policy<Schedule> {
    /// Returns a builder of exponential backoff: `initial_delay`, then each base delay `multiplier` times the previous
    /// one.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::exponential().max_attempts(5).build();
    /// let millis = policy.base_delays().map(|delay| delay.as_millis());
    /// assert!(millis.eq([100, 200, 400, 800])); // before jitter
    /// ```
    #[doc(alias = "exponential backoff")]
    pub const fn exponential() -> PolicyBuilder {
        PolicyBuilder::new(Schedule::EXPONENTIAL)
    }

    /// Returns a builder of constant backoff: `delay` before every retry, spread by ±10 % unless a jitter is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let policy = Policy::constant(Duration::from_secs(2)).max_attempts(2).build();
    /// assert!(
    ///     policy
    ///         .ranges()
    ///         .eq([Duration::from_millis(1_800)..=Duration::from_millis(2_200)])
    /// );
    /// ```
    pub const fn constant(delay: Duration) -> PolicyBuilder {
        PolicyBuilder::new(Schedule::constant(delay))
    }

    /// Returns a builder of linear backoff: `initial_delay`, then each base delay `increment` longer than the previous
    /// one.
    ///
    /// The increment is `initial_delay` unless it is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let policy = Policy::linear()
    ///     .initial_delay(Duration::from_secs(1))
    ///     .increment(Duration::from_secs(3))
    ///     .forever()
    ///     .build();
    /// let seconds = policy.base_delays().map(|delay| delay.as_secs());
    /// assert!(seconds.take(4).eq([1, 4, 7, 10]));
    /// ```
    pub const fn linear() -> PolicyBuilder {
        PolicyBuilder::new(Schedule::LINEAR)
    }

    /// Returns a builder of Fibonacci backoff: `initial_delay` times 1, 1, 2, 3, 5, ...
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::fibonacci().max_attempts(7).build();
    /// let millis = policy.base_delays().map(|delay| delay.as_millis());
    /// assert!(millis.eq([100, 100, 200, 300, 500, 800]));
    /// ```
    pub const fn fibonacci() -> PolicyBuilder {
        PolicyBuilder::new(Schedule::FIBONACCI)
    }

    /// Returns a builder of a policy that makes one attempt and never retries.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::never().build();
    /// assert_eq!((policy.max_attempts(), policy.delays().count()), (Some(1), 0));
    /// ```
    pub const fn never() -> PolicyBuilder {
        Self::exponential().max_attempts(1)
    }

    /// The defaults of Go's cenkalti/backoff: 500 ms, times 1.5, jitter of ±50 %, cap 60 s, 15 minutes in all.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let seconds = Policy::CENKALTI.base_delays().take(4).map(|d| d.as_secs_f64());
    /// assert!(seconds.eq([0.5, 0.75, 1.125, 1.6875]));
    /// assert_eq!(Policy::CENKALTI.max_elapsed(), Some(Duration::from_secs(900)));
    /// ```
    pub const CENKALTI: Self = Self::exponential()
        .initial_delay(Duration::from_millis(500))
        .multiplier(1.5)
        .jitter(Jitter::Factor(0.5))
        .max_delay(Duration::from_secs(60))
        .max_elapsed(Duration::from_secs(15 * 60))
        .build();
}

impl<B> Policy<B> {
    /// Returns a builder with a custom backoff: a type that implements [`Backoff`](crate::Backoff), a closure, a
    /// [`List`](crate::List) or a [`Sequence`](crate::Sequence).
    ///
    /// Neither cap nor jitter applies unless set. A [`List`](crate::List) is a limit by itself. Any other custom
    /// backoff is refused without a limit (`max_attempts`, `max_retries`, `max_elapsed`) or
    /// [`forever`](PolicyBuilder::forever), because the default of 3 attempts would cut its schedule short.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{List, Policy};
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// let list = Policy::with_backoff(List::new([second; 9])).build();
    /// assert_eq!(list.max_attempts(), None);
    /// assert_eq!(list.delays().count(), 9); // ten attempts
    ///
    /// let refused = Policy::with_backoff(|_: u32| Some(second)).try_build();
    /// assert!(refused.is_err());
    /// ```
    pub const fn with_backoff(backoff: B) -> PolicyBuilder<B>
    where
        B: Backoff,
    {
        PolicyBuilder::custom(backoff)
    }

    pub(crate) const fn from_parts(backoff: B, rules: Rules) -> Self {
        Self { backoff, rules }
    }

    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) const fn rules_mut(&mut self) -> &mut Rules {
        &mut self.rules
    }

    /// Returns this policy for a call with the given rules. If the rules have a timeout, it remains a limit.
    #[cfg(feature = "overrides")]
    pub(crate) const fn called_as(mut self, own: &Rules) -> Self
    where
        B: Copy,
    {
        if own.named.has(backoff_rules::Named::TIMEOUT) {
            self.rules.limit_by_timeout();
        }
        self
    }

    /// Returns this policy for a call with a timeout, which is a limit.
    #[cfg(feature = "std")]
    pub(crate) const fn limited_by_timeout(&self) -> Policy<crate::backoff::Borrowed<'_, B>> {
        let mut rules = self.rules;
        rules.limit_by_timeout();
        Policy::from_parts(crate::backoff::Borrowed(&self.backoff), rules)
    }

    /// Returns a builder that starts from this policy. Its setters replace settings, and only
    /// [`forever`](PolicyBuilder::forever) removes a limit that was set.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// const BASE: Policy = Policy::exponential().max_attempts(5).build();
    /// const PATIENT: Policy =
    ///     BASE.edit().max_elapsed(Duration::from_secs(60)).build();
    /// assert_eq!(PATIENT.max_attempts(), Some(5));
    /// ```
    pub const fn edit(self) -> PolicyBuilder<B>
    where
        B: Copy,
    {
        PolicyBuilder::edit(self.backoff, self.rules)
    }

    /// Returns the rule that yields the base delays.
    #[must_use]
    pub const fn backoff(&self) -> &B {
        &self.backoff
    }

    /// Returns the randomness put on each base delay.
    #[must_use]
    pub const fn jitter(&self) -> Jitter {
        self.rules.jitter
    }

    /// Returns the longest delay that this policy computes, without push-backs; `None` when there is no cap.
    #[must_use]
    pub const fn max_delay(&self) -> Option<Duration> {
        match self.rules.max_delay.duration() {
            Duration::MAX => None,
            cap => Some(cap),
        }
    }

    /// Returns the largest number of attempts, the first included; `None` when attempts are not limited.
    #[must_use]
    pub const fn max_attempts(&self) -> Option<u32> {
        self.rules.attempts_limit()
    }

    /// Returns the time for all retries; see [`PolicyBuilder::max_elapsed`].
    #[must_use]
    pub const fn max_elapsed(&self) -> Option<Duration> {
        self.rules.max_elapsed
    }

    /// Returns the instant from which [`max_elapsed`](Policy::max_elapsed) counts.
    #[must_use]
    pub const fn since(&self) -> Since {
        self.rules.since
    }

    /// Returns the run time of an attempt from which its failure starts a new sequence.
    #[must_use]
    pub const fn reset_after(&self) -> Option<Duration> {
        self.rules.reset_after
    }

    /// Returns the longest push-back that a call waits for; `None` when only the time limits bound it.
    #[must_use]
    pub const fn max_push_back(&self) -> Option<Duration> {
        self.rules.max_push_back
    }

    /// Returns the mode that combines a push-back with the policy's own delay.
    #[must_use]
    pub const fn push_back(&self) -> PushBackMode {
        self.rules.push_back
    }

    /// Returns whether ambiguous failures are retried.
    #[must_use]
    pub const fn is_idempotent(&self) -> bool {
        self.rules.idempotent
    }
}

impl Default for Policy {
    /// Returns the default policy: exponential from 100 ms, times 2, cap 20 s, full jitter, 3 attempts.
    fn default() -> Self {
        const DEFAULT: Policy = Policy::exponential().build();
        DEFAULT
    }
}

#[cfg(test)]
mod tests;
