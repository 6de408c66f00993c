//! Starts and stops a server for interactive use: `systems/server postgres start DIRECTORY`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use backoff_systems::ServerError;
use backoff_systems::postgres::Postgres;
use backoff_systems::redis::Redis;
use clap::{Parser, ValueEnum};

/// Starts or stops a server on loopback that keeps its files in a directory of its own.
#[derive(Debug, Parser)]
#[command(name = "server")]
struct Args {
    server: Server,
    action: Action,
    /// Made by `start` where it does not exist; `stop` leaves it.
    directory: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Server {
    Postgres,
    Redis,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Action {
    /// Prints the URL of the server.
    Start,
    Stop,
}

fn main() -> ExitCode {
    let Args { server, action, directory } = Args::parse();
    match run(server, action, &directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(server: Server, action: Action, directory: &Path) -> Result<(), ServerError> {
    match (action, server) {
        (Action::Start, Server::Postgres) => println!("{}", Postgres::leave_running(directory)?),
        (Action::Start, Server::Redis) => println!("{}", Redis::leave_running(directory)?),
        (Action::Stop, Server::Postgres) => Postgres::stop_in(directory)?,
        (Action::Stop, Server::Redis) => Redis::stop_in(directory)?,
    }
    Ok(())
}
