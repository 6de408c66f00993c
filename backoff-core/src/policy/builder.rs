//! Every setting of a policy, its default, and the values that are refused.

use core::mem::ManuallyDrop;
use core::time::Duration;

use backoff_rules::{BaseDelay, Draft, Kind, PushBackMode, Refusal, Rules};

use super::{InvalidPolicy, Policy, Since};
use crate::{Backoff, Jitter, Schedule};

/// Collects the settings of a [`Policy`].
///
/// The setters are `const` and check nothing; [`build`](Self::build) and [`try_build`](Self::try_build) check
/// everything at once, whatever the order of the setters.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
/// use std::time::Duration;
///
/// let [one, two, three] = [1, 2, 3].map(Duration::from_secs);
/// let builder = Policy::exponential().max_delay(one).initial_delay(two);
/// let refused = builder.try_build().unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "`max_delay` (1s) is shorter than `initial_delay` (2s); \
///      raise `max_delay` or lower `initial_delay`"
/// );
/// assert!(builder.max_delay(three).try_build().is_ok());
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` or `try_build`"]
pub struct PolicyBuilder<B = Schedule> {
    /// Not dropped with the builder, because a `const fn` cannot drop it. Only a builder that is never finished leaks
    /// it.
    backoff: ManuallyDrop<B>,
    draft: Draft,
}

impl PolicyBuilder<Schedule> {
    pub(super) const fn new(schedule: Schedule) -> Self {
        Self { draft: Draft::new(&schedule), backoff: ManuallyDrop::new(schedule) }
    }

    /// Sets the base delay of the first retry, above zero; default 100 ms. Exponential, linear and fibonacci.
    pub const fn initial_delay(mut self, delay: Duration) -> Self {
        let schedule = self.draft.initial_delay(ManuallyDrop::into_inner(self.backoff), delay);
        self.backoff = ManuallyDrop::new(schedule);
        self
    }

    /// Sets the growth per retry, at least 1 and finite; default 2. Exponential only.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::exponential().multiplier(10.0).max_attempts(4).build();
    /// let millis = policy.base_delays().map(|delay| delay.as_millis());
    /// assert!(millis.eq([100, 1_000, 10_000]));
    /// ```
    pub const fn multiplier(mut self, multiplier: f64) -> Self {
        let schedule = self.draft.multiplier(ManuallyDrop::into_inner(self.backoff), multiplier);
        self.backoff = ManuallyDrop::new(schedule);
        self
    }

    /// Sets the growth of the base delay with each further retry; default `initial_delay`. Linear only.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::time::Duration;
    ///
    /// let step = Duration::from_millis(50);
    /// let policy = Policy::linear().increment(step).max_attempts(4).build();
    /// let millis = policy.base_delays().map(|delay| delay.as_millis());
    /// assert!(millis.eq([100, 150, 200]));
    /// ```
    pub const fn increment(mut self, increment: Duration) -> Self {
        let schedule = self.draft.increment(ManuallyDrop::into_inner(self.backoff), increment);
        self.backoff = ManuallyDrop::new(schedule);
        self
    }

    /// Sets the base delay of every retry. Constant only.
    pub const fn delay(mut self, delay: Duration) -> Self {
        let schedule = self.draft.delay(ManuallyDrop::into_inner(self.backoff), delay);
        self.backoff = ManuallyDrop::new(schedule);
        self
    }

    /// Replaces the backoff, and keeps the other settings.
    #[cfg(feature = "overrides")]
    pub(super) const fn rescheduled(mut self, schedule: Schedule) -> Self {
        self.draft.reschedule(&schedule);
        self.backoff = ManuallyDrop::new(schedule);
        self
    }
}

impl<B> PolicyBuilder<B> {
    pub(super) const fn custom(backoff: B) -> Self
    where
        B: Backoff,
    {
        let kind = if B::IS_LIMIT { Kind::List } else { Kind::Custom };
        Self { draft: Draft::custom(kind, B::IS_EMPTY), backoff: ManuallyDrop::new(backoff) }
    }

