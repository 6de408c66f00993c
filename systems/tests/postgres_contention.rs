//! Many clients read and write one row of PostgreSQL in serializable transactions; `#[retry]` makes each increment
//! arrive.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backoff_core::{RetryEvent, StopReason, retry};
use backoff_systems::ledger::{self, Ledger};
use backoff_systems::postgres::Postgres;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

const MAX_DELAY: Duration = Duration::from_millis(100);

/// The code and the delay of every retry.
#[derive(Debug, Default)]
struct Retries(Mutex<Vec<(SqlState, Duration)>>);

impl Retries {
    fn note(&self, event: &RetryEvent<'_, Error>) {
        let code = event.error().and_then(Error::code).expect("only errors with a code are retried").clone();
        self.0.lock().expect("no client has panicked").push((code, event.delay()));
    }
}

fn is_conflict(error: &Error) -> bool {
    matches!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}

/// Adds one to the row, in a transaction that is begun anew by each attempt.
#[retry(
    max_elapsed = "2m",
    initial_delay = "2ms",
    max_delay = MAX_DELAY,
    when = is_conflict,
    on_retry = |event| retries.note(event),
)]
async fn increment(client: &mut Client, key: &str, retries: &Retries) -> Result<(), Error> {
    let transaction = ledger::begin(client).await?;
    ledger::read_and_write(&transaction, 0).await?;
    transaction.execute("INSERT INTO increments VALUES ($1)", &[&key]).await?;
    transaction.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_update_is_lost_between_10_30_and_100_clients() -> Result<(), Box<dyn std::error::Error>> {
    let server = Postgres::start()?;
    let observer = server.connect().await?;
    for (clients, each) in [(10, 12), (30, 4), (100, 1)] {
        Ledger::create(&observer, 1).await?;
        let retries = Arc::new(Retries::default());
        let mut tasks = Vec::new();
        for name in 0..clients {
            let mut client = server.connect().await?;
            let retries = retries.clone();
            tasks.push(tokio::spawn(async move {
                let mut keys = Vec::new();
                for number in 0..each {
                    let key = format!("{name}/{number}");
                    increment(&mut client, &key, &retries).await?;
                    keys.push(key);
                }
                Ok::<_, Error>(keys)
            }));
        }
        let mut succeeded = BTreeSet::new();
        for task in tasks {
            succeeded.extend(task.await??);
        }

        let ledger = Ledger::read(&observer).await?;
        assert_eq!(succeeded.len(), clients * each);
        assert_eq!(ledger.values, [i64::try_from(succeeded.len())?], "an update was lost, or made twice");
        assert_eq!(ledger.keys, succeeded);
        let retries = retries.0.lock().unwrap();
        // All of them read the same row at the same time: a server that lets all pass would not be serializable.
        assert!(!retries.is_empty());
        for (code, delay) in retries.iter() {
            assert!(*code == SqlState::T_R_SERIALIZATION_FAILURE, "{code:?}");
            assert!(*delay <= MAX_DELAY, "{delay:?}");
        }
        println!("{clients} clients: {} increments, {} retries", succeeded.len(), retries.len());
    }
    Ok(())
}

#[tokio::test]
async fn another_error_of_the_server_ends_the_call_at_once() -> Result<(), Box<dyn std::error::Error>> {
    #[retry(max_attempts = 5, when = is_conflict, on_give_up = |event| ends.push((event.reason(), event.attempts())))]
    async fn insert(client: &Client, key: &str, ends: &mut Vec<(StopReason, u32)>) -> Result<u64, Error> {
        client.execute("INSERT INTO increments VALUES ($1)", &[&key]).await
    }

    let server = Postgres::start()?;
    let client = server.connect().await?;
    Ledger::create(&client, 1).await?;
    let mut ends = Vec::new();
    insert(&client, "one", &mut ends).await?;
    let error = insert(&client, "one", &mut ends).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION));
    assert_eq!(ends, [(StopReason::Permanent, 1)]);
    assert_eq!(Ledger::read(&client).await?.keys.len(), 1);
    Ok(())
}
