//! Clients of a real server that each write one row once, all at the same time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backoff_core::{Policy, retry};
use backoff_systems::ledger::Ledger;
use backoff_systems::postgres::Postgres;
use backoff_systems::recipes::of_postgres;
use tokio::sync::Barrier;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Statement};

use crate::Result;
use crate::network::Network;
use crate::strategy::Strategy;
use simulator::engine::Dice;

/// One run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) clients: u32,
    pub(crate) strategy: Strategy,
    pub(crate) network: Network,
}

/// The cost of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Attempts for each increment.
    pub(crate) attempts: f64,
    /// The time until the last client was done.
    pub(crate) time: Duration,
}

/// A connection, and the statements that are prepared on it.
struct Writer {
    client: Client,
    network: Network,
    dice: Dice,
    attempts: u32,
    read: Statement,
    write: Statement,
}

impl Writer {
    async fn connect(server: &Postgres, network: Network, seed: u64) -> Result<Self, Error> {
        let client = server.connect().await?;
        let read = client.prepare("SELECT value FROM counters WHERE id = 0").await?;
        let write = client.prepare("UPDATE counters SET value = $1 WHERE id = 0").await?;
        Ok(Self { client, network, dice: Dice::new(seed), attempts: 0, read, write })
    }

    /// Reads the row, and writes it: two messages to the server and two replies, as in the simulator.
    #[retry(policy = policy, when = of_postgres)]
    async fn increment(&mut self, policy: Policy) -> Result<(), Error> {
        self.attempts += 1;
        self.network.pass(&mut self.dice, 1).await;
        let ((), row) = tokio::try_join!(
            biased;
            self.client.batch_execute("BEGIN ISOLATION LEVEL SERIALIZABLE"),
            self.client.query_one(&self.read, &[]),
        )?;
        let next = row.try_get::<_, i64>(0)? + 1;
        self.network.pass(&mut self.dice, 2).await;
        let values: [&(dyn ToSql + Sync); 1] = [&next];
        let (write, commit) = tokio::join!(
            biased;
            self.client.execute(&self.write, &values),
            self.client.batch_execute("COMMIT"), // rolls back what the server refused
        );
        self.network.pass(&mut self.dice, 1).await;
        write?;
        commit
    }
}

impl Load {
    /// Runs the clients, and checks that every increment is in the database.
    pub(crate) async fn run(self, server: &Postgres, round: u32) -> Result<Outcome> {
        let observer = server.connect().await?;
        Ledger::create(&observer, 1).await?;
        let start = Arc::new(Barrier::new(self.clients as usize));
        let policy = self.strategy.policy(1.0);
        let mut tasks = Vec::new();
        for client in 0..self.clients {
            let seed = u64::from(round) * 1_000 + u64::from(client);
            let mut writer = Writer::connect(server, self.network, seed).await?;
            let start = start.clone();
            tasks.push(tokio::spawn(async move {
                start.wait().await;
                let started = Instant::now();
                writer.increment(policy).await?;
                Ok::<_, Error>((writer.attempts, started.elapsed()))
            }));
        }
        let (mut attempts, mut time) = (0, Duration::ZERO);
        for task in tasks {
            let (made, elapsed) = task.await??;
            attempts += made;
            time = time.max(elapsed);
        }
        let total = Ledger::read(&observer).await?.total();
        if total != i64::from(self.clients) {
            return Err(format!("{} increments left the row at {total}", self.clients).into());
        }
        Ok(Outcome { attempts: f64::from(attempts) / f64::from(self.clients), time })
    }
}

/// Returns the one-way time of the network and the server's own time: a quarter of an attempt by a client that is
/// alone.
pub(crate) async fn measure_hop(server: &Postgres, network: Network) -> Result<Duration> {
    const INCREMENTS: u32 = 50;

    Ledger::create(&server.connect().await?, 1).await?;
    let mut writer = Writer::connect(server, network, 0).await?;
    let policy = Policy::default();
    writer.increment(policy).await?; // caches are filled by the first
    let started = Instant::now();
    for _ in 0..INCREMENTS {
        writer.increment(policy).await?;
    }
    Ok(started.elapsed() / (4 * INCREMENTS))
}
