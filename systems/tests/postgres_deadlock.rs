//! Two transactions of PostgreSQL that lock two rows in opposite order: one of them fails with `40P01`, and `#[retry]`
//! runs it again.

use std::sync::{Arc, Mutex};

use backoff_core::retry;
use backoff_systems::ledger::Ledger;
use backoff_systems::postgres::Postgres;
use backoff_systems::recipes::of_postgres;
use tokio::sync::Barrier;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

/// The meeting point of two transfers in opposite directions, and the errors that they retried.
#[derive(Debug)]
struct Meeting {
    both_hold_a_row: Barrier,
    codes: Mutex<Vec<SqlState>>,
}

impl Meeting {
    fn note(&self, error: Option<&Error>) {
        let code = error.and_then(Error::code).expect("only errors with a code are retried");
        self.codes.lock().expect("no client has panicked").push(code.clone());
    }
}

/// Moves one from a row to another, and locks them in this order.
#[retry(
    max_elapsed = "60s",
    initial_delay = "1ms",
    when = of_postgres,
    attempt = ctx,
    on_retry = |event| meeting.note(event.error()),
)]
async fn transfer(client: &mut Client, from: i32, to: i32, meeting: &Meeting) -> Result<(), Error> {
    let transaction = client.transaction().await?;
    transaction.execute("UPDATE counters SET value = value - 1 WHERE id = $1", &[&from]).await?;
    if ctx.number() == 1 {
        meeting.both_hold_a_row.wait().await;
    }
    transaction.execute("UPDATE counters SET value = value + 1 WHERE id = $1", &[&to]).await?;
    transaction.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_victim_of_each_deadlock_is_run_again() -> Result<(), Box<dyn std::error::Error>> {
    const PAIRS: i32 = 8;

    let server = Postgres::start()?;
    let observer = server.connect().await?;
    Ledger::create(&observer, 2 * PAIRS).await?;
    let mut meetings = Vec::new();
    let mut tasks = Vec::new();
    for pair in 0..PAIRS {
        let meeting = Arc::new(Meeting { both_hold_a_row: Barrier::new(2), codes: Mutex::default() });
        for (from, to) in [(2 * pair, 2 * pair + 1), (2 * pair + 1, 2 * pair)] {
            let mut client = server.connect().await?;
            let meeting = meeting.clone();
            tasks.push(tokio::spawn(async move { transfer(&mut client, from, to, &meeting).await }));
        }
        meetings.push(meeting);
    }
    for task in tasks {
        task.await??;
    }

    for meeting in meetings {
        // One at least: the victim may come back before the other has its row, and they lock each other out once more.
        let codes = meeting.codes.lock().unwrap();
        assert!(!codes.is_empty());
        assert!(codes.iter().all(|code| *code == SqlState::T_R_DEADLOCK_DETECTED), "{codes:?}");
    }
    // One in each direction: an update that is lost, or made twice, would leave another number.
    assert_eq!(Ledger::read(&observer).await?.values, [0; 2 * PAIRS as usize]);
    Ok(())
}
