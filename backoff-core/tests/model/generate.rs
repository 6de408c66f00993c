//! Random cases. They use few, round times, so that events often coincide: an attempt ends at its limit, a delay ends
//! at the end of the time.
//!
//! Times are multiples of 4 ms, delays of 20 ms; cancellations and `timeout` come at odd milliseconds, and so never
//! together with anything else.

use std::time::Duration;

use backoff_core::{Jitter, PushBackMode};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;

use crate::case::{AMPLE, Adjusted, Backoff, Cancel, Case, Draws, Ends, Kind, Meaning, Settings, Step, ms};

/// Short times; multiples of 20 ms meet the delays more often.
fn times(most: u64) -> impl Strategy<Value = Duration> {
    let near = (0..=5_u64).prop_map(|number| ms(number * 20));
    prop_oneof![4 => near, 1 => (0..=most / 4).prop_map(|number| ms(number * 4))]
}

fn delays() -> impl Strategy<Value = Duration> {
    prop_oneof![8 => (1..=3_u64).prop_map(|number| ms(number * 40)), 1 => Just(ms(2_400)), 1 => Just(ms(30_000))]
}

fn limits() -> impl Strategy<Value = Duration> {
    let near = (1..=15_u64).prop_map(|number| ms(number * 20));
    let fine = (1..=100_u64).prop_map(|number| ms(number * 4));
    prop_oneof![6 => near, 2 => fine, 1 => Just(ms(2_000)), 1 => Just(ms(60_000))]
}

fn push_backs() -> impl Strategy<Value = Duration> {
    let edges = [30_000, 30_004, 60_000, 60_004, 3_600_000, 3_600_004].map(ms);
    prop_oneof![3 => times(400), 1 => proptest::sample::select(edges.to_vec())]
}

fn backoffs() -> impl Strategy<Value = Backoff> {
    let multipliers = proptest::sample::select(vec![1.0, 1.5, 2.0, 3.0]);
    prop_oneof![
        2 => (prop_oneof![3 => delays(), 1 => Just(Duration::ZERO)]).prop_map(Backoff::Constant),
        3 => (of(delays()), of(multipliers))
            .prop_map(|(initial, multiplier)| Backoff::Exponential { initial, multiplier }),
        1 => (of(delays()), of(delays())).prop_map(|(initial, increment)| Backoff::Linear { initial, increment }),
        1 => of(delays()).prop_map(|initial| Backoff::Fibonacci { initial }),
        1 => vec(delays(), 1..6).prop_map(Backoff::List),
    ]
}

fn jitters() -> impl Strategy<Value = Jitter> {
    proptest::sample::select(vec![Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Factor(0.5), Jitter::Decorrelated])
}

/// Settings of any kind, many of them refused.
pub(crate) fn settings() -> impl Strategy<Value = Settings> {
    let numbers = (weighted(0.4, 1..8_u32), weighted(0.4, limits()), weighted(0.2, delays()), weighted(0.2, limits()));
    let modes = proptest::sample::select(PushBackMode::ALL.to_vec());
    let push_backs = (weighted(0.2, push_backs()), weighted(0.6, modes));
    let rest = (weighted(0.5, jitters()), push_backs, proptest::bool::weighted(0.2), any::<[bool; 2]>());
    (backoffs(), numbers, rest).prop_map(|(backoff, numbers, (jitter, push_backs, forever, [since, idempotent]))| {
        let (max_push_back, push_back) = push_backs;
        let (max_attempts, max_elapsed, max_delay, reset_after) = numbers;
        Settings {
            jitter,
            max_delay,
            max_attempts,
            max_elapsed,
            forever,
            since_first_failure: since && max_elapsed.is_some(),
            reset_after,
            max_push_back,
            push_back,
            idempotent,
            ..Settings::of(backoff)
        }
    })
}

