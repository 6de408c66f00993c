//! The effect of retries on a server that many clients share, in virtual time: `cargo run --release --example storm --
//! --help`.
//!
//! Policies, jitter, the decision after each failure and budgets are the library's own. Clients, network and server are
//! simulated, so that two minutes of ten thousand clients take seconds. `storm verify` compares the results with the
//! figures of published experiments.

mod args;

mod fleets;
mod report;
mod scenarios;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Output, Scenario};

fn main() -> ExitCode {
    let Args { scenario, output } = Args::parse();
    run(&scenario, &output).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn run(scenario: &Scenario, output: &Output) -> Result<ExitCode, Box<dyn Error>> {
    match scenario {
        Scenario::Schedule(args) => scenarios::schedule(args, output)?,
        Scenario::Occ(args) => scenarios::contention(args, output)?,
        Scenario::Herd(args) => scenarios::herd(args, output)?,
        Scenario::Outage(args) => scenarios::outage(args, output)?,
        Scenario::Fleets(args) => fleets::fleets(args, output)?,
        Scenario::Layers(args) => scenarios::layers(args, output)?,
        Scenario::Verify(args) => return scenarios::verify(args, output),
    }
    Ok(ExitCode::SUCCESS)
}
