//! Simple functions of an expanded loop.

use core::time::Duration;

use crate::backoff::Borrowed;
use crate::drive::shared_limits::{Nesting as _, OpenScope};
use crate::sleep::{BlockingSleepMut, SleepFn};
use crate::{
    Backoff, BlockingSleeper, CallSite, CancelToken, InnerRetries, InvalidPolicy, Policy, PolicyBuilder, Scope, Sleeper,
};

/// Runs one attempt; `?` and `return` in the body end it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the body must not cost a call")]
pub fn call<R>(attempt: impl FnOnce() -> R) -> R {
    attempt()
}

/// Sets the return type of an async block, in a `return` that is never reached.
#[must_use]
pub fn unreached<R>() -> R {
    unreachable!("an expansion of `#[retry]` never calls this")
}

/// Runs one attempt in the scope of `inner_retries`.
pub fn call_in<R>(scope: &Option<Scope>, attempt: impl FnOnce() -> R) -> R {
    scope.within(attempt)
}

/// Opens the scope of `inner_retries`.
#[must_use]
pub fn open_scope(mode: InnerRetries, timeout: Option<Duration>) -> Option<Scope> {
    mode.open(timeout)
}

/// Returns whether a call in the scope of `inner_retries` has given up.
#[must_use]
pub fn inner_gave_up(scope: &Option<Scope>) -> bool {
    OpenScope::inner_gave_up(scope)
}

/// A sleeper that is borrowed for one delay, as the value of `sleep = ..`.
#[derive(Clone, Copy, Debug)]
pub struct SharedSleeper<'a, S>(&'a S);

#[diagnostic::do_not_recommend]
impl<S: Sleeper> Sleeper for SharedSleeper<'_, S> {
    type Sleep = S::Sleep;

    #[inline]
    fn sleep(&self, delay: Duration) -> S::Sleep {
        self.0.sleep(delay)
    }
}

#[diagnostic::do_not_recommend]
impl<S: BlockingSleeper> BlockingSleeper for SharedSleeper<'_, S> {
    #[inline]
    fn sleep(&self, delay: Duration) {
        self.0.sleep(delay);
    }

    fn sleep_unless_cancelled(&self, delay: Duration, token: &CancelToken) {
        self.0.sleep_unless_cancelled(delay, token);
    }
}

/// Returns the sleeper of `sleep = ..`. It has no bound, so that the compiler reports a wrong type once.
#[inline]
pub const fn shared_sleeper<S>(shared: &S) -> SharedSleeper<'_, S> {
    SharedSleeper(shared)
}

/// Returns the sleeper of a closure in `sleep = |delay| ..`. The bound lets the compiler infer the type of its
/// argument.
#[inline]
pub const fn sleep_fn<F: FnMut(Duration) -> A, A>(closure: F) -> SleepFn<F> {
    SleepFn(closure)
}

/// Waits between two attempts of a synchronous function.
#[inline]
pub fn sleep_blocking(site: &'static CallSite, sleeper: &mut impl BlockingSleepMut, delay: Duration) {
    if let Some(_waiting) = site.waits(delay) {
        sleeper.sleep_mut(delay);
    }
}

/// Waits until the delay has passed or the token is cancelled. Returns whether the token is cancelled.
pub fn sleep_blocking_until_cancelled(
    site: &'static CallSite,
    sleeper: &mut impl BlockingSleepMut,
    delay: Duration,
    token: &CancelToken,
) -> bool {
    if let Some(_waiting) = site.waits(delay) {
        sleeper.sleep_mut_unless_cancelled(delay, token);
    }
    token.is_cancelled()
}

/// Returns whether the token of `cancel` is cancelled, in a synchronous function.
pub fn is_cancelled(token: &CancelToken) -> bool {
    token.is_cancelled()
}

/// Builds a policy from values that are known only at run time. An invalid value is changed to the nearest allowed
/// value, and reported once per call site. An empty list of delays is reported and kept.
pub fn adjusted<B: Backoff>(site: &'static CallSite, builder: PolicyBuilder<B>) -> Policy<B> {
    let (policy, problem) = builder.build_adjusted();
    if let Some(problem) = problem {
        site.adjusted(problem);
    } else if B::IS_LIMIT && policy.backoff().next(&mut policy.backoff().start()).is_none() {
        site.adjusted(InvalidPolicy::EMPTY_LIST);
    }
    policy
}

/// Rejects a constant `timeout` of zero.
#[track_caller]
pub const fn check_timeout(limit: Duration) {
    assert!(!limit.is_zero(), "`timeout` is zero, so that no attempt could end; use a longer time, or leave it out");
}

/// Returns a `timeout` that is known only at run time. Zero becomes one nanosecond, and is reported once per call site.
#[must_use]
pub fn allowed_timeout(site: &'static CallSite, limit: Duration) -> Duration {
    if limit.is_zero() {
        site.adjusted(InvalidPolicy::ZERO_TIMEOUT);
        return Duration::from_nanos(1);
    }
    limit
}

/// Returns the closure of `backoff = |retry| ..`. The bound lets the compiler infer the type of its argument.
pub const fn backoff_of<F: Fn(u32) -> Option<Duration>>(backoff: F) -> F {
    backoff
}

/// A policy, or a reference to one, as the value of `policy = ..`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Policy`",
    label = "expected a `Policy`, or a reference to one",
    note = "end a builder with `.build()`, or with `.try_build()?` before the function"
)]
pub trait AsPolicy {
    /// The backoff of the policy.
    type Backoff;

    /// Returns the policy.
    fn as_policy(&self) -> &Policy<Self::Backoff>;
}

impl<B> AsPolicy for Policy<B> {
    type Backoff = B;

    #[inline]
    fn as_policy(&self) -> &Self {
        self
    }
}

impl<P: AsPolicy> AsPolicy for &P {
    type Backoff = P::Backoff;

    #[inline]
    fn as_policy(&self) -> &Policy<P::Backoff> {
        P::as_policy(self)
    }
}

impl<P: AsPolicy> AsPolicy for alloc::sync::Arc<P> {
    type Backoff = P::Backoff;

    #[inline]
    fn as_policy(&self) -> &Policy<P::Backoff> {
        P::as_policy(self)
    }
}

/// Returns the builder that overrides settings of the policy in `policy = ..`.
#[inline]
pub fn edit<P: AsPolicy<Backoff: Copy>>(policy: &P) -> PolicyBuilder<P::Backoff> {
    (*policy.as_policy()).edit()
}

/// Returns the policy in `policy = ..`, if the attribute also has a `timeout`. That counts as a limit.
#[inline]
pub fn limited_by_timeout<P: AsPolicy>(policy: &P) -> Policy<Borrowed<'_, P::Backoff>> {
    policy.as_policy().limited_by_timeout()
}

/// Returns the policy in `policy = ..`.
#[inline]
pub fn policy<P: AsPolicy>(policy: &P) -> &Policy<P::Backoff> {
    policy.as_policy()
}