/// Settings with a value that is never allowed, now and then.
pub(crate) fn bad_settings() -> impl Strategy<Value = Settings> {
    let factors = proptest::sample::select(vec![-0.1, 0.0, 1.0, 1.1, f64::NAN]);
    let multipliers = proptest::sample::select(vec![0.0, 0.9, f64::NAN, f64::INFINITY]);
    (settings(), 0..8_u8, factors, multipliers).prop_map(|(mut settings, mistake, factor, multiplier)| {
        match (mistake, &mut settings.backoff) {
            (0, _) => settings.max_attempts = Some(0),
            (1, _) => settings.max_elapsed = Some(Duration::ZERO),
            (2, Backoff::Exponential { multiplier: place, .. }) => *place = Some(multiplier),
            (3, Backoff::Exponential { initial, .. } | Backoff::Fibonacci { initial }) => {
                *initial = Some(Duration::ZERO);
            }
            (4, _) => settings.jitter = Some(Jitter::Factor(factor)),
            (5, _) => settings.reset_after = Some(Duration::ZERO),
            _ => {}
        }
        settings
    })
}

fn meanings() -> impl Strategy<Value = Meaning> {
    prop_oneof![
        6 => Just((Kind::Transient, None)),
        3 => push_backs().prop_map(|wait| (Kind::Transient, Some(wait))),
        1 => Just((Kind::Ambiguous, None)),
        1 => push_backs().prop_map(|wait| (Kind::Ambiguous, Some(wait))),
        1 => Just((Kind::Permanent, None)),
    ]
    .prop_map(|(kind, wait)| Meaning { kind, wait })
}

fn steps() -> impl Strategy<Value = Step> {
    let ends = prop_oneof![8 => meanings().prop_map(Ends::Fails), 2 => meanings().prop_map(Ends::Unmet), 1 => Just(Ends::Good)];
    let runs = prop_oneof![8 => times(400), 1 => Just(ms(3_600_000))];
    (runs, ends).prop_map(|(runs, ends)| Step { runs, ends })
}

fn cancels() -> impl Strategy<Value = Cancel> {
    prop_oneof![
        (0..5_u32).prop_map(Cancel::Attempt),
        (1..4_u32).prop_map(Cancel::Hook),
        (0..200_u64).prop_map(|number| Cancel::At(ms(number * 4 + 1))),
    ]
}

fn draws() -> impl Strategy<Value = Draws> {
    prop_oneof![Just(Draws::Lowest), Just(Draws::Highest), any::<u64>().prop_map(Draws::Seed)]
}

fn budgets() -> impl Strategy<Value = (u32, u32)> {
    let small = (1..4_u32, 0..4_u32).prop_map(|(capacity, tokens)| (capacity, tokens.min(capacity)));
    prop_oneof![3 => Just(AMPLE), 1 => small]
}

/// Cases whose policies may be refused.
pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let adjusted =
        prop_oneof![4 => Just(Adjusted::Keep), 4 => times(400).prop_map(Adjusted::Wait), 1 => Just(Adjusted::Stop)];
    let steered = (vec(proptest::bool::weighted(0.4), 0..8), vec(adjusted, 0..8));
    let steering = prop_oneof![2 => Just((Vec::new(), Vec::new())), 1 => steered];
    let hooks = vec(prop_oneof![2 => Just(Duration::ZERO), 1 => times(400)], 0..8);
    let timeout = (0..150_u64).prop_map(|number| ms(number * 4 + 3));
    let limits = (weighted(0.3, times(400)), weighted(0.3, timeout), meanings());
    let rest = (any::<bool>(), budgets(), proptest::bool::weighted(0.05), draws(), steering);
    (settings(), vec(steps(), 0..8), hooks, weighted(0.3, (cancels(), any::<bool>())), limits, rest).prop_map(
        |(
            settings,
            script,
            hooks,
            cancel,
            (attempt_timeout, timeout, timed_out),
            (until, budget, disabled, draws, (progress, adjusts)),
        )| {
            let case = Case {
                settings,
                script,
                hooks,
                cancel: cancel.map(|(by, _)| by),
                cancel_attempts: cancel.is_some_and(|(_, attempts)| attempts),
                progress,
                adjusts,
                attempt_timeout,
                timeout,
                timed_out,
                until,
                budget,
                disabled,
                draws,
            };
            if case.attempt_timeout.is_some() { case } else { Case { timed_out: crate::case::TRANSIENT, ..case } }
        },
    )
}
