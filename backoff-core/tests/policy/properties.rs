//! Properties of every policy and every sequence of failures. The generator is seeded, so a run can be repeated.

use std::time::Duration;

use backoff_core::{Decision, Failure, Fault, FaultKind, Jitter, List, Policy, PolicyBuilder, Since};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};
use support::{Case, Event, Step, fails, ms, ok};

fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x0BAC_C0FF),
        ..Config::default()
    }
}

/// Durations of a usual size, in whole milliseconds or in nanoseconds.
fn usual() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0_u64..5_000).prop_map(ms),
        (0_u64..5_000_000_000).prop_map(Duration::from_nanos),
        Just(Duration::ZERO),
        Just(Duration::from_nanos(1)),
    ]
}

/// Durations of any size, the edges more often.
fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        usual(),
        (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
        (0_u32..64, 0_u32..1_000_000_000).prop_map(|(bits, nanos)| Duration::new(1 << bits, nanos)),
        Just(Duration::MAX),
        Just(Duration::MAX.saturating_sub(Duration::from_nanos(1))),
        Just(Duration::from_nanos(u64::MAX)),
        Just(Duration::from_secs(u64::MAX)),
        Just(Duration::from_secs(16_000_000_000)),
        Just(Duration::new(15_999_999_999, 999_999_999)),
    ]
}

fn any_multiplier() -> impl Strategy<Value = f64> {
    prop_oneof![
        1.0..4.0_f64,
        Just(1.0),
        Just(1.0 + f64::EPSILON),
        Just(1e10),
        Just(1e300),
        Just(f64::MAX),
        any::<f64>()
    ]
}

fn any_jitter() -> impl Strategy<Value = Jitter> {
    prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        (0.0..=1.0_f64).prop_map(Jitter::Factor),
        any::<f64>().prop_map(Jitter::Factor),
    ]
}

/// Policies that a builder accepts, with every setting named or not, over durations of one kind.
fn policies<S: Strategy<Value = Duration> + 'static>(duration: fn() -> S) -> impl Strategy<Value = Policy> {
    let kind = (0_u8..4, duration(), any_multiplier(), duration(), any::<[bool; 2]>()).prop_map(
        |(kind, initial, multiplier, increment, [names_initial, names_growth])| match kind {
            0 => Policy::constant(initial),
            1 => {
                let linear = if names_initial { Policy::linear().initial_delay(initial) } else { Policy::linear() };
                if names_growth { linear.increment(increment) } else { linear }
            }
            2 if names_initial => Policy::fibonacci().initial_delay(initial),
            2 => Policy::fibonacci(),
            _ => {
                let from = Policy::exponential();
                let from = if names_initial { from.initial_delay(initial) } else { from };
                if names_growth { from.multiplier(multiplier) } else { from }
            }
        },
    );
    let attempts = prop_oneof![1_u32..12, Just(u32::MAX)];
    let limits = (option(attempts), option(duration()), option(duration()), any::<[bool; 3]>());
    let shape = (option(duration()), option(any_jitter()), option(duration()));
    (kind, limits, shape)
        .prop_map(|(builder, (attempts, elapsed, push_back, [forever, since_failure, idempotent]), shape)| {
            let (cap, jitter, reset_after) = shape;
            let builder = with(builder, cap, PolicyBuilder::max_delay);
            let builder = with(builder, jitter, PolicyBuilder::jitter);
            let builder = with(builder, reset_after, PolicyBuilder::reset_after);
            let builder = with(builder, push_back, PolicyBuilder::max_push_back);
            let builder = if since_failure { builder.since(Since::FirstFailure) } else { builder };
            let builder = if idempotent { builder.idempotent() } else { builder };
            if forever && attempts.is_none() && elapsed.is_none() {
                return builder.forever();
            }
            let builder = with(builder, attempts, PolicyBuilder::max_attempts);
            with(builder, elapsed, PolicyBuilder::max_elapsed)
        })
        .prop_filter_map("the builder accepts it", |builder| builder.try_build().ok())
}

fn option<T: Clone + std::fmt::Debug>(some: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(some)
}

fn with<T>(builder: PolicyBuilder, value: Option<T>, set: fn(PolicyBuilder, T) -> PolicyBuilder) -> PolicyBuilder {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

fn faults<S: Strategy<Value = Duration> + 'static>(duration: fn() -> S) -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::Transient),
        2 => duration().prop_map(Fault::PushBack),
        1 => Just(Fault::Ambiguous),
        1 => duration().prop_map(Fault::AmbiguousPushBack),
        1 => Just(Fault::Permanent),
    ]
}

/// The behaviour of the attempts of a call; after these it succeeds.
fn scripts<S: Strategy<Value = Duration> + 'static>(duration: fn() -> S) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((faults(duration), duration()), 0..12).prop_map(|steps| {
        let mut script: Vec<_> = steps.into_iter().map(|(fault, runs)| fails(fault).after(runs)).collect();
        script.push(ok(1));
        script
    })
}

