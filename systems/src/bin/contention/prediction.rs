//! The prediction of the simulator in `tools/simulator`, with the measured hop.

use std::time::Duration;

use crate::load::Outcome;
use crate::strategy::Strategy;
use simulator::engine::Dice;
use simulator::occ::{self, Contention};
use simulator::statistics::Summary;

const SEEDS: u64 = 50;

/// Returns the mean outcome of many simulated runs in which a hop (one way through the network) takes `hop` on average.
///
/// The simulator's own hop takes 10 ms. Only the ratio of delays to hops matters. So the delays are scaled instead, and
/// the resulting time is scaled back.
pub(crate) fn mean(clients: u32, strategy: Strategy, hop: Duration) -> Outcome {
    let scale = own_hop() / hop.as_secs_f64();
    let setting = Contention { clients, policy: strategy.policy(scale) };
    let runs: Vec<_> = (1..=SEEDS).map(|seed| occ::run(&setting, seed)).collect();
    let attempts = Summary::of(runs.iter().map(|run| run.calls)).mean / f64::from(clients);
    let time = Summary::of(runs.iter().map(|run| run.time)).mean / scale;
    Outcome { attempts, time: Duration::from_secs_f64(time) }
}

/// Returns the mean of the simulator's own hops, in seconds.
fn own_hop() -> f64 {
    let mut dice = Dice::new(1);
    Summary::of((0..10_000).map(|_| simulator::engine::seconds(dice.hop()))).mean
}
