//! A custom state machine cannot omit the time: `max_elapsed` ends it as it ends a call.

use std::time::Duration;

use backoff_core::{Decision, Failure, Fault, Jitter, Policy, Since, StopReason};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Returns the number of retries of a client whose attempts fail at once, and the reason to stop.
fn retries(policy: &Policy, mut elapsed: Duration) -> (u32, StopReason) {
    let (mut progress, mut retries) = (policy.begin(), 0);
    loop {
        match policy.decide(&mut progress, Failure::new(Fault::Transient), elapsed, &mut || 0) {
            Decision::RetryAfter(delay) => elapsed += delay,
            Decision::Stop(reason) => return (retries, reason),
            other => panic!("{other:?}"),
        }
        retries += 1;
    }
}

#[test]
fn a_custom_driver_stops_at_the_time_limit() {
    let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(10)).build();
    assert_eq!(retries(&policy, secs(0)), (10, StopReason::MaxElapsed));
    assert_eq!(retries(&policy, secs(9)), (1, StopReason::MaxElapsed));
    assert_eq!(retries(&policy, Duration::MAX), (0, StopReason::MaxElapsed));
}

#[test]
fn time_counts_from_the_first_failure_if_the_policy_sets_it() {
    let policy =
        Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(10)).since(Since::FirstFailure).build();
    assert_eq!(retries(&policy, secs(3600)), (10, StopReason::MaxElapsed));
}

#[test]
fn one_failure_serves_every_attempt() {
    let policy = Policy::constant(secs(4)).jitter(Jitter::None).max_elapsed(secs(10)).build();
    let (failure, mut progress) = (Failure::new(Fault::Transient), policy.begin());
    let mut decide = |at| policy.decide(&mut progress, failure, at, &mut || 0);
    assert_eq!(decide(secs(0)), Decision::RetryAfter(secs(4)));
    assert_eq!(decide(secs(4)), Decision::RetryAfter(secs(4)));
    assert_eq!(decide(secs(8)), Decision::Stop(StopReason::MaxElapsed));
}
