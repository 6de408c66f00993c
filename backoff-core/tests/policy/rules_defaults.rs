//! The defaults.

use std::time::Duration;

use backoff_core::{Jitter, List, Policy, PolicyBuilder, Schedule, Since, StopReason};
use support::{Case, all_ms, ms, ok, paused, secs};

#[test]
fn the_default_is_exponential_from_100_ms_doubling_to_20_s_with_full_jitter_and_three_attempts() {
    let policy = Policy::default();
    assert_eq!(policy, Policy::exponential().build());
    assert!(
        policy
            .edit()
            .forever()
            .build()
            .base_delays()
            .take(9)
            .eq(all_ms([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000]))
    );
    assert_eq!(policy.jitter(), Jitter::Full);
    assert_eq!((policy.max_attempts(), policy.max_elapsed()), (Some(3), None));
    assert_eq!((policy.max_delay(), policy.max_push_back()), (Some(secs(20)), Some(secs(60))));
    assert_eq!((policy.since(), policy.reset_after(), policy.is_idempotent()), (Since::Call, None, false));
    assert_eq!(Case::always_fails(policy).run().ended(), (3, Some(StopReason::MaxAttempts)));
}

#[test]
fn three_attempts_stand_for_no_limit_named() {
    let kinds = [
        Policy::exponential(),
        Policy::linear(),
        Policy::fibonacci(),
        Policy::constant(ms(1)),
        Policy::constant(ms(0)),
    ];
    for kind in kinds {
        assert_eq!(kind.build().max_attempts(), Some(3));
        assert_eq!(kind.max_push_back(secs(1)).build().max_attempts(), Some(3), "not a limit on the call");
        assert_eq!(kind.max_elapsed(secs(60)).build().max_attempts(), None);
        assert_eq!(kind.forever().build().max_attempts(), None);
        assert_eq!(kind.max_elapsed(secs(60)).max_attempts(7).build().max_attempts(), Some(7));
    }
}

#[test]
fn a_timeout_of_the_call_lifts_the_three_attempts_and_keeps_named_ones() {
    let calls = |policy: Policy| {
        paused(async move {
            let report = policy.retry(|| async { Err::<(), _>(()) }).timeout(secs(1)).on_timeout(|_| ()).report().await;
            let error = report.unwrap_err();
            (error.attempts, error.reason)
        })
    };
    let plain = Policy::constant(ms(100)).jitter(Jitter::None);
    assert_eq!(calls(plain.build()), (10, StopReason::Timeout));
    assert_eq!(calls(plain.max_attempts(4).build()), (4, StopReason::MaxAttempts));
}

#[test]
fn an_unnamed_cap_is_twenty_seconds_or_ten_times_the_initial_delay() {
    let cap = |builder: PolicyBuilder| builder.build().max_delay();
    assert_eq!(cap(Policy::exponential().initial_delay(secs(2))), Some(secs(20)));
    assert_eq!(cap(Policy::exponential().initial_delay(secs(21))), Some(secs(210)));
    assert_eq!(cap(Policy::linear().initial_delay(Duration::MAX)), None, "the longest duration caps nothing");
    assert_eq!(cap(Policy::constant(secs(60))), None);
    assert_eq!(Policy::with_backoff(List::new([secs(60)])).build().max_delay(), None);
    assert_eq!(Policy::with_backoff(|_: u32| Some(secs(60))).forever().build().max_delay(), None);
}

#[test]
fn unnamed_jitter_is_full_for_growth_a_tenth_for_constant_delays_and_none_elsewhere() {
    assert_eq!(Policy::exponential().build().jitter(), Jitter::Full);
    assert_eq!(Policy::linear().build().jitter(), Jitter::Full);
    assert_eq!(Policy::fibonacci().build().jitter(), Jitter::Full);
    assert_eq!(Policy::constant(secs(1)).build().jitter(), Jitter::Factor(0.1));
    assert_eq!(Policy::constant(secs(0)).build().jitter(), Jitter::None);
    assert_eq!(Policy::with_backoff(List::new([secs(1)])).build().jitter(), Jitter::None);
    assert_eq!(Policy::with_backoff(|_: u32| Some(secs(1))).forever().build().jitter(), Jitter::None);
}

#[test]
fn settings_hold_whatever_the_order_in_which_they_are_named() {
    let one = Policy::exponential().max_delay(secs(3)).initial_delay(secs(2)).max_attempts(5).jitter(Jitter::Equal);
    let other = Policy::exponential().jitter(Jitter::Equal).max_attempts(5).initial_delay(secs(2)).max_delay(secs(3));
    assert_eq!(one.build(), other.build());
}

