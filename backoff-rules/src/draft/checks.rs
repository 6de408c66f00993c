//! The rules that refuse a draft.

use core::time::Duration;

use super::{Counted, Draft};
use crate::base_delay::is_shorter;
use crate::{BaseDelay, Jitter, Kind, Named, Refusal, Rules};

impl Draft {
    /// Refuses a policy that breaks a rule.
    ///
    /// # Errors
    ///
    /// Returns the first rule that is broken.
    pub const fn check(&self) -> Result<(), Refusal> {
        let refusals = self.refusals();
        let mut rest = refusals.as_slice();
        while let Some((first, others)) = rest.split_first() {
            if let Some(refusal) = *first {
                return Err(refusal);
            }
            rest = others;
        }
        Ok(())
    }

    /// Returns every rule that is broken, in the order in which they are reported.
    #[must_use]
    pub const fn refusals(&self) -> [Option<Refusal>; 12] {
        let rules = &self.rules;
        let named = rules.named;
        let misfit = match self.misfit {
            Some(argument) => Some(Refusal::Misfit { argument, backoff: rules.kind.name() }),
            None => None,
        };
        let no_attempts = named.has(Named::MAX_ATTEMPTS) && rules.max_attempts == 0;
        let no_time = matches!(rules.max_elapsed, Some(Duration::ZERO));
        let growth = match self.multiplier {
            Some(multiplier) if !is_growth(multiplier) => Some(Refusal::Multiplier(multiplier)),
            Some(_) | None => None,
        };
        let cannot_grow = rules.kind.is_growing() && rules.initial.is_zero();
        let jitter = self.broken_jitter();
        let no_reset = matches!(rules.reset_after, Some(Duration::ZERO));
        let no_limit = matches!(rules.kind, Kind::Custom) && !self.is_limited() && !named.has(Named::FOREVER);
        // With a time of zero or a refused jitter, there is no first delay to compare.
        let first_delay = if no_time || jitter.is_some() { Ok(()) } else { self.decided().first_delay_fits() };
        [
            misfit,
            if no_attempts { Some(Refusal::ZeroAttempts) } else { None },
            if matches!(self.counted, Counted::Both) { Some(Refusal::AttemptsAndRetries) } else { None },
            if no_time { Some(Refusal::ZeroMaxElapsed) } else { None },
            growth,
            if cannot_grow { Some(Refusal::ZeroInitialDelay { backoff: rules.kind.name() }) } else { self.short_cap() },
            jitter,
            if no_reset { Some(Refusal::ZeroResetAfter) } else { None },
            self.forever_and_limited(),
            if self.is_empty { Some(Refusal::EmptyList) } else { None },
            if no_limit { Some(Refusal::NoLimit) } else { None },
            match first_delay {
                Ok(()) => None,
                Err(refusal) => Some(refusal),
            },
        ]
    }

    /// Returns whether a limit on attempts or time is set.
    pub(super) const fn is_limited(&self) -> bool {
        let named = self.rules.named;
        named.has(Named::MAX_ATTEMPTS) || named.has(Named::TIMEOUT) || self.rules.max_elapsed.is_some()
    }

    pub(super) const fn short_cap(&self) -> Option<Refusal> {
        let rules = &self.rules;
        let is_short = rules.named.has(Named::MAX_DELAY) && is_shorter(rules.max_delay.duration(), rules.initial);
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

    pub(super) const fn broken_jitter(&self) -> Option<Refusal> {
        let rules = &self.rules;
        if !rules.named.has(Named::JITTER) {
            return None;
        }
        let on_zero_delay = match rules.kind {
            Kind::Constant if rules.initial.is_zero() => Some(Refusal::JitterOnZeroDelay),
            Kind::Exponential | Kind::Constant | Kind::Linear | Kind::Fibonacci | Kind::List | Kind::Custom => None,
        };
        match rules.jitter {
            Jitter::None => None,
            Jitter::Factor(factor) if !is_ratio(factor) => Some(Refusal::JitterFactor(factor)),
            Jitter::Full | Jitter::Equal | Jitter::Factor(_) => on_zero_delay,
            Jitter::Decorrelated => match rules.kind {
                Kind::Exponential if rules.named.has(Named::GROWTH) => {
                    Some(Refusal::DecorrelatedMultiplier(self.multiplier))
                }
                Kind::Exponential => None,
                Kind::Constant | Kind::Linear | Kind::Fibonacci | Kind::List | Kind::Custom => {
                    Some(Refusal::DecorrelatedBackoff { backoff: rules.kind.name() })
                }
            },
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
            // The edited policy has `forever`, so the limit is the timeout of the call.
            "timeout"
        } else {
            return None;
        };
        Some(Refusal::ForeverBeside { limit })
    }
}

impl Rules {
    /// Refuses a policy that wants retries and can never start one.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::FirstDelayBeyondLimit`].
    pub const fn first_delay_fits(&self) -> Result<(), Refusal> {
        if matches!(self.kind, Kind::List | Kind::Custom) {
            return Ok(());
        }
        self.fits_after(BaseDelay::of(self.initial))
    }

