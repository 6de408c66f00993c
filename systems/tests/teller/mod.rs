//! A client that counts in PostgreSQL, one transaction and one idempotency key for each increment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use backoff_core::{Classify, Fault, GiveUpEvent, RetryEvent, StopReason, retry};
use backoff_systems::ledger;
use backoff_systems::postgres::connect;
use backoff_systems::recipes::of_postgres;
use thiserror::Error;
use tokio_postgres::{Client, Config};

pub(crate) const MAX_DELAY: Duration = Duration::from_millis(250);

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
    match of_postgres(error) {
        Fault::Ambiguous => Fault::Transient,
        other => other,
    }
}

/// A call that gave up.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) key: String,
    pub(crate) was_patient: bool,
    pub(crate) reason: StopReason,
    pub(crate) attempts: u32,
    pub(crate) last: String,
    /// Whether an attempt of it may have been committed.
    pub(crate) may_have_acted: bool,
}

/// What the clients believe.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) is_over: AtomicBool,
    confirmed: Mutex<BTreeSet<String>>,
    gave_up: Mutex<Vec<End>>,
    retries: Mutex<Vec<Duration>>,
    ambiguous: Mutex<BTreeSet<String>>,
    reconnects: Mutex<BTreeMap<u32, u32>>,
}

impl Log {
    pub(crate) fn confirmed(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.confirmed.lock().unwrap()
    }

    pub(crate) fn gave_up(&self) -> MutexGuard<'_, Vec<End>> {
        self.gave_up.lock().unwrap()
    }

    /// Returns the delays of all retries.
    pub(crate) fn retries(&self) -> MutexGuard<'_, Vec<Duration>> {
        self.retries.lock().unwrap()
    }

    /// Returns how often a client has made its connection anew.
    pub(crate) fn reconnects(&self, name: u32) -> u32 {
        self.reconnects.lock().unwrap().get(&name).copied().unwrap_or_default()
    }

    /// Returns the number of increments whose answer to COMMIT was lost.
    pub(crate) fn ambiguous(&self) -> usize {
        self.ambiguous.lock().unwrap().len()
    }

    fn failed(&self, key: &str, event: &RetryEvent<'_, Failure>) {
        self.retries().push(event.delay());
        self.look(key, event.error());
    }

    fn ended(&self, key: &str, was_patient: bool, event: &GiveUpEvent<'_, Failure>) {
        self.look(key, event.error());
        let may_have_acted = self.ambiguous.lock().unwrap().contains(key);
        let last = event.error().map(ToString::to_string).unwrap_or_default();
        let (reason, attempts) = (event.reason(), event.attempts());
        self.gave_up().push(End { key: key.to_owned(), was_patient, reason, attempts, last, may_have_acted });
    }

    fn look(&self, key: &str, error: Option<&Failure>) {
        if error.is_some_and(|error| error.classify() == Fault::Ambiguous) {
            self.ambiguous.lock().unwrap().insert(key.to_owned());
        }
    }
}

/// A client with a connection of its own, which it makes anew when it is lost.
pub(crate) struct Teller {
    config: Config,
    client: Client,
    name: u32,
    row: i32,
    calls: u32,
    log: Arc<Log>,
}

impl Teller {
    pub(crate) async fn connect(config: Config, name: u32, row: i32, log: Arc<Log>) -> Result<Self, Failure> {
        let client = connect(&config).await?;
        Ok(Self { config, client, name, row, calls: 0, log })
    }

    /// Counts until the load is over.
    pub(crate) async fn work(mut self, is_patient: bool) {
        while !self.log.is_over.load(Ordering::Relaxed) {
            let result = if is_patient { self.increment().await } else { self.increment_in_haste().await };
            match result {
                Ok(key) => assert!(self.log.confirmed().insert(key), "a key was used twice"),
                // The log knows it. Without a pause, those in haste would only give up during an outage.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Adds one to the row; returns the key of the increment.
    #[retry(
        max_elapsed = "60s",
        initial_delay = "5ms",
        max_delay = MAX_DELAY,
        idempotent,
        once(key = self.new_key()),
        before_retry = self.reconnect().await?,
        on_retry = |event| self.log.failed(key, event),
        on_give_up = |event| self.log.ended(key, true, event),
    )]
    async fn increment(&mut self) -> Result<String, Failure> {
        self.attempt(key).await?;
        Ok(key.clone())
    }

    /// Adds one to the row, or gives up after the second attempt, or after one of which it cannot know.
    #[retry(
        max_attempts = 2,
        delay = "2ms",
        once(key = self.new_key()),
        before_retry = self.reconnect().await?,
        on_retry = |event| self.log.failed(key, event),
        on_give_up = |event| self.log.ended(key, false, event),
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
            *self.log.reconnects.lock().unwrap().entry(self.name).or_default() += 1;
        }
        Ok(())
    }
}
