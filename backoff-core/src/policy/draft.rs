//! The settings that were named so far: their defaults, and when they are refused.

use core::time::Duration;

use super::invalid::{Argument, Refusal};
use super::{Named, Rules};
use crate::Jitter;
use crate::base::BaseDelay;
use crate::schedule::Kind;

/// What was named so far; the values of settings that were not named stand at "no limit".
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft {
    pub(super) rules: Rules,
    /// The growth, where this builder was given one; the policy that is edited may name another.
    pub(super) multiplier: Option<f64>,
    /// The first setting that the chosen backoff does not have.
    pub(super) misfit: Option<Argument>,
    /// The setting that the number of attempts was named by.
    pub(super) counted: Counted,
    /// The type of the backoff holds no delay.
    pub(super) is_empty: bool,
    /// Move values to the nearest allowed one instead of refusing them.
    pub(super) adjusting: bool,
    /// What was moved first.
    pub(super) moved: Option<Refusal>,
}

/// The setting by which this builder was given the number of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// None: the number is the default, or that of the policy that is edited.
    Unnamed,
    Attempts,
    Retries,
    Both,
}

/// The number of attempts when no limit is named.
const DEFAULT_ATTEMPTS: u32 = 3;
/// The longest push-back that is waited for when no time limit is named.
const DEFAULT_MAX_PUSH_BACK: Duration = Duration::from_secs(60);
/// The same with `forever`: a hostile server must not put a worker to sleep for good.
const FOREVER_MAX_PUSH_BACK: Duration = Duration::from_secs(60 * 60);
/// The spread of a constant delay when no jitter is named.
const DEFAULT_CONSTANT_FACTOR: f64 = 0.1;

impl Draft {
    const fn moved(&mut self, refusal: Refusal) {
        if self.moved.is_none() {
            self.moved = Some(refusal);
        }
    }

    /// A limit takes the place of the `forever` of the policy that is edited, and is then beside any `forever` to come.
    pub(super) const fn limited(&mut self) {
        if self.rules.named.has(Named::BUILT) {
            self.rules.named = self.rules.named.without(Named::FOREVER).without(Named::BUILT);
        }
    }

    pub(super) const fn allowed_attempts(&mut self, attempts: u32) -> u32 {
        if self.adjusting && attempts == 0 {
            self.moved(Refusal::ZeroAttempts);
            return 1;
        }
        attempts
    }

    pub(super) const fn count_by(&mut self, setting: Counted) {
        self.counted = match (self.counted, setting) {
            (Counted::Unnamed, setting) => setting,
            (Counted::Attempts, Counted::Attempts) => Counted::Attempts,
            (Counted::Retries, Counted::Retries) => Counted::Retries,
            _ => Counted::Both,
        };
    }

    pub(super) const fn allowed_elapsed(&mut self, limit: Duration) -> Duration {
        if self.adjusting && limit.is_zero() {
            self.moved(Refusal::ZeroMaxElapsed);
            return Duration::from_nanos(1);
        }
        limit
    }

    pub(super) const fn allowed_initial(&mut self, delay: Duration) -> Duration {
        if self.adjusting && delay.is_zero() {
            self.moved(Refusal::ZeroInitialDelay { backoff: self.rules.kind.name() });
            return Duration::from_nanos(1);
        }
        delay
    }

    pub(super) const fn allowed_multiplier(&mut self, multiplier: f64) -> f64 {
        if self.adjusting && !is_growth(multiplier) {
            self.moved(Refusal::Multiplier(multiplier));
            return if multiplier > 1.0 { f64::MAX } else { 1.0 };
        }
        multiplier
    }

    pub(super) const fn allowed_jitter(&mut self, jitter: Jitter) -> Jitter {
        match jitter {
            Jitter::Factor(factor) if self.adjusting && !is_ratio(factor) => {
                self.moved(Refusal::JitterFactor(factor));
                Jitter::Factor(if factor > 1.0 { 1.0 } else { 0.0 })
            }
            other => other,
        }
    }

