//! Many writers on one `SQLite` file, and the effect of each kind of jitter: `cargo run --example sqlite`.
//!
//! Every writer has its own connection, which never waits for a lock. An increment reads the counter, adds 1, and
//! writes it back, in one transaction. When `SQLite` reports "busy", `#[retry]` repeats the whole transaction. The same
//! load runs once for each policy. At the end of each run the program checks that no increment was lost and none was
//! made twice. Without any delay the writers keep each other busy, because each holds locks that the others need; some
//! give up.

mod counter;
mod load;

use std::error::Error;
use std::time::Duration;

use backoff_core::{Jitter, Policy, PolicyBuilder};
use clap::Parser;

use self::load::Load;

/// Many writers on one `SQLite` file, once for each kind of jitter.
#[derive(Debug, Parser)]
struct Args {
    /// Number of threads that write, each with a separate connection
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    writers: u32,
    /// Number of increments of each thread
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    increments: u32,
}

/// From 1 ms, doubled each time, to 20 ms; a slow disk may need some of the ten seconds.
const GROWING: PolicyBuilder = Policy::exponential()
    .initial_delay(Duration::from_millis(1))
    .max_delay(Duration::from_millis(20))
    .max_elapsed(Duration::from_secs(10));

const POLICIES: [(&str, Policy); 5] = [
    ("no delay at all", Policy::constant(Duration::ZERO).max_elapsed(Duration::from_secs(2)).build()),
    ("jitter = none", GROWING.jitter(Jitter::None).build()),
    ("jitter = equal", GROWING.jitter(Jitter::Equal).build()),
    ("jitter = full", GROWING.jitter(Jitter::Full).build()),
    ("jitter = decorrelated", GROWING.jitter(Jitter::Decorrelated).build()),
];

fn main() -> Result<(), Box<dyn Error>> {
    let Args { writers, increments } = Args::parse();
    println!("{writers} writers increment one counter {increments} times each\n");
    let titles = ["attempts per call", "most attempts", "longest call", "gave up", "total time"];
    row("", titles.map(String::from));
    for (name, policy) in POLICIES {
        let load = Load::run(policy, writers, increments)?;
        let cells = [
            format!("{:.2}", load.attempts_per_call()),
            load.most_attempts.to_string(),
            seconds(load.longest_call),
            load.gave_up.to_string(),
            seconds(load.total_time),
        ];
        row(name, cells);
    }
    println!("\nin every run each increment that succeeded is there, and none is there twice");
    Ok(())
}

fn row(name: &str, cells: [String; 5]) {
    println!("{name:<22}{}", cells.map(|cell| format!("  {cell:>17}")).concat());
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}