const BASE: Policy = Policy::exponential().initial_delay(secs(1)).max_attempts(5).max_elapsed(secs(60)).build();

#[test]
fn editing_keeps_what_is_not_overridden() {
    let edited = BASE.edit().max_attempts(7).build();
    assert_eq!((edited.max_attempts(), edited.max_elapsed()), (Some(7), Some(secs(60))));
    assert!(matches!(edited.backoff(), Schedule::Exponential { initial_delay, .. } if *initial_delay == secs(1)));
    assert_eq!(BASE.edit().build(), BASE);
}

#[test]
fn a_policy_returns_the_values_that_it_was_built_with() {
    const POLICY: Policy = Policy::constant(secs(1))
        .max_delay(secs(2))
        .max_attempts(9)
        .max_elapsed(secs(60))
        .since(Since::FirstFailure)
        .reset_after(secs(30))
        .max_push_back(secs(5))
        .jitter(Jitter::Equal)
        .idempotent()
        .build();
    assert_eq!(POLICY.backoff().base_delay(7), secs(1));
    assert_eq!((POLICY.max_delay(), POLICY.jitter()), (Some(secs(2)), Jitter::Equal));
    assert_eq!((POLICY.max_attempts(), POLICY.max_elapsed()), (Some(9), Some(secs(60))));
    assert_eq!((POLICY.since(), POLICY.reset_after()), (Since::FirstFailure, Some(secs(30))));
    assert_eq!((POLICY.max_push_back(), POLICY.is_idempotent()), (Some(secs(5)), true));
}

#[test]
fn only_forever_lifts_the_limits_of_an_edited_policy() {
    let timed = Policy::exponential().max_attempts(5).build().edit().max_elapsed(secs(60)).build();
    assert_eq!((timed.max_attempts(), timed.max_elapsed()), (Some(5), Some(secs(60))));
    let lifted = BASE.edit().forever().build();
    assert_eq!((lifted.max_attempts(), lifted.max_elapsed(), lifted.max_push_back()), (None, None, Some(secs(3_600))));
}

#[test]
fn an_edited_policy_without_a_limit_takes_a_limit() {
    const FOREVER: Policy = Policy::exponential().forever().build();
    let unchanged = FOREVER.edit().idempotent().build();
    assert_eq!((unchanged.max_attempts(), unchanged.max_elapsed()), (None, None));
    let attempts = FOREVER.edit().max_attempts(4).try_build().unwrap();
    assert_eq!((attempts.max_attempts(), attempts.max_push_back()), (Some(4), Some(secs(60))));
    let time = FOREVER.edit().max_elapsed(secs(9)).try_build().unwrap();
    assert_eq!((time.max_attempts(), time.max_elapsed()), (None, Some(secs(9))));
}

#[test]
fn an_edit_that_names_forever_beside_a_limit_of_its_own_is_refused() {
    let message = "`forever` is named beside `max_attempts`; remove `forever` or `max_attempts`";
    for refused in [BASE.edit().forever().max_attempts(4), BASE.edit().max_attempts(4).forever()] {
        assert_eq!(refused.try_build().unwrap_err().to_string(), message);
    }
}

#[test]
fn every_builder_works_in_a_constant() {
    const ALL: [Policy; 6] = [
        Policy::exponential().initial_delay(ms(1)).multiplier(1.5).max_delay(secs(1)).jitter(Jitter::Full).build(),
        Policy::linear().increment(ms(5)).max_elapsed(secs(1)).since(Since::FirstFailure).build(),
        Policy::fibonacci().max_attempts(3).reset_after(secs(60)).build(),
        Policy::constant(ms(5)).delay(ms(6)).forever().idempotent().max_push_back(secs(1)).build(),
        Policy::never().build(),
        Policy::CENKALTI,
    ];
    const LIST: Policy<List<[Duration; 2]>> = Policy::with_backoff(List::new([ms(1), ms(2)])).build();
    static SHARED: Policy = ALL[2];
    for policy in ALL {
        let trace = Case::new(policy, [ok(1)]).run();
        assert_eq!((trace.calls, trace.result), (1, Ok(1)));
    }
    assert_eq!(Case::always_fails(LIST).run().slept, all_ms([1, 2]));
    assert_eq!(SHARED.retry(|| Ok::<_, ()>(5)).call(), Ok(5));
}