fn millis() -> impl Strategy<Value = Duration> {
    (0_u64..5_000).prop_map(ms)
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn no_delay_is_above_the_cap_once_its_push_back_is_taken_off(
        policy in policies(usual), script in scripts(usual), seed in any::<u64>()
    ) {
        let trace = Case::new(policy, script).seed(seed).run_blocking();
        for event in &trace.events {
            let Event::Retry { error: Some(error), delay, .. } = event else { continue };
            let push_back = error.fault.not_before().unwrap_or_default();
            prop_assert!(*delay >= push_back);
            prop_assert!(delay.saturating_sub(push_back) <= policy.max_delay().unwrap_or(Duration::MAX));
        }
    }

    #[test]
    fn no_attempt_starts_after_the_time_limit(
        policy in policies(usual), script in scripts(usual), seed in any::<u64>()
    ) {
        let policy = Policy::edit(policy).reset_after(Duration::MAX).since(Since::Call).build();
        let trace = Case::new(policy, script).seed(seed).run_blocking();
        if let (Some(limit), [_, retries @ ..]) = (policy.max_elapsed(), &*trace.started) {
            prop_assert!(retries.iter().all(|started| *started <= limit), "{:?}", trace.started);
        }
    }

    #[test]
    fn no_call_makes_more_attempts_than_allowed(
        policy in policies(usual), script in scripts(usual), seed in any::<u64>()
    ) {
        let policy = Policy::edit(policy).reset_after(Duration::MAX).build();
        let trace = Case::new(policy, script).seed(seed).run_blocking();
        prop_assert!(trace.calls <= policy.max_attempts().unwrap_or(u32::MAX));
        prop_assert_eq!(trace.calls, trace.report.attempts);
        prop_assert_eq!(trace.retries(), usize::try_from(trace.calls).unwrap() - 1);
    }

    #[test]
    fn blocking_and_async_agree_step_by_step_and_a_seed_replays(
        policy in policies(usual),
        script in scripts(usual),
        seed in any::<u64>(),
        cancelled_in in option(0_u32..6),
        least in option(1_u32..3),
    ) {
        let case = || {
            let case = Case::new(policy, script.clone()).seed(seed);
            let case = match cancelled_in {
                Some(attempt) => case.cancelled_in(attempt),
                // a call that nobody cancels, whose value is never good enough, may go on for ever
                None => return case,
            };
            if let (Some(least), Some(_)) = (least, policy.max_attempts().filter(|attempts| *attempts < 12)) {
                return case.until_at_least(least);
            }
            case
        };
        let blocking = case().run_blocking();
        prop_assert_eq!(&blocking, &case().run_async());
        prop_assert_eq!(&blocking, &case().run_blocking());
    }

    #[test]
    fn no_accepted_policy_panics_for_any_failure_at_any_time(
        policy in policies(any_duration),
        failures in proptest::collection::vec((faults(any_duration), any_duration(), any_duration()), 1..40),
        draws in any::<[u64; 3]>(),
    ) {
        let mut progress = policy.begin();
        let mut numbers = draws.iter().copied().chain([0, u64::MAX]).cycle();
        let mut random = || numbers.next().unwrap_or(0);
        for (fault, at, ran) in failures {
            let decision = policy.decide(&mut progress, Failure::new(fault).ran(ran), at, &mut random);
            match decision {
                Decision::RetryAfter(delay) => {
                    prop_assert!(delay >= fault.not_before().unwrap_or_default());
                    prop_assert!(fault.kind() != FaultKind::Ambiguous || policy.is_idempotent());
                }
                _ => prop_assert!(matches!(decision, Decision::Stop(_))),
            }
        }
        let cap = policy.max_delay().unwrap_or(Duration::MAX);
        prop_assert!(policy.delays().seed(draws[0]).take(50).all(|delay| delay <= cap));
        for range in policy.ranges().take(50) {
            prop_assert!(range.start() <= range.end() && *range.end() <= cap, "{range:?}");
        }
        let last = [u32::MAX, u32::MAX - 1, 1 << 31].map(|retry| policy.backoff().base_delay(retry));
        prop_assert!(last[0] >= last[1] && last[1] >= last[2], "base delays never shrink: {last:?}");
    }

    #[test]
    fn a_policy_that_wants_retries_can_make_one(policy in policies(any_duration)) {
        prop_assert!(policy.max_attempts() == Some(1) || policy.ranges().next().is_some(), "{policy:?}");
    }

    #[test]
    fn no_list_of_delays_panics(
        delays in proptest::collection::vec(any_duration(), 0..20),
        jitter in any_jitter(),
        cap in option(any_duration()),
        seed in any::<u64>(),
    ) {
        let count = delays.len();
        let builder = Policy::with_backoff(List::new(delays)).forever().jitter(jitter);
        let builder = match cap {
            Some(cap) => builder.max_delay(cap),
            None => builder,
        };
        if let Ok(policy) = builder.try_build() {
            prop_assert_eq!(policy.delays().seed(seed).count(), count);
        }
    }

    #[test]
    fn every_delay_is_within_its_range(policy in policies(any_duration), seed in any::<u64>()) {
        prop_assume!(policy.jitter() != Jitter::Decorrelated); // its range depends on the delay before
        for (delay, range) in policy.delays().seed(seed).zip(policy.ranges()).take(50) {
            prop_assert!(range.contains(&delay), "{delay:?} in {range:?}");
        }
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn tokio_and_the_manual_loop_agree_too(
        policy in policies(millis), script in scripts(millis), cancelled_in in option(0_u32..6)
    ) {
        // whole milliseconds, which is what tokio counts
        let policy = Policy::edit(policy).max_delay(Duration::MAX).jitter(Jitter::None).try_build();
        let Ok(policy) = policy else { return Ok(()) };
        prop_assume!(policy.base_delays().take(12).all(|delay| delay.subsec_nanos() % 1_000_000 == 0));
        prop_assume!(policy.base_delays().take(12).all(|delay| delay < Duration::from_secs(1_000_000)));
        let case = Case::new(policy, script);
        let trace = match cancelled_in {
            Some(attempt) => case.cancelled_in(attempt).run(),
            None => case.run(),
        };
        prop_assert!(trace.calls > 0);
    }
}
