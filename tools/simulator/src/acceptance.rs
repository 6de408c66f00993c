//! The figures that the simulator must reproduce, from published experiments and a reference simulation, each with its
//! tolerance.
//!
//! The tolerance of a mean of 20 seeds is about 4 standard errors; with fewer seeds the band of a single run applies.

mod client;
mod fleets;

use std::time::Duration;

use backoff_core::{Jitter, Policy};

use crate::herd::{self, Herd};
use crate::layers::{self, Layers};
use crate::occ::{self, Contention};
use crate::runs::each_seed;
use crate::statistics::Summary;

pub use self::client::client_checks;
pub use self::fleets::{fleet_checks, fleet_runs, size_checks, size_runs};

/// The experiment that each row belongs to, by the letter of the row.
pub const EXPERIMENTS: [(&str, &str); 6] = [
    ("O", "optimistic locking: 100 clients write one row, and retry after each conflict"),
    ("H", "herd: 1,000 clients fail in the same instant, and come back"),
    ("L", "layers: retries inside retries above a call that always fails"),
    ("F", "fleet: 100 clients of a server that stops for 30 s"),
    ("S", "sizes: the same outage and load with 10 to 10,000 clients"),
    ("C", "client: one client with a fitted budget, whose calls fail independently"),
];

/// One figure, and whether it was reproduced.
#[derive(Clone, Debug)]
pub struct Check {
    /// The letter of the experiment in [`EXPERIMENTS`], and a number.
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
        let setting = Layers {
            depth: layers,
            policy,
            is_suppressed,
            failure_rate: 1.0,
            requests: 10,
            budget: None,
            gap: Duration::ZERO,
        };
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
