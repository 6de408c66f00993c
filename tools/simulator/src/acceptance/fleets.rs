//! A server that stops for a while, and the fleets that retry.

use std::time::Duration;

use backoff_core::{Jitter, Policy, PolicyBuilder};

use super::{Check, Extent, band};
use crate::guard::{Deposit, Guard};
use crate::measure::Figures;
use crate::outage;
use crate::runs::each_seed;
use crate::sizes::{self, Retries};
use crate::statistics::Summary;

/// The required behaviour of a fleet at one load.
struct Verdict {
    load: f64,
    amplification: Option<(f64, f64)>,
    /// Mean and deviation of the seconds; `None` when no run recovers.
    recovery: Option<(f64, f64)>,
    peak: Option<(f64, f64)>,
    tail: Option<(f64, f64)>,
}

struct Row {
    number: &'static str,
    name: String,
    clients: u32,
    policy: PolicyBuilder,
    guard: Guard,
    verdicts: [Verdict; 2],
}

const fn recovers(load: f64, amplification: f64, tolerance: f64, recovery: (f64, f64)) -> Verdict {
    Verdict { load, amplification: Some((amplification, tolerance)), recovery: Some(recovery), peak: None, tail: None }
}

const fn never(load: f64, amplification: f64, tolerance: f64, tail: (f64, f64)) -> Verdict {
    Verdict { load, amplification: Some((amplification, tolerance)), recovery: None, peak: None, tail: Some(tail) }
}

fn bucket(deposit: Deposit) -> Guard {
    Guard::Budget { ratio: 0.1, capacity: Some(10), deposit }
}

fn rows() -> [Row; 7] {
    let policy = || Policy::exponential().idempotent();
    let quick = |load| recovers(load, 1.0, 0.0005, if load < 0.9 { (5.5, 0.5) } else { (21.6, 2.6) });
    let stuck = |load, amplification| never(load, amplification, 0.01, (4.0, 0.02));
    let peaked = |verdict| Verdict { peak: Some((2.03, 0.2)), ..verdict };
    let success = [recovers(0.8, 1.042, 0.005, (5.5, 0.5)), recovers(0.95, 1.035, 0.005, (21.6, 2.6))];
    let [low, high] = success;
    let request = [recovers(0.8, 1.136, 0.005, (8.8, 1.0)), never(0.95, 1.129, 0.005, (1.1, 0.005))];
    let breaker = Guard::Breaker { failures: 5, open: Duration::from_secs(5) };
    let broken = [recovers(0.8, 0.085, 0.01, (3.2, 2.1)), recovers(0.95, 0.078, 0.01, (6.5, 0.6))];
    let row = |number, name: &str, policy, guard, verdicts| Row {
        number,
        name: name.to_owned(),
        clients: 100,
        policy,
        guard,
        verdicts,
    };
    [
        row("F1", "no retry", policy().max_attempts(1), Guard::None, [quick(0.8), quick(0.95)]),
        row(
            "F2",
            "4 attempts, no jitter",
            policy().max_attempts(4).jitter(Jitter::None),
            Guard::None,
            [stuck(0.8, 3.96), stuck(0.95, 3.96)],
        ),
        row("F2", "4 attempts", policy().max_attempts(4), Guard::None, [stuck(0.8, 3.98), stuck(0.95, 3.98)]),
        row(
            "F3",
            "3 attempts",
            policy().max_attempts(3),
            Guard::None,
            [0.8, 0.95].map(|load| never(load, 2.99, 0.01, (3.0, 0.02))),
        ),
        row(
            "F4",
            "3 attempts, budget of capacity 10",
            policy().max_attempts(3),
            bucket(Deposit::Success),
            [peaked(low), high],
        ),
        row("F5", "4 attempts, deposits on request", policy().max_attempts(4), bucket(Deposit::Request), request),
        row("F7", "4 attempts, breaker", policy().max_attempts(4), breaker, broken),
    ]
}

/// Amplification and recovery at 80 % and at 95 % load.
type Sized = [(f64, f64, (f64, f64)); 2];