    pub(super) const fn allowed_reset(&mut self, ran: Duration) -> Option<Duration> {
        if self.adjusting && ran.is_zero() {
            self.moved(Refusal::ZeroResetAfter);
            return None;
        }
        Some(ran)
    }

    /// Moves what contradicts another setting.
    pub(super) const fn adjust(&mut self) {
        if let Some(argument) = self.misfit.take() {
            self.moved(Refusal::Misfit { argument, backoff: self.rules.kind.name() });
        }
        if let Some(refusal) = self.short_cap() {
            self.moved(refusal);
            self.rules.max_delay = BaseDelay::of(self.rules.initial);
        }
        if let Some(refusal) = self.broken_jitter() {
            self.moved(refusal);
            self.rules.named = self.rules.named.without(Named::JITTER);
        }
        if matches!(self.counted, Counted::Both) {
            self.moved(Refusal::AttemptsAndRetries);
        }
    }

    pub(super) const fn check(&self) -> Result<(), Refusal> {
        let rules = &self.rules;
        let named = rules.named;
        if let Some(argument) = self.misfit {
            return Err(Refusal::Misfit { argument, backoff: rules.kind.name() });
        }
        if named.has(Named::MAX_ATTEMPTS) && rules.max_attempts == 0 {
            return Err(Refusal::ZeroAttempts);
        }
        if matches!(self.counted, Counted::Both) {
            return Err(Refusal::AttemptsAndRetries);
        }
        if let Some(Duration::ZERO) = rules.max_elapsed {
            return Err(Refusal::ZeroMaxElapsed);
        }
        if let Some(multiplier) = self.multiplier {
            if !is_growth(multiplier) {
                return Err(Refusal::Multiplier(multiplier));
            }
        }
        if rules.kind.is_growing() && rules.initial.is_zero() {
            return Err(Refusal::ZeroInitialDelay { backoff: rules.kind.name() });
        }
        if let Some(refusal) = self.short_cap() {
            return Err(refusal);
        }
        if let Some(refusal) = self.broken_jitter() {
            return Err(refusal);
        }
        if let Some(Duration::ZERO) = rules.reset_after {
            return Err(Refusal::ZeroResetAfter);
        }
        if let Some(refusal) = self.forever_and_limited() {
            return Err(refusal);
        }
        if self.is_empty {
            return Err(Refusal::EmptyList);
        }
        if matches!(rules.kind, Kind::Custom) && !self.is_limited() && !named.has(Named::FOREVER) {
            return Err(Refusal::NoLimit);
        }
        self.decided().first_delay_fits()
    }

    /// Returns whether a limit on attempts or time is named.
    const fn is_limited(&self) -> bool {
        let named = self.rules.named;
        named.has(Named::MAX_ATTEMPTS) || named.has(Named::TIMEOUT) || self.rules.max_elapsed.is_some()
    }

    const fn short_cap(&self) -> Option<Refusal> {
        let rules = &self.rules;
        let is_short = rules.named.has(Named::MAX_DELAY) && is_longer(rules.initial, rules.max_delay.duration());
        if !is_short {
            return None;
        }
        let (max_delay, initial_delay) = (rules.max_delay.duration(), rules.initial);
        Some(if matches!(rules.kind, Kind::Constant) {
            Refusal::CapBelowDelay { max_delay, delay: initial_delay }
        } else {
            Refusal::CapBelowInitialDelay { max_delay, initial_delay }
        })
    }

