//! Settings on top of an existing policy.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use backoff_rules::{Argument, Kind, Refusal, Rules, defaults};

use super::Settings;
use crate::policy::{InvalidPolicy, PolicyBuilder};
use crate::{Policy, Schedule};

impl Settings {
    /// Refuses values that no policy could have, although the other settings are not known yet.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut probe = *self;
        if self.delay.is_none() && self.backoff != Some(Kind::Constant) {
            if self.initial_delay.is_none() && self.max_delay == Some(Duration::ZERO) {
                return Err("`max_delay` is 0s; use a longer one, or `delay=0s` for no delay".to_owned());
            }
            // The shortest first delay, because it fits every cap and every limit.
            probe.initial_delay = self.initial_delay.or(Some(Duration::from_nanos(1)));
        }
        if self.backoff.is_none() && self.delay.is_none() && self.increment.is_some() {
            probe.backoff = Some(Kind::Linear);
        }
        probe.policy().map(drop)
    }

    /// Returns `policy` with these settings on top, and the refusals of values that were moved.
    pub(crate) fn over(&self, policy: &Policy) -> (Policy, Vec<InvalidPolicy>) {
        let builder = policy.edit().adjusting();
        let builder = match self.new_schedule(policy.backoff()) {
            Some(schedule) => builder.rescheduled(schedule),
            None => builder,
        };
        finish(self.on_rules(self.on_schedule(builder)))
    }

    /// Returns the rules of a policy with a custom backoff and with these settings on top, and the refusals of values
    /// that were moved.
    pub(crate) fn over_rules(&self, rules: &Rules) -> (Rules, Vec<InvalidPolicy>) {
        let (policy, mut notes) = finish(self.on_rules(PolicyBuilder::edit((), *rules).adjusting()));
        let backoff = rules.kind.name();
        let misfits = [
            (Argument::Backoff, self.backoff.is_some()),
            (Argument::InitialDelay, self.initial_delay.is_some()),
            (Argument::Multiplier, self.multiplier.is_some()),
            (Argument::Increment, self.increment.is_some()),
            (Argument::Delay, self.delay.is_some()),
        ];
        let misfits = misfits.into_iter().filter(|(_, is_named)| *is_named);
        notes.extend(misfits.map(|(argument, _)| InvalidPolicy::from(Refusal::Misfit { argument, backoff })));
        (*policy.rules(), notes)
    }

    /// Returns the backoff that replaces `present`; `delay` makes it constant, as in the attribute.
    fn new_schedule(&self, present: &Schedule) -> Option<Schedule> {
        let first = present.first_delay();
        let initial_delay = self.initial_delay.unwrap_or(if first.is_zero() { defaults::INITIAL_DELAY } else { first });
        match (self.backoff, self.delay) {
            (None | Some(Kind::Constant), Some(delay)) => Some(Schedule::constant(delay)),
            (Some(kind), None) if kind != present.kind() => match kind {
                Kind::Exponential => Some(Schedule::exponential(initial_delay, defaults::MULTIPLIER)),
                Kind::Linear => Some(Schedule::linear(initial_delay, initial_delay)),
                Kind::Fibonacci => Some(Schedule::fibonacci(initial_delay)),
                Kind::Constant | Kind::List | Kind::Custom => None,
            },
            _ => None,
        }
    }
}

/// Builds the policy, and moves every contradicting value to the nearest allowed one.
fn finish<B>(builder: PolicyBuilder<B>) -> (Policy<B>, Vec<InvalidPolicy>) {
    let (policy, moved) = builder.build_adjusted();
    // The limit is not moved: the user set it, even if it now leaves no time for a retry.
    let unmet = policy.rules().first_delay_fits().err().map(InvalidPolicy::from);
    (policy, moved.into_iter().chain(unmet).collect())
}
