//! The certainty that an attempt is the last, compared with the decision after it.

use core::time::Duration;

use super::{Decision, Failure, Progress, StopReason, decide, is_certainly_last};
use crate::random::Seeded;
use crate::{Fault, Policy};

/// Decides after one more transient failure than `failed`.
fn next_decision(policy: &Policy, failed: u32) -> Decision {
    let (mut progress, failure) = (Progress::resumed(failed), Failure::new(Fault::Transient));
    decide(policy.rules(), policy.backoff(), &mut progress, failure, Duration::ZERO, &mut Seeded::new(1))
}

#[test]
fn an_attempt_is_certainly_last_exactly_if_the_limit_of_attempts_ends_the_call_after_it() {
    let constant = || Policy::constant(Duration::from_millis(1));
    for limit in 1..=5 {
        for policy in [constant().max_attempts(limit).build(), constant().forever().build()] {
            for failed in 0..limit {
                let is_last = next_decision(&policy, failed) == Decision::Stop(StopReason::MaxAttempts);
                assert_eq!(is_certainly_last(policy.rules(), failed), is_last, "after {failed} of {policy:?}");
            }
        }
    }
}

#[test]
fn no_attempt_is_certainly_last_if_a_long_one_starts_a_new_sequence() {
    let policy =
        Policy::constant(Duration::from_millis(1)).max_attempts(2).reset_after(Duration::from_secs(60)).build();
    for failed in 0..3 {
        assert!(!is_certainly_last(policy.rules(), failed), "after {failed}");
    }
}
