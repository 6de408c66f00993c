//! The fleet simulator reproduces published figures: fewer seeds and shorter runs than `cargo run --release --example
//! storm -- verify`.

use std::time::Duration;

use backoff_core::Policy;
use simulator::acceptance::{Check, Extent};
use simulator::guard::Guard;
use simulator::layers::Layers;
use simulator::outage::Fleet;
use simulator::server::{Kind, Outage};
use simulator::{acceptance, layers, occ, outage};

const QUICK: Extent =
    Extent { seeds: 2, fleet_seeds: 1, warm_up: Duration::from_secs(5), settle: Duration::from_secs(40) };

#[track_caller]
fn assert_hold(checks: &[Check]) {
    let missed: Vec<_> = checks.iter().filter(|check| !check.holds).collect();
    assert!(!checks.is_empty() && missed.is_empty(), "{missed:#?}");
}

#[test]
fn contention_costs_what_was_published() {
    assert_hold(&acceptance::contention_checks(&QUICK));
}

#[test]
fn jitter_spreads_a_herd_as_published() {
    assert_hold(&acceptance::herd_checks(&QUICK));
}

#[test]
fn layers_multiply_attempts_exactly() {
    assert_hold(&acceptance::layer_checks());
}

#[test]
fn only_fewer_retries_let_a_fleet_recover_from_an_outage() {
    assert_hold(&acceptance::fleet_checks(&QUICK, &|| ()));
}

#[test]
fn a_fitted_budget_lets_large_fleets_of_small_clients_recover_and_a_fixed_one_does_not_for_long() {
    let long = Extent { settle: Duration::from_secs(130), ..QUICK };
    assert_hold(&acceptance::size_checks(&long, &[1_000, 10_000], &|| ()));
}

#[test]
fn a_fitted_budget_denies_a_client_few_of_its_retries_in_ordinary_faults() {
    assert_hold(&acceptance::client_checks(&QUICK));
}

#[test]
fn every_row_belongs_to_an_experiment_that_is_explained() {
    let rows = acceptance::layer_checks().into_iter().chain(acceptance::client_checks(&QUICK));
    for check in rows {
        assert!(acceptance::EXPERIMENTS.iter().any(|(letter, _)| check.row.starts_with(letter)), "{check:?}");
    }
}

#[test]
fn calls_through_failing_layers_follow_the_formula() {
    let policy = Policy::exponential().max_attempts(3).build();
    for failure_rate in [0.1, 0.5, 0.9] {
        for is_suppressed in [false, true] {
            let setting = Layers {
                depth: 3,
                policy,
                is_suppressed,
                failure_rate,
                requests: 20_000,
                budget: None,
                gap: Duration::ZERO,
            };
            let (got, expected) = (layers::run(&setting, 1), layers::expected(&setting));
            assert!((got.calls / expected.calls - 1.0).abs() < 0.05, "{setting:?}: {got:?}, {expected:?}");
            assert!((got.success - expected.success).abs() < 0.02, "{setting:?}: {got:?}, {expected:?}");
        }
    }
}

#[test]
fn the_default_budget_is_free_below_nine_per_cent_failures_and_not_above() {
    let policy = Policy::exponential().max_attempts(3).build();
    let load = |failure_rate| {
        let (budget, gap) = (Some((0.1, None)), Duration::from_millis(100));
        let setting = Layers { depth: 1, policy, is_suppressed: false, failure_rate, requests: 100_000, budget, gap };
        layers::run(&setting, 1)
    };
    assert!(load(0.05).denied < 0.001, "{:?}", load(0.05));
    assert!((load(0.2).denied - 0.6).abs() < 0.03, "{:?}", load(0.2));
    assert!((load(0.2).success - 0.87).abs() < 0.01, "{:?}", load(0.2));
}

#[test]
fn a_server_that_refuses_at_once_recovers_at_once() {
    let fleet = Fleet {
        clients: 100,
        capacity: 1_000.0,
        load: 0.8,
        outage: Outage { kind: Kind::Refuse, starts: Duration::from_secs(5), lasts: Duration::from_secs(10) },
        settle: Duration::from_secs(20),
        policy: Policy::exponential().max_attempts(4).idempotent().build(),
        guard: Guard::None,
        timeout: Duration::from_secs(1),
        queue: Duration::from_secs(2),
    };
    let figures = outage::run(&fleet, 1, &|| ()).figures(&fleet);
    assert_eq!(figures.recovery, Some(0.0), "{figures:?}");
}

#[test]
fn a_seed_repeats_a_run() {
    let setting = occ::Contention { clients: 20, policy: Policy::exponential().forever().build() };
    let calls = |seed: u64| (1..=8).map(move |offset| occ::run(&setting, seed + offset).calls.to_bits());
    assert!(calls(0).eq(calls(0)));
    assert!(!calls(0).eq(calls(100)));
}