    /// Refuses a policy that wants retries and whose first base delay never fits its time limit.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::FirstDelayBeyondLimit`].
    pub const fn fits_after(&self, first: BaseDelay) -> Result<(), Refusal> {
        let Some(max_elapsed) = self.max_elapsed else {
            return Ok(());
        };
        if self.max_attempts == 1 {
            return Ok(());
        }
        let shortest = self.jitter.delay_range(&self.jitter_input(first, Duration::ZERO)).shortest();
        if is_shorter(max_elapsed, shortest) {
            return Err(Refusal::FirstDelayBeyondLimit { delay: shortest, max_elapsed });
        }
        Ok(())
    }
}

pub(super) const fn is_growth(multiplier: f64) -> bool {
    multiplier >= 1.0 && multiplier < f64::INFINITY
}

pub(super) const fn is_ratio(factor: f64) -> bool {
    factor >= 0.0 && factor <= 1.0
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::{Argument, Schedule, Since};

    fn refusals(draft: &Draft) -> Vec<Refusal> {
        draft.refusals().into_iter().flatten().collect()
    }

    #[test]
    fn independent_mistakes_are_all_listed_and_the_first_is_returned() {
        let mut draft = Draft::new(&Schedule::EXPONENTIAL);
        draft.max_attempts(0);
        draft.max_elapsed(Duration::ZERO);
        draft.jitter(Jitter::Factor(1.5));
        draft.reset_after(Duration::ZERO);
        let all = [Refusal::ZeroAttempts, Refusal::ZeroMaxElapsed, Refusal::JitterFactor(1.5), Refusal::ZeroResetAfter];
        assert_eq!(refusals(&draft), all);
        assert_eq!(draft.check(), Err(Refusal::ZeroAttempts));
    }

    #[test]
    fn a_mistake_does_not_cause_a_second_refusal() {
        let mut draft = Draft::new(&Schedule::constant(Duration::from_secs(9)));
        draft.jitter(Jitter::Factor(-1.0));
        draft.max_elapsed(Duration::from_secs(1));
        assert_eq!(refusals(&draft), [Refusal::JitterFactor(-1.0)], "the first delay is not known");
    }

    #[test]
    fn every_jitter_is_refused_on_a_zero_delay_except_none() {
        for jitter in [Jitter::Full, Jitter::Equal, Jitter::Factor(0.5), Jitter::Decorrelated, Jitter::None] {
            let mut draft = Draft::new(&Schedule::constant(Duration::ZERO));
            draft.jitter(jitter);
            assert_eq!(draft.check().is_ok(), jitter == Jitter::None, "{jitter:?}");
        }
    }

    #[test]
    fn a_setting_that_a_backoff_does_not_have_is_the_one_that_its_setter_refuses() {
        let second = Duration::from_secs(1);
        for schedule in [Schedule::EXPONENTIAL, Schedule::LINEAR, Schedule::FIBONACCI, Schedule::constant(second)] {
            let set: [(Argument, fn(&mut Draft, Schedule) -> Schedule); 4] = [
                (Argument::InitialDelay, |draft, schedule| draft.initial_delay(schedule, Duration::from_secs(1))),
                (Argument::Multiplier, |draft, schedule| draft.multiplier(schedule, 1.5)),
                (Argument::Increment, |draft, schedule| draft.increment(schedule, Duration::from_secs(1))),
                (Argument::Delay, |draft, schedule| draft.delay(schedule, Duration::from_secs(1))),
            ];
            for (argument, set) in set {
                let mut draft = Draft::new(&schedule);
                let kind = set(&mut draft, schedule).kind();
                assert_eq!(kind, schedule.kind());
                assert_eq!(draft.check().is_ok(), argument.belongs_to(kind), "{argument:?} {kind:?}");
            }
        }
    }

    #[test]
    fn words_and_values_name_each_other() {
        for &jitter in Jitter::WITH_WORD {
            assert_eq!(jitter.word().map(Jitter::from_word), Ok(Some(jitter)));
        }
        for since in Since::ALL {
            assert_eq!(Since::from_word(since.word()), Some(since));
        }
        for kind in Kind::BUILT_IN {
            assert_eq!(Kind::from_word(kind.name()), Some(kind));
        }
        assert_eq!((Jitter::from_word("half"), Kind::from_word("custom")), (None, None));
    }
}
