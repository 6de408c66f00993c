//! The contract of the library as code: an independent model of the retry rules, and every driver compared with it.
//!
//! [`rules`] and [`contract`] are the guide's page `guarantees` as a function from a case (a policy, a script of
//! attempts, hooks, limits, cancellation) to the exact trace of the call. [`drivers`], [`attribute`] and [`manual`]
//! take the same case through the library. [`generate`] makes random cases. A failing case shrinks to a readable one:
//! the policy as arguments of the attribute, a line per attempt, both traces side by side.
//!
//! Runs repeat: the generator is seeded, and all time is virtual. `MODEL_CASES=100000 cargo test --test model` runs
//! more cases per driver, `MODEL_SEED=7` others.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cases are small")]

mod attribute;
mod case;
mod contract;
mod drivers;
mod generate;
mod manual;
mod rules;
mod trace;
mod world;

use std::fmt::Debug;

use case::Case;
use drivers::{Driver, drive};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner};

/// Returns the value of a variable of the environment, or the default.
fn variable(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().unwrap_or_else(|error| panic!("{name}={value}: {error}")))
}

/// Checks many values, one in `share` of the usual number, and panics with the smallest that fails.
fn for_many<T: Debug>(share: u32, values: impl Strategy<Value = T>, check: impl Fn(&T) -> Result<(), String>) {
    let mut runner = TestRunner::new(Config {
        cases: u32::try_from(variable("MODEL_CASES", 2_000)).expect("a number of cases") / share,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(variable("MODEL_SEED", 0x0BAC_C0FF)),
        ..Config::default()
    });
    match runner.run(&values, |value| check(&value).map_err(TestCaseError::fail)) {
        Ok(()) => {}
        Err(TestError::Fail(why, value)) => panic!("the smallest case that fails:\n\n{value:?}\n{why}"),
        Err(error) => panic!("{error}"),
    }
}

/// Checks that a driver produces the trace that the model expects.
fn agrees<D: Driver>(case: &Case) -> Result<(), String> {
    let seen = drive::<D>(case);
    let expected = contract::expected(case, &D::SEES, &seen.chance());
    if seen == expected { Ok(()) } else { Err(expected.beside(&seen)) }
}

macro_rules! every_driver_keeps_the_contract {
    ($($test:ident: $driver:ty;)*) => {$(
        #[test]
        fn $test() {
            let cases = generate::cases().prop_map(<$driver>::fit);
            let accepted = cases.prop_filter("the policy is refused", |case| case.settings.refusal().is_none());
            for_many(<$driver>::SHARE, accepted, agrees::<$driver>);
        }
    )*};
}

every_driver_keeps_the_contract! {
    a_blocking_call_with_a_given_clock_and_sleeper: drivers::BlockingCall;
    a_blocking_call_with_the_default_clock_and_sleeper: drivers::BlockingDefault;
    an_async_call_with_a_given_clock_and_sleeper: drivers::AsyncByHand;
    an_async_call_on_tokio: drivers::AsyncOnTokio;
    an_async_call_that_lends_its_state: drivers::LendingByHand;
    an_async_call_on_tokio_that_lends_its_state: drivers::LendingOnTokio;
    a_blocking_function_with_a_policy: attribute::Blocking;
    an_async_function_with_a_policy: attribute::Async;
    a_function_that_names_nothing: attribute::NothingNamed;
    a_function_that_counts: attribute::Counting;
    a_function_that_counts_and_has_hooks: attribute::CountingEvents;
    a_function_with_a_time_limit: attribute::Timed;
    a_function_with_a_time_limit_and_hooks: attribute::TimedEvents;
    a_function_with_both_limits_and_jitter: attribute::TimedJitter;
    a_function_whose_time_starts_at_the_first_failure: attribute::SinceFailure;
    a_function_that_waits_for_push_backs_alone: attribute::Replacing;
    a_function_without_limits: attribute::Forever;
    a_loop_by_hand: manual::Loop;
    an_async_loop_by_hand: manual::LoopAsync;
    a_loop_in_two_steps: manual::TwoSteps;
    an_async_loop_in_two_steps_whose_waits_are_dropped: manual::TwoStepsAsync;
    a_polled_loop: manual::Polled;
    the_decision_alone: manual::Decide;
    the_iterator_of_delays: manual::Delays;
    the_ticker: manual::Ticker;
    the_async_ticker_whose_waits_are_dropped: manual::TickerAsync;
}

#[test]
fn a_policy_is_refused_exactly_when_the_contract_refuses_it() {
    for_many(1, generate::bad_settings(), |settings| match (settings.refusal(), settings.policy().err()) {
        (None, None) | (Some(_), Some(_)) => Ok(()),
        (None, Some(refusal)) => Err(format!("refused, though it should not be: {refusal}")),
        (Some(why), None) => Err(format!("accepted, though it should be refused: {why}")),
    });
}

/// The drivers draw the same numbers in the same order.
#[test]
fn a_seed_replays_in_every_driver() {
    let cases = generate::cases().prop_map(<manual::Loop as Driver>::fit);
    let accepted = cases.prop_filter("the policy is refused", |case| case.settings.refusal().is_none());
    for_many(4, accepted, |case| {
        let delays = [
            drive::<manual::Loop>(case).chance().delays,
            drive::<manual::TwoSteps>(case).chance().delays,
            drive::<manual::TwoStepsAsync>(case).chance().delays,
            drive::<manual::Polled>(case).chance().delays,
            drive::<manual::Decide>(case).chance().delays,
            drive::<drivers::BlockingCall>(case).chance().delays,
            drive::<drivers::AsyncByHand>(case).chance().delays,
            drive::<attribute::Blocking>(case).chance().delays,
        ];
        if delays.iter().all(|of_one| *of_one == delays[0]) { Ok(()) } else { Err(format!("{delays:#?}")) }
    });
}
