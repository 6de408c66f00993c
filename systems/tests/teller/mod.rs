//! A client that counts in PostgreSQL, one transaction and one idempotency key for each increment.

use std::sync::Arc;
use std::time::Duration;

use backoff_core::{Classify, Fault, FaultKind, retry};
use backoff_systems::ledger;
use backoff_systems::postgres::connect;
use backoff_systems::recipes::of_postgres;
use thiserror::Error;
use tokio_postgres::{Client, Config};

use crate::journal::{HASTY, Journal, PATIENT};

/// A failed attempt: how far it had come decides what a lost connection means.
#[derive(Debug, Error, Classify)]
pub(crate) enum Failure {
    #[error("before COMMIT: {0}")]
    #[classify(with = before_commit)]
    Work(#[from] tokio_postgres::Error),
    #[error("in COMMIT: {0}")]
    #[classify(with = of_postgres)]
    Commit(tokio_postgres::Error),
}

/// Without COMMIT the server rolls back, whatever was lost.
fn before_commit(error: &tokio_postgres::Error) -> Fault {
    let fault = of_postgres(error);
    match fault.kind() {
        FaultKind::Ambiguous => Fault::from(fault.not_before()),
        _ => fault,
    }
}

/// A client with a connection of its own, which it makes anew when it is lost.
pub(crate) struct Teller {
    config: Config,
    client: Client,
    name: u32,
    row: i32,
    calls: u32,
    journal: Arc<Journal>,
}

impl Teller {
    pub(crate) async fn connect(config: Config, name: u32, row: i32, journal: Arc<Journal>) -> Result<Self, Failure> {
        let client = connect(&config).await?;
        Ok(Self { config, client, name, row, calls: 0, journal })
    }

    /// Counts until the load is over.
    pub(crate) async fn work(mut self, is_patient: bool) {
        while !self.journal.is_over() {
            let result = if is_patient { self.increment().await } else { self.increment_in_haste().await };
            match result {
                Ok(key) => self.journal.confirmed(self.name, key),
                // The journal knows it. Without a pause, those in haste would only give up during an outage.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Adds one to the row; returns the key of the increment.
    #[retry(
        policy = PATIENT,
        idempotent,
        once(key = self.new_key()),
        before_retry = self.reconnect().await?,
        on_retry = |event| self.journal.retry(key, &PATIENT, event, Failure::classify),
        on_give_up = |event| self.journal.gave_up(key, true, event, Failure::classify),
    )]
    async fn increment(&mut self) -> Result<String, Failure> {
        self.attempt(key).await?;
        Ok(key.clone())
    }

    /// Adds one to the row, or gives up after the second attempt, or after one of which it cannot know.
    #[retry(
        policy = HASTY,
        once(key = self.new_key()),
        before_retry = self.reconnect().await?,
        on_retry = |event| self.journal.retry(key, &HASTY, event, Failure::classify),
        on_give_up = |event| self.journal.gave_up(key, false, event, Failure::classify),
    )]
    async fn increment_in_haste(&mut self) -> Result<String, Failure> {
        self.attempt(key).await?;
        Ok(key.clone())
    }

    async fn attempt(&mut self, key: &str) -> Result<(), Failure> {
        let transaction = ledger::begin(&mut self.client).await?;
        if ledger::claim(&transaction, key).await? {
            ledger::read_and_write(&transaction, self.row).await?;
        }
        transaction.commit().await.map_err(Failure::Commit)
    }

    fn new_key(&mut self) -> String {
        self.calls += 1;
        format!("{}/{}", self.name, self.calls)
    }

    async fn reconnect(&mut self) -> Result<(), Failure> {
        if self.client.is_closed() {
            self.client = connect(&self.config).await?;
            self.journal.reconnected(self.name);
        }
        Ok(())
    }
}
