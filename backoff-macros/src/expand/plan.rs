//! The facts of one expansion, decided once from the arguments and the function. They contain no tokens of the output.

use backoff_rules::{Jitter, Since};

use crate::args::{Args, Backoff, Content, InnerRetries, Role, Value};
use crate::function::Function;

/// The facts of one expansion.
pub(super) struct Plan<'a> {
    pub(super) args: &'a Args,
    pub(super) function: &'a Function,
    pub(super) is_async: bool,
    pub(super) policy: PolicyForm,
    pub(super) driver: Driver,
    pub(super) loop_end: LoopEnd,
    /// The mode of `inner_retries`, if attempts open a scope for it.
    pub(super) inner_retries: Option<InnerRetries>,
}

/// The form in which the policy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PolicyForm {
    /// A constant item of a built-in backoff.
    Constant,
    /// A constant in place, because its type cannot be named in an item.
    InlineConstant,
    /// The value of `policy`, unchanged.
    Unchanged,
    /// The value of `policy`, known at run time, changed only because the call has a `timeout`.
    LimitedByTimeout,
    /// A policy that is built for each call.
    PerCall,
}

/// The driver of the loop; see `backoff_core::__private`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    /// Counts attempts, and remembers only what [`CallTimes`] lists.
    Counted(CallTimes),
    /// Serves any policy.
    Full,
}

/// The state of a counting driver beside the number of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallTimes {
    /// Nothing.
    Untimed,
    /// The start of the call.
    Timed,
    /// The start of the call and its delays.
    Recorded,
}

/// The value with which the loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopEnd {
    /// The result, which the function returns unchanged.
    Result,
    /// The result and the stop reason, for the code after the loop.
    Reason,
    /// The same; the result is also kept during a delay, because a cancelled delay returns it.
    ReasonAndKeptResult,
}

impl<'a> Plan<'a> {
    pub(super) fn new(args: &'a Args, function: &'a Function) -> Self {
        let policy = choose_policy_form(args);
        Self {
            args,
            function,
            is_async: function.shape.is_async(),
            policy,
            driver: choose_driver(args, policy),
            loop_end: choose_loop_end(args),
            inner_retries: args.inner_retries.as_ref().map(|arg| arg.value).filter(|mode| *mode != InnerRetries::Allow),
        }
    }

    /// Returns whether the code after the loop receives the stop reason.
    pub(super) fn has_reason(&self) -> bool {
        self.loop_end != LoopEnd::Result
    }

    /// Returns whether the driver records delays after they have elapsed.
    pub(super) fn records_delays(&self) -> bool {
        matches!(self.driver, Driver::Full | Driver::Counted(CallTimes::Recorded))
    }

    /// Returns whether the full driver reads the clock for more than its policy.
    pub(super) fn needs_time(&self) -> bool {
        let args = self.args;
        has_event_hook(args)
            || args.adjust.is_some()
            || args.or_else.is_some()
            || args.attempt.is_some()
            || args.attempt_timeout.is_some()
    }

    /// Returns whether attempts can be dropped by a timeout or by cancellation.
    pub(super) fn drops_attempts(&self) -> bool {
        let Args { attempt_timeout, timeout, cancel_attempts, .. } = self.args;
        attempt_timeout.is_some() || timeout.is_some() || cancel_attempts.is_some()
    }

    /// Returns whether the decision depends on a closure that receives the error.
    pub(super) fn is_steered(&self) -> bool {
        self.args.reset_when.is_some() || self.args.adjust.is_some()
    }

    /// Returns whether events report how long a failed retry ran. The counting driver of an async function does not
    /// record it, because its future would be larger.
    pub(super) fn times_attempts(&self) -> bool {
        let has_room = self.driver == Driver::Full || !self.is_async;
        let is_reported = self.args.on_retry.is_some() || self.args.on_give_up.is_some() || self.args.adjust.is_some();
        has_room && is_reported
    }

    /// Returns whether the step after an attempt binds the error itself, and not its text.
    pub(super) fn binds_error(&self) -> bool {
        self.args.on_retry.is_some() || self.is_steered()
    }

    /// Returns whether the decision needs more than the fault and the budget.
    pub(super) fn needs_failure_context(&self) -> bool {
        self.driver == Driver::Full
            || self.drops_attempts()
            || self.args.cancel.is_some()
            || self.inner_retries.is_some()
    }

    /// Returns whether the full driver is notified of the start of each attempt.
    pub(super) fn notifies_attempt_start(&self) -> bool {
        self.driver == Driver::Full && (self.args.reset_after.is_some() || self.policy != PolicyForm::Constant)
    }

    /// Returns whether `until` is evaluated before the cancel signal is polled: the signal matters only if the call
    /// continues, and it cannot be awaited while the value is borrowed.
    pub(super) fn evaluates_until_first(&self) -> bool {
        self.is_async && self.args.cancel.is_some() && self.args.until.is_some()
    }
}

fn choose_policy_form(args: &Args) -> PolicyForm {
    let settings = || args.given().filter(|given| given.argument.has(Role::PolicySetting));
    let has_settings = settings().next().is_some();
    let has_runtime_setting = settings().any(|given| matches!(given.content, Content::Runtime));
    let is_runtime_policy = matches!(args.policy.as_ref().map(|arg| &arg.value), Some(Value::Runtime(_)));
    let has_custom_backoff = matches!(args.backoff.as_ref().map(|arg| &arg.value), Some(Backoff::Custom(_)));
    if args.policy.is_some() && !has_settings && args.timeout.is_none() {
        PolicyForm::Unchanged
    } else if is_runtime_policy && !has_settings {
        PolicyForm::LimitedByTimeout
    } else if is_runtime_policy || has_runtime_setting {
        PolicyForm::PerCall
    } else if args.policy.is_some() || has_custom_backoff {
        PolicyForm::InlineConstant
    } else {
        PolicyForm::Constant
    }
}

fn choose_driver(args: &Args, policy: PolicyForm) -> Driver {
    let needs_previous_delay = args
        .jitter
        .as_ref()
        .is_some_and(|jitter| !matches!(jitter.value, Value::Literal(kind) if kind != Jitter::Decorrelated));
    let needs_full = policy != PolicyForm::Constant
        || args.seed.is_some()
        || args.reset_after.is_some()
        || args.reset_when.is_some()
        || args.adjust.is_some()
        || args.since.as_ref().is_some_and(|since| since.value != Since::Call)
        || needs_previous_delay;
    if needs_full { Driver::Full } else { Driver::Counted(choose_memory(args)) }
}

fn choose_memory(args: &Args) -> CallTimes {
    if args.or_else.is_some() || args.attempt.is_some() {
        CallTimes::Recorded
    } else if args.max_elapsed.is_some() || args.timeout.is_some() || has_event_hook(args) {
        CallTimes::Timed
    } else {
        CallTimes::Untimed
    }
}

fn has_event_hook(args: &Args) -> bool {
    args.on_retry.is_some() || args.on_give_up.is_some() || args.on_recovered.is_some()
}

fn choose_loop_end(args: &Args) -> LoopEnd {
    if args.cancel.is_some() {
        return LoopEnd::ReasonAndKeptResult;
    }
    let has_code_after_loop = args.timeout.is_some()
        || args.on_give_up.is_some()
        || args.on_recovered.is_some()
        || args.or_else.is_some()
        || args.unmet.is_some();
    if has_code_after_loop { LoopEnd::Reason } else { LoopEnd::Result }
}
