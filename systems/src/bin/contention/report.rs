//! The table.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::load::Outcome;
use crate::network::Network;
use crate::strategy::Strategy;
use simulator::statistics::{Summary, count};

/// All runs over one network.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) network: Network,
    /// The measured one-way time of the network.
    pub(crate) hop: Duration,
    pub(crate) points: Vec<Point>,
}

/// The runs of one strategy with one number of clients.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) clients: u32,
    pub(crate) strategy: Strategy,
    /// The means of the measured values.
    pub(crate) measured: Outcome,
    pub(crate) predicted: Outcome,
}

impl Point {
    pub(crate) fn new(clients: u32, strategy: Strategy, runs: &[Outcome], predicted: Outcome) -> Self {
        let attempts = Summary::of(runs.iter().map(|run| run.attempts)).mean;
        let time = Duration::from_secs_f64(
            runs.iter().map(|run| run.time.as_secs_f64()).sum::<f64>() / count(runs.len()).max(1.0),
        );
        Self { clients, strategy, measured: Outcome { attempts, time }, predicted }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is, expected) = (&self.measured, &self.predicted);
        let (time, expected_time) = (is.time.as_secs_f64(), expected.time.as_secs_f64());
        write!(f, "{:.1} attempts ({:.1}), {time:.2} s ({expected_time:.2})", is.attempts, expected.attempts)
    }
}

/// Returns all runs as a page.
pub(crate) fn text(panels: &[Panel], rounds: u32) -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!(
        "# Contention for one row of PostgreSQL

Written by `cargo run --release -p backoff-systems --bin contention -- --write docs`.

Clients start together. Each adds one to the same row, in a serializable transaction that reads the row in one message and writes it in
another; `#[retry]` runs it again with a fresh transaction when the server answers `40001`. Delays grow from 10 ms to 2 s. The server is real,
with its defaults (each COMMIT is synced to disk), on a machine of {processors} processors that it shares with its clients, and its work is checked: after
every run the row holds the number of clients. Shown is the mean over {rounds} rounds.

In parentheses stands what the simulator (`tools/simulator`, with the library's own policies and decision) predicts. Its one parameter is the time
of one way between client and server: a quarter of an attempt by a client that is alone. Its server is never busy and tells a loser at once;
the real one makes writers of a row wait for each other, and has little to give on loopback when 100 clients ask at the same time. Both spread clients, as jitter would.
Without jitter one measurement differs from the next by half: clients that collide once go on colliding.

![Attempts for each write, and seconds until all are done, over the number of clients: jitter lowers both, and only the time is shorter without any delay](contention.svg)

The picture shows the slower network.
"
    );
    for panel in panels {
        let hop = panel.hop.as_secs_f64() * 1e3;
        let title =
            format!("\n## Over {}\n\nOne way takes {hop:.2} ms, the server's own part included.\n", panel.network);
        text.push_str(&title);
        let attempts = |outcome: &Outcome| format!("{:.1}", outcome.attempts);
        text.push_str(&table(panel, "attempts per increment", attempts));
        let time = |outcome: &Outcome| format!("{:.2}", outcome.time.as_secs_f64());
        text.push_str(&table(panel, "seconds until all are done", time));
    }
    text
}

fn table(panel: &Panel, title: &str, show: impl Fn(&Outcome) -> String) -> String {
    let mut columns: Vec<u32> = panel.points.iter().map(|point| point.clients).collect();
    columns.sort_unstable();
    columns.dedup();
    let mut text = format!("\n| {title} |");
    for clients in &columns {
        let _ = write!(text, " {clients} clients |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---:|".repeat(columns.len()));
    for strategy in Strategy::ALL {
        let _ = write!(text, "\n| {strategy} |");
        for point in panel.points.iter().filter(|point| point.strategy == strategy) {
            let _ = write!(text, " {} ({}) |", show(&point.measured), show(&point.predicted));
        }
    }
    text.push('\n');
    text
}
