//! The decision after a failed attempt: every rule of retrying.
//!
//! [`Policy::decide`] takes the policy, the progress of one call, the classified failure and its time. It returns
//! *retry after this delay* or *stop, for this reason*. It does no I/O, reads no clock, never sleeps and never owns a
//! result. The blocking driver, the async driver, the expansion of `#[retry]`, the manual loop, the iterator of delays,
//! the ticker and any simulator call this one function, so they all follow the same rules.

pub(crate) mod reason;
#[cfg(all(test, feature = "async"))]
mod tests;

use core::time::Duration;

pub(crate) use self::reason::StopReason;
#[cfg(feature = "async")]
use crate::Attempt;
use crate::budget::Budget;
use crate::random::Random;
use crate::{Backoff, Fault, FaultKind, Policy};
use backoff_rules::{Rules, Since, starts_in_time};

/// The next step after a failed attempt; [`Policy::decide`] returns it, and has an example.
// With a separate tag, the variants are distinguished in registers. A tag inside the delay would be packed and
// unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Decision {
    /// Wait this long, then start the next attempt.
    RetryAfter(Duration),
    /// Return the last error to the caller.
    Stop(StopReason),
}

/// The attempts, delays and times of one call so far. It is the only state that changes between attempts.
///
/// Created by [`Policy::begin`]; [`Policy::decide`] has an example. The parameter is the state of the backoff.
#[derive(Clone, Copy, Debug)]
pub struct Progress<S = u32> {
    attempts: u32,
    /// Created at the first failure, so that a success costs nothing.
    backoff: Option<S>,
    /// `true` if the backoff has yielded its last delay. It is always `false` for an endless backoff.
    has_ended: bool,
    /// The last delay without its push-back.
    previous: Duration,
    /// The time from which elapsed time counts, as a duration since the start of the call.
    origin: Duration,
}

impl<S> Progress<S> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { attempts: 0, backoff: None, has_ended: false, previous: Duration::ZERO, origin: Duration::ZERO }
    }

    /// Returns the number of failed attempts in the present sequence.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the time of the present sequence at this time of the call.
    #[cfg(feature = "std")]
    pub(crate) const fn elapsed(&self, at: Duration) -> Duration {
        at.saturating_sub(self.origin)
    }

    /// Returns the progress after `attempts` failures; `backoff` is the state of the backoff after as many retries.
    pub(crate) const fn with_state(attempts: u32, backoff: S) -> Self {
        Self { attempts, backoff: Some(backoff), has_ended: false, previous: Duration::ZERO, origin: Duration::ZERO }
    }

    /// Counts a failure that is retried by the short path. The state of a built-in backoff is made again from the
    /// number of retries if the general decision needs it.
    #[inline]
    pub(crate) fn count_usual(&mut self) {
        self.attempts += 1;
        self.backoff = None;
    }

    /// Forgets all failures: the next one is treated as the first, and elapsed time counts from `at`.
    pub fn reset(&mut self, at: Duration) {
        *self = Self { origin: at, ..Self::new() };
    }
}

impl Progress<u32> {
    /// The progress after `attempts` failures, for a built-in backoff: its state is the number of retries.
    #[inline]
    pub(crate) const fn resumed(attempts: u32) -> Self {
        Self::with_state(attempts, attempts)
    }
}

/// One failed attempt, for [`Policy::decide`], which receives the time of the failure as a separate argument.
///
/// # Examples
///
/// ```
/// use backoff_core::{Budget, Decision, Failure, Fault, Policy, StopReason};
/// use std::time::Duration;
///
/// static BUDGET: Budget = Budget::new();
/// let (policy, second) = (Policy::default(), Duration::from_secs(1));
/// let failure = Failure::new(Fault::Transient).budget(Some(&BUDGET));
/// let failure = failure.ran(second).time_left(Some(second)).nested(true);
/// let failure = failure.disabled(true).cancelled(true);
/// let next = policy.decide(&mut policy.begin(), failure, second, &mut || 0);
/// assert_eq!(next, Decision::Stop(StopReason::Cancelled)); // the first check
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and all may hold together")]
pub struct Failure<'a> {
    pub(crate) fault: Fault,
    /// The run time of the attempt. It is `None` if no rule needs it, which a driver knows at compile time.
    pub(crate) ran: Option<Duration>,
    pub(crate) cancelled: bool,
    pub(crate) dropped_by: Option<StopReason>,
    pub(crate) disabled: bool,
    pub(crate) nested: bool,
    pub(crate) time_left: Option<Duration>,
    /// `true` if the next attempt is limited to the remaining time of `max_elapsed`.
    pub(crate) needs_time_left: bool,
    pub(crate) budget: Option<&'a Budget>,
}