    pub(super) const fn edit(backoff: B, rules: Rules) -> Self {
        Self { backoff: ManuallyDrop::new(backoff), draft: Draft::edit(rules) }
    }

    /// Sets the largest number of attempts, the first included, at least 1.
    ///
    /// Default 3, or no limit when a time limit or [`forever`](Self::forever) is set, or the backoff is a
    /// [`List`](crate::List). Refused together with [`max_retries`](Self::max_retries).
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.draft.max_attempts(attempts);
        self
    }

    /// Sets the largest number of retries: `max_retries(n)` is `max_attempts(n + 1)`, for callers that count retries.
    ///
    /// 0 means one attempt and no retry. `u32::MAX` saturates to `u32::MAX` attempts. Refused together with
    /// [`max_attempts`](Self::max_attempts).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::exponential().max_retries(3).build();
    /// assert_eq!(policy.max_attempts(), Some(4)); // one first attempt, three retries
    /// ```
    #[doc(alias = "max retries")]
    #[doc(alias = "max_times")]
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.draft.max_retries(retries);
        self
    }

    /// Sets the time for all retries, above zero, counted from the start of the call with all attempts included.
    ///
    /// After a failure the call stops if this time has passed, or if the next delay is longer than the remaining time.
    /// If a delay would end exactly at the limit, the call waits and retries. A failure exactly at the limit ends the
    /// call. No attempt is interrupted, so an attempt may end after the limit. If a timer oversleeps, an attempt may
    /// start late. With an attempt timeout, a delay that would end exactly at the limit ends the call, too. Default: no
    /// limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, Since};
    /// use std::time::Duration;
    ///
    /// let hour = Duration::from_secs(3_600);
    /// let policy = Policy::exponential().max_elapsed(hour).build();
    /// assert_eq!(policy.max_attempts(), None); // not the default of 3
    /// assert_eq!(policy.since(), Since::Call);
    /// ```
    #[doc(alias = "deadline")]
    #[doc(alias = "total timeout")]
    pub const fn max_elapsed(mut self, limit: Duration) -> Self {
        self.draft.max_elapsed(limit);
        self
    }

    /// Removes every limit on attempts and time.
    ///
    /// A push-back may then be up to an hour; see [`max_push_back`](Self::max_push_back). Refused together with a
    /// limit. On a builder from [`Policy::edit`] it removes the limits of that policy.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::exponential().forever().build();
    /// assert_eq!((policy.max_attempts(), policy.max_elapsed()), (None, None));
    /// assert_eq!(policy.max_push_back().map(|max| max.as_secs()), Some(3_600));
    /// ```
    pub const fn forever(mut self) -> Self {
        self.draft.forever();
        self
    }

    /// Sets the cap on every delay that the policy computes, jitter included.
    ///
    /// Default for growing backoffs: 20 s, or 10 times the initial delay or the increment if one of these is longer, so
    /// that the delays can grow. Default for constant and custom backoffs: none. The cap does not include a push-back.
    pub const fn max_delay(mut self, cap: Duration) -> Self {
        self.draft.max_delay(cap);
        self
    }

    /// Sets the randomness put on each base delay.
    ///
    /// Default [`Jitter::Full`] for growing backoffs, [`Jitter::Factor(0.1)`](Jitter::Factor) for constant ones,
    /// [`Jitter::None`] for custom backoffs and zero delays.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Jitter, Policy};
    ///
    /// let policy = Policy::exponential().jitter(Jitter::Factor(0.5)).build();
    /// let first = policy.ranges().next().ok_or("no retry")?.into_inner();
    /// assert_eq!((first.0.as_millis(), first.1.as_millis()), (50, 150));
    /// # Ok::<(), &str>(())
    /// ```
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.draft.jitter(jitter);
        self
    }

    /// Sets the instant from which [`max_elapsed`](Self::max_elapsed) counts; default [`Since::Call`].
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, Since};
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// let now = Cell::new(Duration::ZERO);
    /// let limit = Policy::exponential().max_elapsed(Duration::from_secs(9));
    /// let policy = limit.since(Since::FirstFailure).build();
    /// let mut attempts = policy.start().clock(|| now.get());
    /// now.set(Duration::from_secs(60)); // the first attempt takes a minute
    /// assert!(attempts.failed("down").is_ok());
    /// now.set(Duration::from_secs(70)); // 10 s after the first failure
    /// assert!(attempts.failed("down").is_err());
    /// ```
    pub const fn since(mut self, since: Since) -> Self {
        self.draft.rules.since = since;
        self
    }

    /// Starts a new sequence (attempts, backoff, elapsed time) at the failure of an attempt that ran at least this
    /// long.
    ///
    /// Use it for long-lived operations, such as a subscription: a failure after an hour of service is retried like a
    /// first failure. The duration must be above zero. It should be longer than a failed attempt usually takes.
    /// Otherwise an attempt that only waits for a timeout starts a new sequence each time, without growth and without a
    /// limit. Default: never.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let hour = std::time::Duration::from_secs(3_600);
    /// let policy = Policy::exponential().max_attempts(5).reset_after(hour).build();
    /// assert_eq!(policy.reset_after(), Some(hour));
    /// assert_eq!(Policy::default().reset_after(), None); // never
    /// ```
    pub const fn reset_after(mut self, ran: Duration) -> Self {
        self.draft.reset_after(ran);
        self
    }

    /// Sets the longest push-back that a call waits for; a longer one ends the call.
    ///
    /// Default 60 s. With `max_elapsed`, only that limit bounds push-backs. With `forever` the default is 1 hour.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Fault, Policy, StopReason};
    /// use std::time::Duration;
    ///
    /// let (default, limit) = (Duration::from_secs(60), Duration::from_secs(5));
    /// assert_eq!(Policy::default().max_push_back(), Some(default));
    /// let policy = Policy::exponential().max_push_back(limit).build();
    /// let report = policy
    ///     .retry(|| Err::<(), _>("429"))
    ///     .when(|_| Fault::PushBack(Duration::from_secs(6)))
    ///     .call_report();
    /// assert_eq!(report.unwrap_err().reason, StopReason::PushBackTooLong);
    /// ```
    #[doc(alias = "Retry-After")]
    pub const fn max_push_back(mut self, longest: Duration) -> Self {
        self.draft.max_push_back(longest);
        self
    }

    /// Sets the mode that combines a push-back (`Retry-After`) with the policy's own delay; default
    /// [`PushBackMode::Add`].
    ///
    /// All limits apply in every mode. With [`PushBackMode::Replace`], clients that receive the same push-back return
    /// together.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Fault, Policy, PushBackMode};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::exponential()
    ///     .max_attempts(2)
    ///     .push_back(PushBackMode::Replace)
    ///     .build();
    /// let mut delays = Vec::new();
    /// let _ = policy
    ///     .retry(|| Err::<(), _>("429 Too Many Requests"))
    ///     .when(|_| Fault::PushBack(Duration::from_secs(5)))
    ///     .on_retry(|event| delays.push(event.delay()))
    ///     .sleep(|_| ())
    ///     .call();
    /// assert_eq!(delays, [Duration::from_secs(5)]);
    /// ```
    #[doc(alias = "Retry-After")]
    pub const fn push_back(mut self, mode: PushBackMode) -> Self {
        self.draft.rules.push_back = mode;
        self
    }

    /// Promises that the operation may be executed more than once, so that ambiguous failures are retried too.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::exponential().idempotent().build();
    /// assert!(policy.is_idempotent() && !Policy::default().is_idempotent());
    /// ```
    pub const fn idempotent(self) -> Self {
        self.idempotent_if(true)
    }

    /// Sets whether the operation may be executed more than once; see [`idempotent`](Self::idempotent). `false`
    /// withdraws the promise of an edited policy.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::exponential().idempotent().build();
    /// assert!(!policy.edit().idempotent_if(false).build().is_idempotent());
    /// ```
    pub const fn idempotent_if(mut self, idempotent: bool) -> Self {
        self.draft.rules.idempotent = idempotent;
        self
    }

    /// Counts a timeout of the call as a limit that was set.
    #[doc(hidden)]
    pub const fn limited_by_timeout(mut self) -> Self {
        self.draft.rules.limit_by_timeout();
        self
    }

    /// Makes later setters move a refused value to the nearest allowed one.
    #[doc(hidden)]
    pub const fn adjusting(mut self) -> Self {
        self.draft.adjust_from_here();
        self
    }

    /// Returns the policy.
    ///
    /// # Panics
    ///
    /// When a setting is refused, as listed at [`try_build`](Self::try_build). In a `const` that is a compile error;
    /// for values from outside use `try_build`. Only `try_build` can inspect every [`List`](crate::List), because
    /// `build` is a `const fn`.
    #[track_caller]
    pub const fn build(self) -> Policy<B> {
        if let Err(refusal) = self.draft.check() {
            panic!("{}", refusal.rule());
        }
        self.checked()
    }

    /// Returns the policy of a constant that other code has checked, so that a mistake is one compile error and not one
    /// at each use.
    #[doc(hidden)]
    pub const fn checked(self) -> Policy<B> {
        Policy::from_parts(ManuallyDrop::into_inner(self.backoff), self.draft.decided())
    }

    /// Returns the policy, or the reason to refuse it.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidPolicy`] when
    /// * `max_attempts` is 0, or is set together with `max_retries`;
    /// * `max_elapsed` is zero;
    /// * `multiplier` is below 1, infinite or not a number;
    /// * the initial delay of a growing backoff is zero;
    /// * `max_delay` is set and shorter than the first base delay;
    /// * a jitter factor is outside 0.0..=1.0, or jitter is set on a zero delay;
    /// * decorrelated jitter is set together with a multiplier, or on a backoff that is not exponential;
    /// * the shortest possible first delay is above `max_elapsed`, though retries are wanted;
    /// * `forever` is set together with a limit;
    /// * a custom backoff other than a [`List`](crate::List) has neither a limit nor `forever`;
    /// * a `List` is empty;
    /// * `reset_after` is zero;
    /// * the chosen backoff does not have one of the settings that were set.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    ///
    /// let policy = Policy::exponential().max_attempts(4).try_build()?;
    /// assert_eq!(policy.max_attempts(), Some(4)); // one first attempt, three retries
    /// # Ok::<(), backoff_core::InvalidPolicy>(())
    /// ```
    pub fn try_build(self) -> Result<Policy<B>, InvalidPolicy>
    where
        B: Backoff,
    {
        let backoff = ManuallyDrop::into_inner(self.backoff);
        self.draft.check()?;
        let policy = Policy::from_parts(backoff, self.draft.decided());
        if B::IS_LIMIT {
            let first = first_delay(policy.backoff()).ok_or(Refusal::EmptyList)?;
            policy.rules().fits_after(first)?;
        }
        Ok(policy)
    }

    /// Returns the policy with every refused value moved to the nearest allowed one, and the refusal of the first moved
    /// value.
    #[doc(hidden)]
    pub fn build_adjusted(mut self) -> (Policy<B>, Option<InvalidPolicy>) {
        let draft = &mut self.draft;
        draft.adjust();
        (
            Policy::from_parts(ManuallyDrop::into_inner(self.backoff), draft.decided()),
            draft.first_moved().map(InvalidPolicy::from),
        )
    }
}

/// Returns the first base delay of a backoff; `None` if it has no delay.
fn first_delay<B: Backoff>(backoff: &B) -> Option<BaseDelay> {
    backoff.next_base(&mut backoff.start())
}

#[cfg(all(test, feature = "std"))]
mod tests;
