//! A push-back is never shortened, and a call accepts one only up to a limit.

use std::time::Duration;

use backoff_core::{Budget, Fault, Jitter, Policy, PolicyBuilder, PushBackMode, Since, StopReason};
use support::{Case, FAILS, all_ms, fails, ms, ns, ok, secs};

const PLAIN: PolicyBuilder = Policy::constant(ms(100)).jitter(Jitter::None);

/// Runs a call whose first attempt fails with `push_back`.
#[track_caller]
fn after(policy: Policy, push_back: Duration) -> (u32, Option<StopReason>) {
    Case::new(policy, [fails(Fault::PushBack(push_back)), ok(1)]).without_tokio().run().ended()
}

const TOO_LONG: (u32, Option<StopReason>) = (1, Some(StopReason::PushBackTooLong));
const RETRIED: (u32, Option<StopReason>) = (2, None);

#[test]
fn the_delay_is_the_push_back_plus_that_of_the_policy() {
    let trace = Case::new(PLAIN.build(), [fails(Fault::PushBack(secs(2))), ok(1)]).run();
    assert_eq!(trace.slept, all_ms([2_100]));
}

#[test]
fn the_push_back_comes_on_top_of_the_cap() {
    let policy = Policy::exponential().initial_delay(secs(5)).max_delay(secs(5)).jitter(Jitter::None).build();
    let trace = Case::new(policy, [fails(Fault::PushBack(secs(10))), ok(1)]).run();
    assert_eq!(trace.slept, [secs(15)]);
}

#[test]
fn a_zero_push_back_is_a_transient_failure() {
    let trace = Case::new(PLAIN.max_push_back(Duration::ZERO).build(), [fails(Fault::PushBack(Duration::ZERO)), ok(1)]);
    assert_eq!(trace.run().slept, all_ms([100]));
}

#[test]
fn the_default_waits_for_a_minute_and_not_longer() {
    assert_eq!(PLAIN.build().max_push_back(), Some(secs(60)));
    assert_eq!(after(PLAIN.build(), secs(60)), RETRIED);
    assert_eq!(after(PLAIN.build(), secs(60) + ns(1)), TOO_LONG);
    assert_eq!(after(PLAIN.max_attempts(9).build(), secs(60) + ns(1)), TOO_LONG, "also with attempts named");
}

#[test]
fn a_named_limit_on_push_backs_holds_to_the_nanosecond() {
    for limit in [ns(1), secs(1), secs(300)] {
        let policy = PLAIN.max_push_back(limit).build();
        assert_eq!(after(policy, limit), RETRIED);
        assert_eq!(after(policy, limit + ns(1)), TOO_LONG);
    }
}

#[test]
fn a_limit_of_zero_waits_for_no_push_back() {
    assert_eq!(after(PLAIN.max_push_back(Duration::ZERO).build(), ns(1)), TOO_LONG);
}

#[test]
fn with_a_time_limit_named_only_that_limit_bounds_a_push_back() {
    let policy = PLAIN.max_elapsed(secs(600)).build();
    assert_eq!(policy.max_push_back(), None);
    assert_eq!(after(policy, ms(599_900)), RETRIED);
    assert_eq!(after(policy, ms(599_900) + ns(1)), (1, Some(StopReason::MaxElapsed)));
}

#[test]
fn with_both_named_both_hold() {
    let policy = PLAIN.max_elapsed(secs(600)).max_push_back(secs(60)).build();
    assert_eq!(after(policy, secs(60)), RETRIED);
    assert_eq!(after(policy, secs(60) + ns(1)), TOO_LONG);
    let short = PLAIN.max_elapsed(secs(10)).max_push_back(secs(60)).build();
    assert_eq!(after(short, secs(10)), (1, Some(StopReason::MaxElapsed)));
}

#[test]
fn forever_waits_for_an_hour_and_not_longer() {
    let policy = PLAIN.forever().build();
    assert_eq!(policy.max_push_back(), Some(secs(3_600)));
    assert_eq!(after(policy, secs(3_600)), RETRIED);
    assert_eq!(after(policy, secs(3_600) + ns(1)), TOO_LONG);
    assert_eq!(after(policy, Duration::from_secs(u64::MAX)), TOO_LONG, "a hostile `Retry-After`");
}

#[test]
fn forever_with_a_named_limit_on_push_backs_keeps_that_limit() {
    assert_eq!(after(PLAIN.forever().max_push_back(secs(60)).build(), secs(61)), TOO_LONG);
}

#[test]
fn a_push_back_that_is_too_long_is_never_shortened() {
    let trace = Case::new(PLAIN.build(), [fails(Fault::PushBack(secs(3_600))), ok(1)]).run();
    assert_eq!((trace.calls, trace.slept.len(), trace.retries()), (1, 0, 0));
}