impl<'a> Failure<'a> {
    /// Returns whether the failure is transient without a wait, and only the policy and a budget limit the call.
    ///
    /// For calls that nothing disturbs: an enclosing call is a disturbance, so `nested` and `time_left` are not set.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "most of it is known where a failure is built")]
    pub(crate) const fn is_plain(&self) -> bool {
        matches!(self.fault, Fault::Transient) && !self.cancelled && !self.disabled && self.dropped_by.is_none()
    }

    /// Returns a failure with this fault. Only the policy limits the call after it.
    #[must_use]
    #[inline]
    pub const fn new(fault: Fault) -> Self {
        Self {
            fault,
            ran: None,
            cancelled: false,
            dropped_by: None,
            disabled: false,
            nested: false,
            time_left: None,
            needs_time_left: false,
            budget: None,
        }
    }

    /// Sets the run time of the attempt. Only a policy with `reset_after` needs it. Without it, such a policy never
    /// starts a new sequence.
    #[must_use]
    #[inline]
    pub const fn ran(mut self, time: Duration) -> Self {
        self.ran = Some(time);
        self
    }

    /// Sets whether the call was cancelled.
    #[must_use]
    #[inline]
    pub const fn cancelled(mut self, cancelled: bool) -> Self {
        self.cancelled = cancelled;
        self
    }

    /// Sets whether retries are switched off.
    #[must_use]
    #[inline]
    pub const fn disabled(mut self, disabled: bool) -> Self {
        self.disabled = disabled;
        self
    }

    /// Sets whether an enclosing call retries in its place, or an inner call has given up.
    #[must_use]
    #[inline]
    pub const fn nested(mut self, nested: bool) -> Self {
        self.nested = nested;
        self
    }

    /// Sets the time that enclosing calls leave for the delay.
    #[must_use]
    #[inline]
    pub const fn time_left(mut self, left: Option<Duration>) -> Self {
        self.time_left = left;
        self
    }

    /// Sets the budget from which a retry takes a token.
    #[must_use]
    #[inline]
    pub const fn budget(mut self, budget: Option<&'a Budget>) -> Self {
        self.budget = budget;
        self
    }

    /// Sets whether the next attempt is limited to the remaining time of `max_elapsed`. If so, a retry requires that
    /// some time is left.
    #[inline]
    pub(crate) const fn needs_time_left(mut self, needs_time_left: bool) -> Self {
        self.needs_time_left = needs_time_left;
        self
    }

    /// Records that a limit of the call dropped the attempt. That limit is the reason to stop.
    #[inline]
    pub(crate) const fn dropped_by(mut self, by: Option<StopReason>) -> Self {
        self.dropped_by = by;
        self
    }
}

impl<B: Backoff> Policy<B> {
    /// Returns the progress of a call that has made no attempt.
    ///
    /// Together with [`decide`](Self::decide) it is the whole state machine, for simulators and custom drivers. A
    /// program that only retries uses [`retry`](Self::retry) or [`start`](Self::start).
    pub fn begin(&self) -> Progress<B::State> {
        Progress::new()
    }

