//! The figures that the simulator must reproduce, from published experiments and a reference simulation, each with its
//! tolerance.
//!
//! The tolerance of a mean of 20 seeds is about 4 standard errors; with fewer seeds the band of a single run applies.

use std::time::Duration;

use backoff_core::{Jitter, Policy, PolicyBuilder};

use crate::guard::{Deposit, Guard};
use crate::herd::{self, Herd};
use crate::layers::{self, Layers};
use crate::measure::Figures;
use crate::occ::{self, Contention};
use crate::outage::{self, Fleet};
use crate::runs::each_seed;
use crate::server::{Kind, Outage};
use crate::statistics::Summary;

/// One figure, and whether it was reproduced.
#[derive(Clone, Debug)]
pub struct Check {
    pub row: &'static str,
    pub what: String,
    pub expected: String,
    pub got: String,
    pub holds: bool,
}

/// The size of the runs.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub seeds: u64,
    pub fleet_seeds: u64,
    /// The start of the outage, and the time that the fleet runs after it.
    pub warm_up: Duration,
    pub settle: Duration,
}

/// The number of seeds from which the tolerances for means apply.
const MANY: u64 = 20;

struct Band {
    value: f64,
    mean: f64,
    single: f64,
}

const fn band(value: f64, mean: f64, single: f64) -> Band {
    Band { value, mean, single }
}

impl Band {
    fn check(&self, row: &'static str, what: String, got: f64, seeds: u64) -> Check {
        let tolerance = if seeds >= MANY { self.mean } else { self.single };
        let digits = match (self.value, tolerance) {
            (100.0.., _) => 0,
            (_, 0.1..) => 2,
            _ => 3,
        };
        Check {
            row,
            what,
            expected: format!("{:.digits$} ±{tolerance}", self.value),
            got: format!("{got:.digits$}"),
            holds: (got - self.value).abs() <= tolerance,
        }
    }
}

/// The policies of the contention experiment: 5 ms and 2 s as published, whose first ceiling is 10 ms.
pub fn contention_policy(jitter: Option<Jitter>) -> Policy {
    let exponential = |first| Policy::exponential().initial_delay(first).max_delay(Duration::from_secs(2)).forever();
    match jitter {
        None => Policy::constant(Duration::ZERO).forever().build(),
        Some(Jitter::Decorrelated) => exponential(Duration::from_millis(5)).jitter(Jitter::Decorrelated).build(),
        Some(jitter) => exponential(Duration::from_millis(10)).jitter(jitter).build(),
    }
}

/// Returns calls and time of 100 clients that contend: means over the seeds.
fn contention(jitter: Option<Jitter>, seeds: u64) -> (f64, f64) {
    let setting = Contention { clients: 100, policy: contention_policy(jitter) };
    let outcomes = each_seed(seeds, |seed| occ::run(&setting, seed));
    let mean = |of: fn(&occ::Outcome) -> f64| Summary::of(outcomes.iter().map(of)).mean;
    (mean(|outcome| outcome.calls), mean(|outcome| outcome.time))
}

/// Contention for one row among 100 clients.
pub fn contention_checks(extent: &Extent) -> Vec<Check> {
    let run = |jitter| contention(jitter, extent.seeds);
    let (none, exponential, full) = (run(None), run(Some(Jitter::None)), run(Some(Jitter::Full)));
    let (equal, decorrelated) = (run(Some(Jitter::Equal)), run(Some(Jitter::Decorrelated)));
    let figures = [
        ("O1", "calls, full jitter", full.0, band(796.0, 8.0, 30.0)),
        ("O2", "calls, exponential without jitter", exponential.0, band(1_856.0, 55.0, 240.0)),
        ("O3", "calls, no backoff", none.0, band(2_423.0, 32.0, 135.0)),
        ("O4", "calls, equal jitter", equal.0, band(812.0, 8.0, 32.0)),
        ("O4", "calls, decorrelated jitter", decorrelated.0, band(1_004.0, 27.0, 115.0)),
        ("O5", "seconds, no backoff", none.1, band(2.03, 0.05, 0.2)),
        ("O5", "seconds, full jitter", full.1, band(4.90, 0.5, 2.2)),
        ("O5", "seconds, equal jitter", equal.1, band(6.64, 0.6, 3.2)),
        ("O5", "seconds, decorrelated jitter", decorrelated.1, band(4.57, 0.65, 2.9)),
        ("O5", "seconds, exponential without jitter", exponential.1, band(63.4, 3.5, 17.0)),
        ("O6", "calls, full / exponential", full.0 / exponential.0, band(0.429, 0.013, 0.06)),
        ("O7", "calls, full / no backoff", full.0 / none.0, band(0.328_5, 0.006, 0.022)),
        ("O7", "calls, equal / full", equal.0 / full.0, band(1.021, 0.012, 0.055)),
        ("O7", "calls, decorrelated / full", decorrelated.0 / full.0, band(1.261, 0.035, 0.15)),
        ("O8", "time, full / exponential", full.1 / exponential.1, band(0.077, 0.009, 0.04)),
        ("O8", "time, full / no backoff", full.1 / none.1, band(2.41, 0.25, 1.1)),
    ];
    let check = |(row, what, got, band): (_, &str, _, Band)| band.check(row, what.to_owned(), got, extent.seeds);
    figures.into_iter().map(check).collect()
}