/// The recovery of few large clients is that of a fleet without retries. The figures were found with 20 seeds; the
/// tolerance of the amplification is above 4 of their deviations.
fn size_rows() -> Vec<Row> {
    let quick = |low, high| [(low, 0.004, (5.4, 0.5)), (high, 0.004, (21.0, 2.7))];
    let ten: [(u32, Sized); 4] = [
        (10, quick(1.004, 1.004)),
        (100, quick(1.042, 1.035)),
        (1_000, [(1.416, 0.012, (5.5, 0.5)), (1.352, 0.012, (21.2, 2.5))]),
        (10_000, [(2.950, 0.012, (83.0, 1.4)), (2.918, 0.012, (112.8, 4.1))]),
    ];
    let fitted: [(u32, Sized); 4] = [
        (10, quick(1.004, 1.003)),
        (100, quick(1.028, 1.028)),
        (1_000, quick(1.083, 1.070)),
        (10_000, [(1.756, 0.016, (9.6, 0.9)), (1.661, 0.012, (40.3, 4.6))]),
    ];
    let row = |number, name: &str, retries: Retries, (clients, [low, high]): (u32, Sized)| Row {
        number,
        name: format!("{clients} clients, {name}"),
        clients,
        policy: retries.policy(),
        guard: retries.guard(),
        verdicts: [(0.8, low), (0.95, high)]
            .map(|(load, (amp, tolerance, recovery))| recovers(load, amp, tolerance, recovery)),
    };
    let ten = ten.into_iter().map(|sized| row("S1", "3 attempts, budget of capacity 10", Retries::Capacity(10), sized));
    let fitted = fitted.into_iter().map(|sized| row("S2", "3 attempts, fitted budget", Retries::Fitted, sized));
    ten.chain(fitted).collect()
}

/// A fleet of 100 clients and a server of 1,000 requests a second that stalls for 30 s; `done` is called after each
/// run.
pub fn fleet_checks(extent: &Extent, done: &(dyn Fn() + Sync)) -> Vec<Check> {
    checks(&rows(), extent, done)
}

/// The same outage for fleets of these sizes, of 10, 100, 1,000 and 10,000 clients.
pub fn size_checks(extent: &Extent, sizes: &[u32], done: &(dyn Fn() + Sync)) -> Vec<Check> {
    let mut rows = size_rows();
    rows.retain(|row| sizes.contains(&row.clients));
    checks(&rows, extent, done)
}

/// Returns the number of runs of [`fleet_checks`].
pub fn fleet_runs(extent: &Extent) -> u64 {
    rows().len() as u64 * 2 * extent.fleet_seeds
}

/// Returns the number of runs of [`size_checks`] for all sizes.
pub fn size_runs(extent: &Extent) -> u64 {
    size_rows().len() as u64 * 2 * extent.fleet_seeds
}

fn checks(rows: &[Row], extent: &Extent, done: &(dyn Fn() + Sync)) -> Vec<Check> {
    rows.iter()
        .flat_map(|row| row.verdicts.iter().flat_map(|verdict| fleet_check(row, verdict, extent, done)))
        .collect()
}

fn fleet_check(row: &Row, verdict: &Verdict, extent: &Extent, done: &(dyn Fn() + Sync)) -> Vec<Check> {
    let fleet = sizes::fleet(row.clients, verdict.load, row.policy.build(), row.guard, extent.warm_up, extent.settle);
    let figures = each_seed(extent.fleet_seeds, |seed| {
        let figures = outage::run(&fleet, seed, &|| ()).figures(&fleet);
        done();
        figures
    });
    let mean = |of: fn(&Figures) -> f64| Summary::of(figures.iter().map(of)).mean;
    let what = |figure: &str| format!("{}, load {}: {figure}", row.name, verdict.load);
    let check = |figure, expected: Option<(f64, f64)>, got| {
        let (value, tolerance) = expected?;
        Some(band(value, tolerance, tolerance).check(row.number, what(figure), got, extent.fleet_seeds))
    };
    let recovered: Vec<f64> = figures.iter().filter_map(|figures| figures.recovery).collect();
    let wanted = if verdict.recovery.is_some() { figures.len() } else { 0 };
    let mut checks = vec![Check {
        row: row.number,
        what: what("runs that recover"),
        expected: format!("{wanted}/{}", figures.len()),
        got: format!("{}/{}", recovered.len(), figures.len()),
        holds: recovered.len() == wanted,
    }];
    // A short run has too few requests at its end for the tolerance of a long one.
    let tail = verdict
        .tail
        .map(|(value, tolerance)| (value, if extent.settle.as_secs() < 100 { 3.0 } else { 1.0 } * tolerance));
    checks.extend(check("amplification", verdict.amplification, mean(|figures| figures.amplification)));
    checks.extend(check("peak", verdict.peak, mean(|figures| figures.peak)));
    checks.extend(check("attempts per request at the end", tail, mean(|figures| figures.tail)));
    let four_deviations = verdict.recovery.map(|(seconds, deviation)| (seconds, 4.0 * deviation));
    checks.extend(check("seconds to recover", four_deviations, Summary::of(recovered).mean));
    checks
}