    /// Counts a failed attempt, and returns the next step.
    ///
    /// `elapsed` is the time of the failure, counted from the start of the call: `max_elapsed` is checked against it.
    ///
    /// The checks come in this order, and the first that stops is the reason: a limit that dropped the attempt,
    /// permanent, ambiguous, cancelled, disabled, attempts, nested, backoff ended, push-back too long, elapsed time,
    /// budget. A backoff that has ended stays ended until the progress is reset. A random number is drawn only if a
    /// retry is still possible. A token is taken only if the decision is to retry.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Decision, Failure, Fault, Policy, StopReason};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::exponential().max_attempts(2).build();
    /// let (mut progress, failure) = (policy.begin(), Failure::new(Fault::Transient));
    /// let mut decide = |at| policy.decide(&mut progress, failure, at, &mut || !0);
    /// let delay = Duration::from_millis(100); // the longest, as all bits are set
    /// assert_eq!(decide(Duration::ZERO), Decision::RetryAfter(delay));
    /// assert_eq!(decide(delay), Decision::Stop(StopReason::MaxAttempts));
    /// assert_eq!(progress.attempts(), 2);
    /// progress.reset(delay); // a new sequence, whose time counts from here
    /// assert_eq!(progress.attempts(), 0);
    /// ```
    pub fn decide(
        &self,
        progress: &mut Progress<B::State>,
        failure: Failure<'_>,
        elapsed: Duration,
        random: &mut impl Random,
    ) -> Decision {
        decide(self.rules(), self.backoff(), progress, failure, elapsed, random)
    }
}

/// The decision; see [`Policy::decide`].
#[inline(always)]
#[expect(clippy::inline_always, reason = "plain data would go through memory; each outlined driver has one copy")]
pub(crate) fn decide<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    progress: &mut Progress<B::State>,
    failure: Failure<'_>,
    at: Duration,
    random: &mut impl Random,
) -> Decision {
    decide_adjusted(rules, backoff, progress, failure, at, random, |_, delay| Some(delay))
}

/// The decision of a call with `adjust`, which receives the number of the attempt and the planned delay. It returns the
/// delay in place of the planned one, or `None` to stop.
#[inline(always)]
#[expect(clippy::inline_always, reason = "as `decide`")]
pub(crate) fn decide_adjusted<B: Backoff>(
    rules: &Rules,
    backoff: &B,
    progress: &mut Progress<B::State>,
    failure: Failure<'_>,
    at: Duration,
    random: &mut impl Random,
    adjust: impl FnOnce(u32, Duration) -> Option<Duration>,
) -> Decision {
    begin_sequence(rules, progress, failure.ran, at);
    progress.attempts = progress.attempts.saturating_add(1);
    if let Some(reason) = stop_before_delay(rules, progress.attempts, &failure) {
        return Decision::Stop(reason);
    }
    if !B::IS_ENDLESS && progress.has_ended {
        return Decision::Stop(StopReason::BackoffEnded);
    }
    let state = progress.backoff.get_or_insert_with(|| backoff.resume(progress.attempts - 1));
    let Some(base) = backoff.next_base(state) else {
        progress.has_ended = true;
        return Decision::Stop(StopReason::BackoffEnded);
    };
    let own = rules.delay(base, progress.previous, || random.draw());
    let Some(delay) = delay_before_retry(rules, failure.fault, own) else {
        return Decision::Stop(StopReason::PushBackTooLong);
    };
    let Some(delay) = adjust(progress.attempts, delay) else {
        return Decision::Stop(StopReason::BackoffEnded);
    };
    if !is_in_time(rules, progress, &failure, at, delay) {
        return Decision::Stop(StopReason::MaxElapsed);
    }
    if failure.budget.is_some_and(|budget| !budget.withdraw()) {
        return Decision::Stop(StopReason::BudgetEmpty);
    }
    progress.previous = own;
    Decision::RetryAfter(delay)
}

/// Returns the decision after a plain failure of the usual policy, for a retry for which the short path is valid.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the short path of each driver")]
pub(crate) fn decide_usual(rules: &Rules, retries: u32, budget: Option<&Budget>, random: &mut impl Random) -> Decision {
    let delay = rules.usual_delay(retries, random.draw());
    if budget.is_some_and(|budget| !budget.withdraw()) {
        return Decision::Stop(StopReason::BudgetEmpty);
    }
    Decision::RetryAfter(delay)
}

/// Returns the delay before the retry, made of the policy's own delay after jitter and the push-back of the server.
/// Returns `None` if the push-back is longer than the policy accepts.
#[inline]
fn delay_before_retry(rules: &Rules, fault: Fault, own: Duration) -> Option<Duration> {
    let Some(push_back) = fault.not_before() else { return Some(own) };
    let is_too_long = rules.max_push_back.is_some_and(|longest| push_back > longest);
    if is_too_long { None } else { Some(rules.push_back.delay(push_back, own)) }
}

