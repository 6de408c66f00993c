//! Policies from any numbers, and decisions about any failures: no panic, and no delay beyond a limit.
#![no_main]

use std::time::Duration;

use backoff_core::{
    Budget, Decision, Failure, Fault, FaultKind, Jitter, Policy, PolicyBuilder, PushBackMode, Since, StopReason,
};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = check(&mut Unstructured::new(bytes)); // an input that is too short ends early
});

/// Edges, small numbers and any number.
fn duration(input: &mut Unstructured<'_>) -> Result<Duration> {
    Ok(match input.int_in_range(0..=5_u8)? {
        0 => Duration::ZERO,
        1 => Duration::MAX,
        2 => Duration::from_nanos(input.int_in_range(0..=4)?),
        3 => Duration::from_millis(input.arbitrary::<u16>()?.into()),
        4 => Duration::from_nanos(input.arbitrary()?),
        _ => Duration::new(input.arbitrary()?, input.int_in_range(0..=999_999_999)?),
    })
}

fn jitter(input: &mut Unstructured<'_>) -> Result<Jitter> {
    Ok(match input.int_in_range(0..=4_u8)? {
        0 => Jitter::None,
        1 => Jitter::Full,
        2 => Jitter::Equal,
        3 => Jitter::Decorrelated,
        _ => Jitter::Factor(number(input)?),
    })
}

fn number(input: &mut Unstructured<'_>) -> Result<f64> {
    Ok(if input.arbitrary()? { f64::from(input.arbitrary::<u16>()?) / 256.0 } else { input.arbitrary()? })
}

fn builder(input: &mut Unstructured<'_>) -> Result<PolicyBuilder> {
    let mut builder = match input.int_in_range(0..=3_u8)? {
        0 => Policy::exponential(),
        1 => Policy::linear(),
        2 => Policy::fibonacci(),
        _ => Policy::constant(duration(input)?),
    };
    for _ in 0..input.int_in_range(0..=8_u8)? {
        builder = match input.int_in_range(0..=15_u8)? {
            0 => builder.initial_delay(duration(input)?),
            1 => builder.multiplier(number(input)?),
            2 => builder.increment(duration(input)?),
            3 => builder.delay(duration(input)?),
            4 => builder.max_delay(duration(input)?),
            5 => builder.jitter(jitter(input)?),
            6 => builder.max_attempts(input.arbitrary::<u32>()? >> input.int_in_range(0..=32_u32)?.min(31)),
            7 => builder.max_elapsed(duration(input)?),
            8 => builder.forever(),
            9 => builder.since(Since::FirstFailure),
            10 => builder.reset_after(duration(input)?),
            11 => builder.max_push_back(duration(input)?),
            12 => builder.idempotent(),
            13 => builder.max_retries(input.arbitrary()?),
            14 => builder.push_back(*input.choose(&[PushBackMode::Replace, PushBackMode::Longest])?),
            _ => match builder.try_build() {
                Ok(policy) => policy.edit(),
                Err(_) => builder,
            },
        };
    }
    Ok(builder)
}

fn check(input: &mut Unstructured<'_>) -> Result<()> {
    let builder = builder(input)?;
    let policy = match builder.try_build() {
        Ok(policy) => {
            assert_eq!(policy, builder.build());
            assert_eq!(policy, policy.edit().build(), "an edit that changes nothing");
            policy
        }
        Err(refused) => {
            assert!(refused.to_string().contains('`') || refused.to_string().contains("jitter"), "{refused}");
            builder.adjusting().build_adjusted().0
        }
    };
    let cap = policy.max_delay().unwrap_or(Duration::MAX);
    for range in policy.ranges().take(40) {
        assert!(range.start() <= range.end() && *range.end() <= cap, "{range:?} of {policy:?}");
    }
    decides(&policy, cap, input)
}

fn decides(policy: &Policy, cap: Duration, input: &mut Unstructured<'_>) -> Result<()> {
    let budget = Budget::new();
    let mut progress = policy.begin();
    let (mut now, mut origin, mut failures) = (Duration::ZERO, Duration::ZERO, 0_u32);
    for _ in 0..input.int_in_range(0..=40_u8)? {
        let fault = match input.int_in_range(0..=7_u8)? {
            0 => Fault::Permanent,
            1 => Fault::Ambiguous,
            2 => Fault::PushBack(duration(input)?),
            3 => Fault::AmbiguousPushBack(duration(input)?),
            _ => Fault::Transient,
        };
        let kind = fault.kind();
        let ran = duration(input)?;
        now = if input.ratio(1, 16)? { duration(input)? } else { now.saturating_add(ran) };
        let draw: u64 = input.arbitrary()?;
        let failure = Failure::new(fault).ran(ran).budget(Some(&budget));
        let decision = policy.decide(&mut progress, failure, now, &mut || draw);
        let starts_anew = policy.reset_after().is_some_and(|long| ran >= long);
        if starts_anew || (failures == 0 && policy.since() == Since::FirstFailure) {
            (origin, failures) = (now, 0);
        }
        failures += 1;
        assert_eq!(progress.attempts(), failures);
        match decision {
            Decision::RetryAfter(delay) => {
                let push_back = fault.not_before().unwrap_or_default();
                assert!(delay >= push_back && delay <= push_back.saturating_add(cap), "{delay:?} of {policy:?}");
                assert!(policy.max_attempts().is_none_or(|most| failures < most));
                let elapsed = now.saturating_sub(origin);
                assert!(
                    policy.max_elapsed().is_none_or(|most| elapsed < most && delay <= most.saturating_sub(elapsed))
                );
                assert!(kind != FaultKind::Permanent && (kind != FaultKind::Ambiguous || policy.is_idempotent()));
                now = now.saturating_add(delay);
            }
            Decision::Stop(reason) => {
                let is_last = policy.max_attempts().is_some_and(|most| failures >= most);
                assert_eq!(reason == StopReason::Permanent, kind == FaultKind::Permanent);
                assert_eq!(reason == StopReason::Ambiguous, kind == FaultKind::Ambiguous && !policy.is_idempotent());
                assert!(reason != StopReason::MaxAttempts || is_last);
                assert!(reason != StopReason::MaxElapsed || policy.max_elapsed().is_some());
                return Ok(());
            }
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}
