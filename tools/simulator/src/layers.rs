//! Retries inside retries: services that call each other, each retrying, above a bottom call that fails by chance.

use std::time::Duration;

use backoff_core::{Budget, Decision, Failure, Fault, Policy, StopReason, testing};

use crate::engine::Dice;
use crate::guard;

/// The duration of all attempts and delays here.
const NO_TIME: Duration = Duration::ZERO;

#[derive(Clone, Copy, Debug)]
pub struct Layers {
    /// The number of layers that retry, one above the other.
    pub depth: u32,
    pub policy: Policy,
    /// True if only the outermost layer retries.
    pub is_suppressed: bool,
    /// The chance that a call of the bottom fails.
    pub failure_rate: f64,
    pub requests: u32,
    /// Ratio and capacity of a budget for each layer; without a capacity, it fits the client.
    pub budget: Option<(f64, Option<u32>)>,
    /// The time from one request to the next.
    pub gap: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Calls of the bottom per request.
    pub calls: f64,
    /// The part of the requests that succeeds.
    pub success: f64,
    /// The part of the wanted retries that the budgets denied.
    pub denied: f64,
}

/// Runs all requests once.
pub fn run(setting: &Layers, seed: u64) -> Load {
    let _clock = testing::virtual_time();
    let budgets =
        (0..setting.depth).map(|_| setting.budget.map(|(ratio, capacity)| guard::budget(ratio, capacity))).collect();
    let mut stack = Stack { setting, dice: Dice::new(seed), budgets, calls: 0, wanted: 0, denied: 0 };
    let request = |_: &u32| {
        testing::advance(setting.gap);
        stack.call(setting.depth)
    };
    let succeeded = (0..setting.requests).filter(request).count();
    let requests = f64::from(setting.requests);
    Load {
        calls: f64::from(stack.calls) / requests,
        success: crate::statistics::count(succeeded) / requests,
        denied: f64::from(stack.denied) / f64::from(stack.wanted.max(1)),
    }
}

/// Returns the formula's calls per request and chance of success, for independent failures without a budget.
pub fn expected(setting: &Layers) -> Load {
    let attempts = setting.policy.max_attempts().map_or(f64::INFINITY, f64::from);
    let retrying = if setting.is_suppressed { 1.0 } else { f64::from(setting.depth) };
    let most = attempts.powf(retrying);
    let p = setting.failure_rate;
    let calls = if p >= 1.0 { most } else { (1.0 - p.powf(most)) / (1.0 - p) };
    Load { calls, success: 1.0 - p.powf(most), denied: 0.0 }
}

struct Stack<'s> {
    setting: &'s Layers,
    dice: Dice,
    budgets: Vec<Option<Budget>>,
    calls: u32,
    wanted: u32,
    denied: u32,
}

impl Stack<'_> {
    /// Makes one call of a layer, with its retries; layer 0 is the bottom. Returns whether it succeeded.
    fn call(&mut self, layer: u32) -> bool {
        let Some(inner) = layer.checked_sub(1) else {
            self.calls += 1;
            return !self.dice.chance(self.setting.failure_rate);
        };
        let has_retries = layer == self.setting.depth || !self.setting.is_suppressed;
        let mut progress = self.setting.policy.begin();
        loop {
            if self.call(inner) {
                if let Some(budget) = self.budget(inner) {
                    budget.deposit();
                }
                return true;
            }
            if !has_retries {
                return false;
            }
            let budget = self.budgets.get(inner as usize).and_then(Option::as_ref);
            let failure = Failure::new(Fault::Transient).budget(budget);
            match self.setting.policy.decide(&mut progress, failure, NO_TIME, &mut self.dice) {
                Decision::RetryAfter(_) => self.wanted += 1,
                Decision::Stop(StopReason::BudgetEmpty) => {
                    self.wanted += 1;
                    self.denied += 1;
                    return false;
                }
                _ => return false,
            }
        }
    }

    fn budget(&self, index: u32) -> Option<&Budget> {
        self.budgets.get(index as usize)?.as_ref()
    }
}