/// A herd of 1,000 clients.
pub fn herd_checks(extent: &Extent) -> Vec<Check> {
    let kinds = [
        ("none", Jitter::None, band(1_000.0, 0.0, 0.0)),
        ("equal", Jitter::Equal, band(217.0, 7.0, 32.0)),
        ("full", Jitter::Full, band(158.0, 9.0, 38.0)),
        ("decorrelated", Jitter::Decorrelated, band(73.0, 5.0, 22.0)),
    ];
    let check = |(name, jitter, band): (&str, Jitter, Band)| {
        let setting = Herd { clients: 1_000, policy: Policy::exponential().jitter(jitter).max_attempts(5).build() };
        let peaks = each_seed(extent.seeds, |seed| f64::from(herd::run(&setting, seed).peak()));
        let what = format!("most arrivals in 10 ms, jitter {name}");
        band.check("H1", what, Summary::of(peaks).mean, extent.seeds)
    };
    kinds.into_iter().map(check).collect()
}

/// Layers of retries above a bottom that always fails, exact.
pub fn layer_checks() -> Vec<Check> {
    let cases =
        [(3, 3, false, 27), (4, 3, false, 64), (3, 5, false, 243), (3, 3, true, 3), (4, 3, true, 4), (3, 5, true, 3)];
    let check = |(attempts, layers, is_suppressed, calls): (u32, u32, bool, u32)| {
        let policy = Policy::exponential().max_attempts(attempts).build();
        let setting = Layers { depth: layers, policy, is_suppressed, failure_rate: 1.0, requests: 10, budget: None };
        let load = layers::run(&setting, 1);
        let inner = if is_suppressed { ", inner ones suppressed" } else { "" };
        Check {
            row: "L1",
            what: format!("calls of the bottom, {attempts} attempts in {layers} layers{inner}"),
            expected: calls.to_string(),
            got: load.calls.to_string(),
            holds: load.calls.to_bits() == f64::from(calls).to_bits(),
        }
    };
    cases.into_iter().map(check).collect()
}

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
    name: &'static str,
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
    Guard::Budget { ratio: 0.1, capacity: 10, deposit }
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
    let row = |number, name, policy, guard, verdicts| Row { number, name, policy, guard, verdicts };
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
        row("F4", "3 attempts, budget", policy().max_attempts(3), bucket(Deposit::Success), [peaked(low), high]),
        row("F5", "4 attempts, deposits on request", policy().max_attempts(4), bucket(Deposit::Request), request),
        row("F7", "4 attempts, breaker", policy().max_attempts(4), breaker, broken),
    ]
}

/// A fleet of 100 clients and a server of 1,000 requests a second that stalls for 30 s; `done` is called after each
/// run.
pub fn fleet_checks(extent: &Extent, done: &(dyn Fn() + Sync)) -> Vec<Check> {
    rows()
        .iter()
        .flat_map(|row| row.verdicts.iter().flat_map(|verdict| fleet_check(row, verdict, extent, done)))
        .collect()
}

/// Returns the number of runs of [`fleet_checks`].
pub fn fleet_runs(extent: &Extent) -> u64 {
    rows().len() as u64 * 2 * extent.fleet_seeds
}

fn fleet_check(row: &Row, verdict: &Verdict, extent: &Extent, done: &(dyn Fn() + Sync)) -> Vec<Check> {
    let outage = Outage { kind: Kind::Stall, starts: extent.warm_up, lasts: Duration::from_secs(30) };
    let fleet = Fleet {
        clients: 100,
        capacity: 1_000.0,
        load: verdict.load,
        outage,
        settle: extent.settle,
        policy: row.policy.build(),
        guard: row.guard,
        timeout: Duration::from_secs(1),
        queue: Duration::from_secs(2),
    };
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