#[test]
fn every_push_back_consumes_a_step_of_the_backoff() {
    let policy = Policy::exponential().jitter(Jitter::None).max_attempts(5).build();
    let push_back = fails(Fault::PushBack(secs(1)));
    let trace = Case::new(policy, [FAILS, push_back, FAILS, push_back, ok(1)]).run();
    assert_eq!(trace.slept, all_ms([100, 1_200, 400, 1_800]));
}

#[test]
fn decorrelated_jitter_does_not_count_push_backs_as_previous_delays() {
    let policy = Policy::exponential().jitter(Jitter::Decorrelated).max_attempts(4).build();
    let script = [fails(Fault::PushBack(secs(20))), FAILS, FAILS, ok(1)];
    let longest = Case::new(policy, script).draws(u64::MAX).run();
    // 3 x 100 ms on top of the push-back, then 3 x 300 ms, then 3 x 900 ms
    assert_eq!(longest.slept, all_ms([20_300, 900, 2_700]));
}

#[test]
fn a_push_back_counts_from_the_first_failure_where_the_time_does() {
    let policy = PLAIN.max_elapsed(secs(10)).since(Since::FirstFailure).build();
    let slow = fails(Fault::PushBack(ms(9_900))).after(secs(60));
    assert_eq!(Case::new(policy, [slow, ok(1)]).run().ended(), RETRIED);
}

/// Returns the delays after these faults, of a call whose policy has the delays 100 ms, 200 ms, ..
#[track_caller]
fn delays(mode: PushBackMode, faults: &[Fault]) -> Vec<Duration> {
    let policy = Policy::linear().jitter(Jitter::None).idempotent().max_attempts(9).push_back(mode).build();
    let script: Vec<_> = faults.iter().map(|fault| fails(*fault)).chain([ok(1)]).collect();
    Case::new(policy, script).run().slept
}

#[test]
fn replace_waits_for_the_push_back_alone_and_consumes_a_step_of_the_backoff() {
    let faults = [Fault::PushBack(ms(50)), Fault::Transient, Fault::AmbiguousPushBack(secs(2)), Fault::Ambiguous];
    assert_eq!(delays(PushBackMode::Replace, &faults), all_ms([50, 200, 2_000, 400]));
}

#[test]
fn longest_waits_for_the_longer_of_both() {
    let faults = [Fault::PushBack(ms(50)), Fault::PushBack(ms(200)), Fault::PushBack(ms(301)), Fault::Transient];
    assert_eq!(delays(PushBackMode::Longest, &faults), all_ms([100, 200, 301, 400]));
}

#[test]
fn a_zero_push_back_is_a_transient_failure_in_every_mode() {
    for mode in PushBackMode::ALL {
        assert_eq!(delays(mode, &[Fault::PushBack(Duration::ZERO)]), all_ms([100]), "{mode:?}");
    }
}

#[test]
fn every_limit_holds_for_a_push_back_that_is_the_whole_delay() {
    for mode in [PushBackMode::Replace, PushBackMode::Longest] {
        let plain = PLAIN.push_back(mode);
        assert_eq!(after(plain.max_push_back(secs(1)).build(), secs(1)), RETRIED, "{mode:?}");
        assert_eq!(after(plain.max_push_back(secs(1)).build(), secs(1) + ns(1)), TOO_LONG, "{mode:?}");
        assert_eq!(after(plain.max_elapsed(secs(1)).build(), secs(1)), RETRIED, "{mode:?}");
        let late = (1, Some(StopReason::MaxElapsed));
        assert_eq!(after(plain.max_elapsed(secs(1)).build(), secs(1) + ns(1)), late, "{mode:?}");
        let empty: &'static Budget = Box::leak(Box::new(Budget::new().capacity(1)));
        assert!(empty.withdraw());
        let policy = plain.build();
        let call = policy.retry(|| Err::<(), _>(())).when(|()| Fault::PushBack(ms(1))).budget(empty).sleep(|_| ());
        assert_eq!(call.call_report().unwrap_err().reason, StopReason::BudgetEmpty, "{mode:?}");
    }
}

#[test]
fn decorrelated_jitter_grows_from_its_own_part_in_every_mode() {
    for mode in PushBackMode::ALL {
        let policy = Policy::exponential().jitter(Jitter::Decorrelated).max_attempts(4).push_back(mode).build();
        let pushed = std::cell::Cell::new(true);
        let mut delays = Vec::new();
        let _ = policy
            .retry(|| Err::<(), _>(()))
            .when(|()| if pushed.take() { Fault::PushBack(secs(10)) } else { Fault::Transient })
            .on_retry(|event| delays.push(event.delay()))
            .random(|| u64::MAX)
            .sleep(|_| ())
            .call();
        assert!(delays[1] <= ms(900), "{mode:?}: {delays:?}");
    }
}
