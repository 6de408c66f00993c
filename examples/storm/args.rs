//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use backoff_core::{InvalidPolicy, Jitter, Policy};
use clap::{Parser, Subcommand, ValueEnum, value_parser};

use simulator::guard::Deposit;
use simulator::server::Kind;

/// Simulates retries of many clients in virtual time.
#[derive(Debug, Parser)]
#[command(name = "storm")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Output {
    /// Writes the table as CSV into this file, too
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Draws schedule, herd, outage or fleets as SVG into this directory
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Shows the delays of a policy
    Schedule(ScheduleArgs),
    /// Clients that contend for one row with optimistic locking
    Occ(OccArgs),
    /// Clients that fail in the same instant, and come back
    Herd(HerdArgs),
    /// A server that fails for a while, with and without a budget
    Outage(OutageArgs),
    /// The same outage for fleets of few large and of many small clients
    Fleets(FleetsArgs),
    /// Retries inside retries
    Layers(LayersArgs),
    /// Compares with published figures; fails when one is missed
    Verify(VerifyArgs),
}

/// The policy of every client; what is not given has the scenario's default.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct PolicyArgs {
    /// Attempts per request, the first included
    #[arg(long)]
    pub(crate) attempts: Option<u32>,
    /// Base delay of the first retry
    #[arg(long, value_parser = humantime::parse_duration)]
    pub(crate) initial_delay: Option<Duration>,
    /// Growth of the base delay per retry
    #[arg(long)]
    pub(crate) multiplier: Option<f64>,
    /// Longest delay
    #[arg(long, value_parser = humantime::parse_duration)]
    pub(crate) max_delay: Option<Duration>,
    /// none, full, equal, decorrelated, or a factor such as 0.2
    #[arg(long, value_parser = jitter)]
    pub(crate) jitter: Option<Jitter>,
}

