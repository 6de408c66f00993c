//! PostgreSQL is stopped, killed and started again while many clients write: nothing that was committed is lost or made
//! twice.

mod journal;
mod teller;

use std::error::Error;
use std::sync::Arc;

use backoff_systems::ServerError;
use backoff_systems::ledger::Ledger;
use backoff_systems::postgres::Postgres;

use journal::Journal;
use teller::Teller;

const STEADY: u32 = 16;
const HURRIED: u32 = 4;
const ROWS: i32 = 8;
const OUTAGES: u32 = 3;

/// Runs the load through outages that are begun by `fail`, and compares what the clients believe with what the server
/// holds.
async fn survive(fail: fn(&mut Postgres) -> Result<(), ServerError>) -> Result<(), Box<dyn Error>> {
    let mut server = Postgres::start()?;
    Ledger::create(&server.connect().await?, ROWS).await?;
    let journal = Arc::new(Journal::default());
    let mut tasks = Vec::new();
    for name in 0..STEADY + HURRIED {
        let teller = Teller::connect(server.config(), name, i32::try_from(name)? % ROWS, journal.clone()).await?;
        tasks.push(tokio::spawn(teller.work(name < STEADY)));
    }
    tokio::task::block_in_place(|| journal.lead_through(OUTAGES, STEADY, &mut server, fail, Postgres::start_again));
    for task in tasks {
        task.await?;
    }

    let ledger = Ledger::read(&server.connect().await?).await?;
    journal.compare(ledger.total(), &ledger.keys);
    journal.assert_reconnected(0..STEADY, OUTAGES);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_survive_fast_shutdowns() -> Result<(), Box<dyn Error>> {
    survive(Postgres::stop).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_survive_sigkill() -> Result<(), Box<dyn Error>> {
    survive(Postgres::kill).await
}
