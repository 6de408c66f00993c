//! The short path for the usual policy: doubling delays with full jitter, and no limit on time.
//!
//! It computes the same delays as [`Rules::delay`] does, with fewer branches. Whether a policy has a short path is
//! computed once, when the policy is built. A test compares both paths.

use core::time::Duration;

use crate::base_delay::NANOS_PER_SEC;
use crate::{BaseDelay, Jitter, Rules};

/// The retries of a policy for which the short path is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// Largest number of attempts: 0 if there is no short path, `u32::MAX` if attempts are not limited.
    attempts: u32,
    /// Number of retries before the base delay reaches the cap.
    doublings: u32,
}

impl Usual {
    /// The value of a policy without a short path.
    pub const NEVER: Self = Self { attempts: 0, doublings: 0 };

    const fn of(rules: &Rules) -> Self {
        let is_usual = rules.doubles
            && matches!(rules.jitter, Jitter::Full)
            && rules.max_elapsed.is_none()
            && rules.reset_after.is_none();
        let (BaseDelay::Nanos(first), BaseDelay::Nanos(cap)) = (BaseDelay::of(rules.initial), rules.max_delay) else {
            return Self::NEVER;
        };
        if !is_usual || first == 0 {
            return Self::NEVER;
        }
        let attempts = if rules.max_attempts == 0 { u32::MAX } else { rules.max_attempts };
        let mut doublings = 0;
        // At most 64 rounds, because the first delay is at least a nanosecond.
        while doublings < first.leading_zeros() && first << doublings < cap {
            doublings += 1;
        }
        Self { attempts, doublings }
    }
}

impl Rules {
    /// Returns the rules with the short path computed again. Call it after any change of the rules.
    #[must_use]
    pub const fn with_usual(mut self) -> Self {
        self.usual = Usual::of(&self);
        self
    }

    /// Returns whether a transient failure after this many retries is followed by a retry with the delay of
    /// [`usual_delay`](Self::usual_delay).
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one comparison on the failure path")]
    pub const fn has_usual_retry(&self, retries: u32) -> bool {
        retries < self.usual.attempts.saturating_sub(1)
    }

    /// Returns the delay of the retry after this many retries, by the short path.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
    pub const fn usual_delay(&self, retries: u32, draw: u64) -> Duration {
        let first = self.initial.as_secs() * NANOS_PER_SEC + self.initial.subsec_nanos() as u64;
        let cap = self.max_delay.saturating_nanos();
        let base = if retries < self.usual.doublings { first << retries } else { cap };
        // Uniform in 0 ..= base. The base is below 2^64 - 1, because longer delays have no short path.
        let nanos = (draw as u128 * (base as u128 + 1)) >> 64;
        Duration::from_nanos(nanos as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Draft, Schedule};

    fn rules(initial: Duration, cap: Option<Duration>, attempts: u32) -> (Schedule, Rules) {
        let mut draft = Draft::new(&Schedule::EXPONENTIAL);
        let schedule = draft.initial_delay(Schedule::EXPONENTIAL, initial);
        if let Some(cap) = cap {
            draft.max_delay(cap);
        }
        draft.max_attempts(attempts);
        (schedule, draft.decided())
    }

    #[test]
    fn the_short_path_has_the_delays_of_the_general_one() {
        let second = Duration::from_secs(1);
        let caps = [None, Some(second), Some(Duration::from_nanos(1_000_000_001)), Some(Duration::from_secs(1 << 33))];
        for initial in [Duration::from_nanos(1), Duration::from_nanos(3), Duration::from_millis(100), second] {
            for cap in caps {
                let (schedule, rules) = rules(initial, cap, u32::MAX);
                for retries in (0..200).chain([1_000, 1_000_000, u32::MAX - 3]) {
                    for draw in [0, 1, u64::MAX / 3, u64::MAX - 1, u64::MAX] {
                        assert!(rules.has_usual_retry(retries));
                        let general = rules.delay(schedule.base(retries.saturating_add(1)), Duration::ZERO, || draw);
                        assert_eq!(rules.usual_delay(retries, draw), general, "{initial:?} {cap:?} {retries} {draw}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_short_path_ends_before_the_last_attempt() {
        let (_, three) = rules(Duration::from_millis(1), None, 3);
        assert_eq!([0, 1, 2, 3].map(|retries| three.has_usual_retry(retries)), [true, true, false, false]);
        let (_, one) = rules(Duration::from_millis(1), None, 1);
        assert!(!one.has_usual_retry(0));
    }

    #[test]
    fn a_policy_with_anything_else_has_no_short_path() {
        let (_, usual) = rules(Duration::from_millis(1), None, 3);
        let day = Duration::from_secs(86_400);
        for other in [
            Rules { jitter: Jitter::Equal, ..usual },
            Rules { doubles: false, ..usual },
            Rules { max_elapsed: Some(day), ..usual },
            Rules { reset_after: Some(day), ..usual },
            Rules { max_delay: BaseDelay::MAX, ..usual },
        ] {
            assert!(!other.with_usual().has_usual_retry(0), "{other:?}");
        }
    }
}