impl PolicyArgs {
    /// Returns the policy; without `attempts` it has `default_attempts`, or no limit.
    pub(crate) fn policy(&self, default_attempts: Option<u32>) -> Result<Policy, InvalidPolicy> {
        let mut builder = Policy::exponential().idempotent();
        if let Some(delay) = self.initial_delay {
            builder = builder.initial_delay(delay);
        }
        if let Some(multiplier) = self.multiplier {
            builder = builder.multiplier(multiplier);
        }
        if let Some(cap) = self.max_delay {
            builder = builder.max_delay(cap);
        }
        if let Some(jitter) = self.jitter {
            builder = builder.jitter(jitter);
        }
        match self.attempts.or(default_attempts) {
            Some(attempts) => builder.max_attempts(attempts).try_build(),
            None => builder.forever().try_build(),
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct ScheduleArgs {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct OccArgs {
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    pub(crate) clients: u32,
    /// Without `--jitter`, all kinds are compared; 10 ms and at most 2 s unless said otherwise
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct HerdArgs {
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u32).range(1..))]
    pub(crate) clients: u32,
    /// Without `--jitter`, all kinds are compared; 5 attempts unless said otherwise
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct OutageArgs {
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u32).range(1..))]
    pub(crate) clients: u32,
    /// Requests that the server does per second
    #[arg(long, default_value_t = 1_000.0, value_parser = positive)]
    pub(crate) capacity: f64,
    /// Requests of all clients, as a part of the capacity
    #[arg(long, default_value_t = 0.8, value_parser = positive)]
    pub(crate) load: f64,
    #[arg(long, value_enum, default_value_t = OutageKind::Stall)]
    pub(crate) kind: OutageKind,
    /// When the outage starts
    #[arg(long, value_parser = humantime::parse_duration, default_value = "20s")]
    pub(crate) starts: Duration,
    /// Length of the outage
    #[arg(long, value_parser = humantime::parse_duration, default_value = "30s")]
    pub(crate) lasts: Duration,
    /// Time that the run continues after the outage
    #[arg(long, value_parser = humantime::parse_duration, default_value = "70s")]
    pub(crate) settle: Duration,
    /// Time that a client waits for an answer
    #[arg(long, value_parser = humantime::parse_duration, default_value = "1s")]
    pub(crate) timeout: Duration,
    /// The most work that waits at the server; more is refused
    #[arg(long, value_parser = humantime::parse_duration, default_value = "2s")]
    pub(crate) queue: Duration,
    /// 3 attempts by default
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// The part of a token that pays for a retry
    #[arg(long, default_value_t = 0.1)]
    pub(crate) budget_ratio: f64,
    /// A fixed capacity; without it, the capacity fits each client
    #[arg(long)]
    pub(crate) budget_capacity: Option<u32>,
    /// Source of deposits: successes, as in the library, or every request
    #[arg(long, value_enum, default_value_t = DepositRule::Success)]
    pub(crate) deposit: DepositRule,
    /// Also compares a circuit breaker that opens for 5 s after this many failures in a row
    #[arg(long, value_name = "FAILURES")]
    pub(crate) breaker: Option<u32>,
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct FleetsArgs {
    /// Numbers of clients; may be repeated
    #[arg(long, default_values_t = [10, 100, 1_000, 3_000, 10_000, 30_000], value_parser = value_parser!(u32).range(1..))]
    pub(crate) clients: Vec<u32>,
    /// Requests of all clients, as parts of the capacity of 1,000 requests per second; may be repeated
    #[arg(long, default_values_t = [0.8, 0.95], value_parser = positive)]
    pub(crate) load: Vec<f64>,
    /// The fixed capacity to compare with
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) budget_capacity: u32,
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OutageKind {
    /// The server stops, and requests queue up
    Stall,
    /// The server answers every request with an error
    Refuse,
}

impl From<OutageKind> for Kind {
    fn from(kind: OutageKind) -> Self {
        match kind {
            OutageKind::Stall => Self::Stall,
            OutageKind::Refuse => Self::Refuse,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DepositRule {
    Success,
    Request,
}

impl From<DepositRule> for Deposit {
    fn from(rule: DepositRule) -> Self {
        match rule {
            DepositRule::Success => Self::Success,
            DepositRule::Request => Self::Request,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct LayersArgs {
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u32).range(1..=8))]
    pub(crate) layers: u32,
    /// Chances that the bottom call fails; may be repeated
    #[arg(long, default_values_t = [0.1, 0.5, 0.9, 1.0], value_parser = chance)]
    pub(crate) failure_rate: Vec<f64>,
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=10_000_000))]
    pub(crate) requests: u32,
    /// 3 attempts by default
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Gives each layer a budget whose capacity fits its client
    #[arg(long)]
    pub(crate) budget: bool,
    /// Gives each layer a budget with this capacity
    #[arg(long)]
    pub(crate) budget_capacity: Option<u32>,
    /// The time from one request to the next
    #[arg(long, value_parser = humantime::parse_duration, default_value = "100ms")]
    pub(crate) gap: Duration,
    #[arg(long, default_value_t = 0.1)]
    pub(crate) budget_ratio: f64,
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Seeds of each row; below 20 the wider bands for single runs hold
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
}

fn jitter(text: &str) -> Result<Jitter, String> {
    match text {
        "none" => Ok(Jitter::None),
        "full" => Ok(Jitter::Full),
        "equal" => Ok(Jitter::Equal),
        "decorrelated" => Ok(Jitter::Decorrelated),
        factor => factor.parse().map(Jitter::Factor).map_err(|_| {
            format!("`{factor}` is no jitter; use none, full, equal, decorrelated, or a factor such as 0.2")
        }),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.001..=1e9).contains(number));
    number.ok_or_else(|| format!("`{text}` is no number in 0.001..=1e9"))
}

fn chance(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| format!("`{text}` is no number in 0.0..=1.0"))
}