/// Returns whether no attempt can follow the next one, whatever its result. `attempts` is the number of failed ones.
///
/// With `reset_after` no attempt is certain to be the last. The caller has no `reset_when`.
#[cfg(feature = "async")]
#[inline]
pub(crate) fn is_certainly_last(rules: &Rules, attempts: u32) -> bool {
    rules.reset_after.is_none() && Attempt::is_last_of(attempts.saturating_add(1), rules.attempts_limit())
}

/// Returns whether a retry after `delay` starts in time: within `max_elapsed`, and within the time that enclosing calls
/// leave.
///
/// Also checked after a hook that took time between the decision and the delay.
#[inline]
pub(crate) fn is_in_time<S>(
    rules: &Rules,
    progress: &Progress<S>,
    failure: &Failure<'_>,
    at: Duration,
    delay: Duration,
) -> bool {
    if let Some(limit) = rules.max_elapsed {
        let left = limit.saturating_sub(at.saturating_sub(progress.origin));
        if !starts_in_time(delay, left, failure.needs_time_left) {
            return false;
        }
    }
    failure.time_left.is_none_or(|left| starts_in_time(delay, left, false))
}

/// Starts a new sequence after a long attempt. Starts the clock at the first failure if the policy is set so.
#[inline]
fn begin_sequence<S>(rules: &Rules, progress: &mut Progress<S>, ran: Option<Duration>, at: Duration) {
    if matches!((ran, rules.reset_after), (Some(ran), Some(long)) if ran >= long) {
        progress.reset(at);
    }
    if progress.attempts == 0 && rules.since == Since::FirstFailure {
        progress.origin = at;
    }
}

#[inline]
fn stop_before_delay(rules: &Rules, attempts: u32, failure: &Failure<'_>) -> Option<StopReason> {
    if failure.dropped_by.is_some() {
        return failure.dropped_by;
    }
    match failure.fault.kind() {
        FaultKind::Permanent => return Some(StopReason::Permanent),
        FaultKind::Ambiguous if !rules.idempotent => return Some(StopReason::Ambiguous),
        FaultKind::Ambiguous | FaultKind::Transient => {}
    }
    if failure.cancelled {
        return Some(StopReason::Cancelled);
    }
    if failure.disabled {
        return Some(StopReason::Disabled);
    }
    if rules.max_attempts != 0 && attempts >= rules.max_attempts {
        return Some(StopReason::MaxAttempts);
    }
    failure.nested.then_some(StopReason::Nested)
}

/// The time that one attempt gets: its own timeout, or the remaining time of `max_elapsed` if that is less.
// Nanoseconds, saturating after 584 years: half the size of a `Duration` in the future of the call.
#[cfg(any(feature = "std", feature = "async"))]
#[cfg_attr(not(feature = "std"), allow(unreachable_pub, reason = "expanded code, which needs `std`, names it"))]
#[derive(Clone, Copy, Debug)]
pub struct AttemptLimit(u64);

#[cfg(any(feature = "std", feature = "async"))]
#[cfg_attr(not(feature = "std"), allow(unreachable_pub, reason = "as the type"))]
impl AttemptLimit {
    /// Returns the limit of an attempt with this timeout and this remaining time of `max_elapsed`.
    pub(crate) fn new(timeout: Duration, left: Option<Duration>) -> Self {
        Self(saturating_nanos(left.map_or(timeout, |left| left.min(timeout))))
    }

    /// Returns the limit as a duration.
    #[must_use]
    pub const fn time(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// Returns the stop reason for an attempt that the limit ended. It is `None` unless the limit is less than the
    /// attempt's own timeout.
    #[must_use]
    pub fn reason(self, timeout: Duration) -> Option<StopReason> {
        (self.0 < saturating_nanos(timeout)).then_some(StopReason::MaxElapsed)
    }
}

#[cfg(any(feature = "std", feature = "async"))]
fn saturating_nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the remaining time of `max_elapsed` at this time of the call; `None` without a limit, or before the limit
/// starts to count.
pub(crate) fn remaining<S>(rules: &Rules, progress: &Progress<S>, at: Duration) -> Option<Duration> {
    let max_elapsed = rules.max_elapsed?;
    let has_started = rules.since == Since::Call || progress.attempts > 0;
    has_started.then(|| max_elapsed.saturating_sub(at.saturating_sub(progress.origin)))
}
