//! A COMMIT that PostgreSQL carries out, and whose answer never comes.
//!
//! The server is set to wait for a standby that does not exist, so the transaction is on disk while the client still
//! waits. Then the server is killed.

use std::error::Error;
use std::time::Duration;

use backoff_core::{Policy, RetryError, StopReason, retry};
use backoff_systems::ledger::{self, Ledger};
use backoff_systems::postgres::{Postgres, connect};
use backoff_systems::recipes::of_postgres;
use tokio::task::{JoinHandle, block_in_place};
use tokio_postgres::{Client, Config};

type Lost = (StopReason, u32);

/// A client whose first COMMIT gets no answer; a connection that is made anew waits for no standby.
struct Teller {
    config: Config,
    client: Client,
    end: Option<Lost>,
}

impl Teller {
    async fn connect(server: &Postgres) -> Result<Self, tokio_postgres::Error> {
        let config = server.config();
        let client = connect(config.clone().options("-c synchronous_commit=on")).await?;
        Ok(Self { config, client, end: None })
    }

    /// The key distinguishes a repeated increment from a new one.
    #[retry(
        max_elapsed = "60s",
        max_delay = "200ms",
        when = of_postgres,
        idempotent,
        once(key = "the only one"),
        before_retry = self.reconnect().await?,
        on_recovered = |event| println!("recovered at attempt {}", event.attempts()),
    )]
    async fn increment_once(&mut self, row: i32) -> Result<(), tokio_postgres::Error> {
        let transaction = ledger::begin(&mut self.client).await?;
        if ledger::claim(&transaction, key).await? {
            ledger::read_and_write(&transaction, row).await?;
        }
        transaction.commit().await
    }

    /// Says that repeating does no harm, which is not true.
    #[retry(max_elapsed = "60s", max_delay = "200ms", when = of_postgres, idempotent, before_retry = self.reconnect().await?)]
    async fn increment_without_key(&mut self, row: i32) -> Result<(), tokio_postgres::Error> {
        let transaction = ledger::begin(&mut self.client).await?;
        ledger::read_and_write(&transaction, row).await?;
        transaction.commit().await
    }

    /// Says nothing of the kind.
    #[retry(
        max_elapsed = "60s",
        max_delay = "200ms",
        when = of_postgres,
        before_retry = self.reconnect().await?,
        or_else = |error| self.note(error),
    )]
    async fn increment(&mut self, row: i32) -> Result<(), tokio_postgres::Error> {
        let transaction = ledger::begin(&mut self.client).await?;
        ledger::read_and_write(&transaction, row).await?;
        transaction.commit().await
    }

    fn note(&mut self, error: RetryError<tokio_postgres::Error>) -> Result<(), tokio_postgres::Error> {
        self.end = Some((error.reason, error.attempts));
        Err(error.last)
    }

    async fn reconnect(&mut self) -> Result<(), tokio_postgres::Error> {
        if self.client.is_closed() {
            self.client = connect(&self.config).await?;
        }
        Ok(())
    }
}

/// Kills the server once the COMMIT of `task` is on disk and waits for its answer, and starts it again.
async fn lose_the_answer<R>(server: &mut Postgres, task: JoinHandle<R>) -> Result<R, Box<dyn Error>> {
    let observer = server.connect().await?;
    let policy = Policy::constant(Duration::from_millis(5)).max_elapsed(Duration::from_secs(30)).build();
    let waiting = policy
        .retry(|| observer.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'", &[]))
        .until(|rows| rows.len() == 1)
        .await?;
    assert_eq!(waiting.len(), 1, "no COMMIT waits");
    block_in_place(|| server.kill().and_then(|()| server.start_again()))?;
    Ok(task.await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_commit_is_ambiguous_and_a_key_makes_repeating_it_harmless() -> Result<(), Box<dyn Error>> {
    let mut server = Postgres::start()?;
    Ledger::create(&server.connect().await?, 3).await?;
    server.stop()?;
    server.configure("synchronous_standby_names = 'nobody'\nsynchronous_commit = local")?;
    server.start_again()?;

    let mut teller = Teller::connect(&server).await?;
    let task = tokio::spawn(async move { teller.increment(0).await.map_err(|_| teller.end) });
    // Not repeated, because it may have been carried out; and it was.
    assert_eq!(lose_the_answer(&mut server, task).await?, Err(Some((StopReason::Ambiguous, 1))));

    let mut teller = Teller::connect(&server).await?;
    let task = tokio::spawn(async move { teller.increment_without_key(1).await });
    lose_the_answer(&mut server, task).await??;

    let mut teller = Teller::connect(&server).await?;
    let task = tokio::spawn(async move { teller.increment_once(2).await });
    lose_the_answer(&mut server, task).await??;

    let ledger = Ledger::read(&server.connect().await?).await?;
    assert_eq!(ledger.values, [1, 2, 1], "carried out once; twice for want of a key; once thanks to it");
    Ok(())
}
