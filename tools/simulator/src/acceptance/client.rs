//! One client in ordinary faults: the retries that its fitted budget denies.

use std::time::Duration;

use backoff_core::Policy;

use super::{Check, Extent, band};
use crate::layers::{self, Layers, Load};
use crate::runs::each_seed;
use crate::statistics::Summary;

const REQUESTS: u32 = 200_000;

/// Requests per second, chance of a failure, denied part of the retries and its tolerance, part of the requests that
/// succeed.
const CASES: [(f64, f64, (f64, f64), f64); 6] = [
    (10.0, 0.01, (0.0, 0.000_5), 1.0),
    (10.0, 0.05, (0.000_2, 0.002), 0.999_87),
    (1.0, 0.01, (0.005_1, 0.004), 0.999_95),
    (1.0, 0.03, (0.046, 0.012), 0.998_6),
    (1.0, 0.05, (0.107, 0.015), 0.994_5),
    (0.1, 0.01, (0.005_1, 0.004), 0.999_95),
];

/// Requests at a steady rate whose attempts fail independently of one another.
pub fn client_checks(extent: &Extent) -> Vec<Check> {
    CASES.into_iter().flat_map(|case| client_check(extent, case)).collect()
}

fn client_check(
    extent: &Extent,
    (rate, failure_rate, (denied, tolerance), success): (f64, f64, (f64, f64), f64),
) -> [Check; 2] {
    let setting = Layers {
        depth: 1,
        policy: Policy::exponential().max_attempts(3).build(),
        is_suppressed: false,
        failure_rate,
        requests: REQUESTS,
        budget: Some((0.1, None)),
        gap: Duration::from_secs_f64(1.0 / rate),
    };
    let seeds = extent.seeds.min(4);
    let loads = each_seed(seeds, |seed| layers::run(&setting, seed));
    let mean = |of: fn(&Load) -> f64| Summary::of(loads.iter().map(of)).mean;
    let what = |figure: &str| format!("{rate} requests per second, {} % fail: {figure}", failure_rate * 100.0);
    let figure =
        |name, expected, tolerance, got| band(expected, tolerance, tolerance).check("C1", what(name), got, seeds);
    [
        figure("part of the retries denied", denied, tolerance, mean(|load| load.denied)),
        figure("part of the requests that succeed", success, 0.001, mean(|load| load.success)),
    ]
}