    const fn broken_jitter(&self) -> Option<Refusal> {
        let rules = &self.rules;
        if !rules.named.has(Named::JITTER) {
            return None;
        }
        let is_zero_delay = matches!(rules.kind, Kind::Constant) && rules.initial.is_zero();
        match rules.jitter {
            Jitter::Factor(factor) if !is_ratio(factor) => Some(Refusal::JitterFactor(factor)),
            Jitter::Decorrelated if !matches!(rules.kind, Kind::Exponential) => {
                Some(Refusal::DecorrelatedBackoff { backoff: rules.kind.name() })
            }
            Jitter::Decorrelated if rules.named.has(Named::GROWTH) => {
                Some(Refusal::DecorrelatedMultiplier(self.multiplier))
            }
            Jitter::Full | Jitter::Equal | Jitter::Factor(_) if is_zero_delay => Some(Refusal::JitterOnZeroDelay),
            _ => None,
        }
    }

    const fn forever_and_limited(&self) -> Option<Refusal> {
        let named = self.rules.named;
        if !named.has(Named::FOREVER) {
            return None;
        }
        let limit = if named.has(Named::MAX_ATTEMPTS) {
            if matches!(self.counted, Counted::Retries) { "max_retries" } else { "max_attempts" }
        } else if self.rules.max_elapsed.is_some() {
            "max_elapsed"
        } else if named.has(Named::TIMEOUT) && !named.has(Named::BUILT) {
            // Beside the `forever` of a policy that is edited, the limit is the call's own.
            "timeout"
        } else {
            return None;
        };
        Some(Refusal::ForeverBeside { limit })
    }

    /// Returns the rules with every default filled in.
    pub(super) const fn decided(&self) -> Rules {
        let mut rules = self.rules;
        let forever = rules.named.has(Named::FOREVER);
        if !rules.named.has(Named::MAX_ATTEMPTS) {
            let limited = self.is_limited() || matches!(rules.kind, Kind::List);
            rules.max_attempts = if forever || limited { 0 } else { DEFAULT_ATTEMPTS };
        }
        if !rules.named.has(Named::MAX_PUSH_BACK) {
            rules.max_push_back = if rules.max_elapsed.is_some() {
                None
            } else if forever {
                Some(FOREVER_MAX_PUSH_BACK)
            } else {
                Some(DEFAULT_MAX_PUSH_BACK)
            };
        }
        if !rules.named.has(Named::JITTER) {
            rules.jitter = match rules.kind {
                Kind::List | Kind::Custom => Jitter::None,
                Kind::Constant if rules.initial.is_zero() => Jitter::None,
                Kind::Constant => Jitter::Factor(DEFAULT_CONSTANT_FACTOR),
                Kind::Exponential | Kind::Linear | Kind::Fibonacci => Jitter::Full,
            };
        }
        rules.named = rules.named.with(Named::BUILT);
        rules
    }
}

impl Rules {
    /// Refuses a policy that wants retries and can never start one.
    pub(super) const fn first_delay_fits(&self) -> Result<(), Refusal> {
        if matches!(self.kind, Kind::List | Kind::Custom) {
            return Ok(());
        }
        self.fits_after(BaseDelay::of(self.initial))
    }

    /// Refuses a policy that wants retries and whose first base delay never fits its time limit.
    pub(super) const fn fits_after(&self, first: BaseDelay) -> Result<(), Refusal> {
        let Some(max_elapsed) = self.max_elapsed else {
            return Ok(());
        };
        if self.max_attempts == 1 {
            return Ok(());
        }
        let shortest = self.jitter.spread(&self.base(first, Duration::ZERO)).shortest();
        if is_longer(shortest, max_elapsed) {
            return Err(Refusal::FirstDelayBeyondLimit { delay: shortest, max_elapsed });
        }
        Ok(())
    }
}

const fn is_growth(multiplier: f64) -> bool {
    multiplier >= 1.0 && multiplier < f64::INFINITY
}

const fn is_ratio(factor: f64) -> bool {
    factor >= 0.0 && factor <= 1.0
}

const fn is_longer(a: Duration, b: Duration) -> bool {
    a.as_nanos() > b.as_nanos()
}

#[cfg(all(test, feature = "std"))]
mod tests;
