//! The cost of each jitter on a contended row of PostgreSQL, compared with the prediction of the simulator.
//!
//! `cargo run --release -p backoff-systems --bin contention -- --write docs` measures, prints the table, and writes it
//! with a chart.

mod load;
mod network;
mod prediction;
mod report;
mod strategy;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use backoff_systems::ServerError;
use backoff_systems::postgres::Postgres;
use clap::Parser;

use crate::load::Load;
use crate::network::Network;
use crate::report::{Panel, Point};
use crate::strategy::Strategy;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Measures attempts and time of clients that contend for one row of a real PostgreSQL.
#[derive(Debug, Parser)]
struct Args {
    /// Numbers of clients that write at once, one run for each number.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 20, 40, 60, 80, 100])]
    clients: Vec<u32>,
    /// Number of repetitions of each run; the means are shown.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// The directory into which `contention.md` and `contention.svg` are written.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    let run = || {
        let args = Args::parse();
        tokio::runtime::Runtime::new()?.block_on(measure(&args))
    };
    run().map_or_else(
        |error: Box<dyn Error>| {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

/// Starts a server that syncs each COMMIT to disk, as by default.
fn start() -> Result<Postgres, ServerError> {
    let mut server = Postgres::start()?;
    server.configure("fsync = on")?;
    server.stop()?;
    server.start_again()?;
    Ok(server)
}

async fn measure(args: &Args) -> Result<()> {
    let server = tokio::task::spawn_blocking(start).await??;
    let networks = [Network::new(Duration::from_millis(10)), Network::new(Duration::ZERO)];
    let mut panels = Vec::new();
    for network in networks {
        let hop = load::measure_hop(&server, network).await?;
        eprintln!("{network}: one way takes {:.3} ms", hop.as_secs_f64() * 1e3);
        let mut points = Vec::new();
        for strategy in Strategy::ALL {
            for &clients in &args.clients {
                let load = Load { clients, strategy, network };
                let mut measured = Vec::new();
                for round in 0..args.rounds {
                    measured.push(load.run(&server, round).await?);
                }
                let point = Point::new(clients, strategy, &measured, prediction::mean(clients, strategy, hop));
                eprintln!("{strategy}, {clients} clients: {point}");
                points.push(point);
            }
        }
        panels.push(Panel { network, hop, points });
    }
    let text = report::text(&panels, args.rounds);
    println!("{text}");
    if let Some(directory) = &args.write {
        fs::write(directory.join("contention.svg"), charts::contention::draw(&text)?)?;
        fs::write(directory.join("contention.md"), text)?;
    }
    Ok(())
}
