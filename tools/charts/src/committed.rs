//! The pictures that are committed, with fixed settings and seeds.

use std::time::Duration;

use backoff_core::{InvalidPolicy, Jitter, Policy};
use simulator::herd::{self, Herd};
use simulator::outage::{self, Fleet};
use simulator::runs::each_seed;
use simulator::server::{Kind, Outage};
use simulator::sizes::{self, Retries};
use simulator::statistics::Summary;

use crate::fleets::Line;
use crate::outage::Run;

/// The time before an outage.
pub const WARM_UP: Duration = Duration::from_secs(20);
/// The time after the outage of the picture `fleets`. A fleet that has not recovered by then is shown as one that never
/// does.
pub const SETTLE: Duration = Duration::from_secs(200);

const SEEDS: u64 = 5;

/// A picture, and the place of the file in the repository.
#[derive(Clone, Copy, Debug)]
pub struct Committed {
    pub files: &'static [&'static str],
    /// Draws the picture; the argument is the text of `docs/contention.md`.
    pub draw: fn(&str) -> Result<String, String>,
}

/// All pictures. A file in `backoff-core/docs` is for the README, whose links lead there on the page of the crate.
pub const ALL: [Committed; 5] = [
    Committed { files: &["docs/outage.svg", "backoff-core/docs/outage.svg"], draw: |_| Ok(outage_picture()) },
    Committed { files: &["docs/herd.svg"], draw: |_| herd_picture().map_err(|error| error.to_string()) },
    Committed { files: &["docs/schedule.svg"], draw: |_| Ok(schedule_picture()) },
    Committed { files: &["docs/fleets.svg"], draw: |_| Ok(fleets_picture()) },
    Committed { files: &["docs/contention.svg"], draw: crate::contention::draw },
];

fn outage_picture() -> String {
    let kinds = [("no retries", Retries::None), ("no budget", Retries::Unguarded), ("with budget", Retries::Fitted)];
    let runs = kinds.map(|(label, retries)| {
        let fleet = Fleet {
            clients: 1_000,
            capacity: 1_000.0,
            load: 0.8,
            outage: Outage { kind: Kind::Stall, starts: WARM_UP, lasts: Duration::from_secs(30) },
            settle: Duration::from_secs(70),
            policy: retries.policy().build(),
            guard: retries.guard(),
            timeout: Duration::from_secs(1),
            queue: Duration::from_secs(2),
        };
        run(label, fleet, SEEDS, &|| ())
    });
    crate::outage::draw(&runs.into_iter().flatten().collect::<Vec<_>>())
}

/// Runs a fleet with each seed; `None` without seeds. `step` is called after each simulated second.
pub fn run(label: &str, fleet: Fleet, seeds: u64, step: &(dyn Fn() + Sync)) -> Option<Run> {
    let traces = each_seed(seeds, |seed| outage::run(&fleet, seed, step));
    let figures = traces.iter().map(|trace| trace.figures(&fleet)).collect();
    let trace = traces.into_iter().next()?;
    Some(Run { label: label.to_owned(), fleet, trace, figures })
}

fn herd_picture() -> Result<String, InvalidPolicy> {
    const CLIENTS: u32 = 1_000;
    let mut runs = Vec::new();
    for (name, jitter) in [
        ("no jitter", Jitter::None),
        ("equal jitter", Jitter::Equal),
        ("full jitter", Jitter::Full),
        ("decorrelated", Jitter::Decorrelated),
    ] {
        let policy = Policy::exponential().jitter(jitter).max_attempts(5).try_build()?;
        runs.push((name.to_owned(), herd::run(&Herd { clients: CLIENTS, policy }, 1)));
    }
    Ok(crate::herd::draw(CLIENTS, &runs))
}

fn schedule_picture() -> String {
    crate::schedule::draw(&Policy::exponential().max_attempts(7).build(), "full jitter")
}

fn fleets_picture() -> String {
    let kinds = [
        ("no retries", Retries::None),
        ("no budget", Retries::Unguarded),
        ("10 tokens each", Retries::Capacity(10)),
        ("default budgets", Retries::Fitted),
    ];
    let lines = kinds.map(|(label, retries)| {
        let points = [10, 100, 1_000, 3_000, 10_000, 30_000].map(|clients| {
            let fleet = sizes::fleet(clients, 0.8, retries.policy().build(), retries.guard(), WARM_UP, SETTLE);
            let recoveries = each_seed(SEEDS, |seed| outage::run(&fleet, seed, &|| ()).figures(&fleet).recovery);
            let recovered: Vec<f64> = recoveries.iter().flatten().copied().collect();
            (clients, (recovered.len() == recoveries.len()).then(|| Summary::of(recovered).mean))
        });
        Line { label: label.to_owned(), load: 0.8, points: points.into() }
    });
    crate::fleets::draw(&lines)
}
