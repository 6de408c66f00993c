//! PostgreSQL is stopped, killed and started again while many clients write: nothing that was committed is lost or made twice.

mod teller;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use backoff_core::{Policy, StopReason};
use backoff_systems::ServerError;
use backoff_systems::ledger::Ledger;
use backoff_systems::postgres::Postgres;

use teller::{Log, MAX_DELAY, Teller};

const PATIENT: u32 = 16;
const IMPATIENT: u32 = 4;
const ROWS: i32 = 4;
const OUTAGES: u32 = 3;

/// Waits until `count` has grown by `more`.
async fn until_grown(count: impl Fn() -> usize, more: usize) {
    let goal = count() + more;
    let ask_again = Policy::constant(Duration::from_millis(5)).max_elapsed(Duration::from_secs(60)).build();
    let reached = ask_again.retry(|| async { if count() >= goal { Ok(()) } else { Err(count()) } }).await;
    reached.unwrap_or_else(|count| panic!("{count} instead of {goal} within a minute"));
}

/// Runs the load through three outages, each begun by `fail`, and compares what the clients believe with what the server holds.
async fn survive(fail: fn(&mut Postgres) -> Result<(), ServerError>) -> Result<Log, Box<dyn Error>> {
    let mut server = Postgres::start()?;
    Ledger::create(&server.connect().await?, ROWS).await?;
    let log = Arc::new(Log::default());
    let mut tasks = Vec::new();
    for name in 0..PATIENT + IMPATIENT {
        let teller = Teller::connect(server.config(), name, name.cast_signed() % ROWS, log.clone()).await?;
        tasks.push(tokio::spawn(teller.work(name < PATIENT)));
    }
    for _ in 0..OUTAGES {
        until_grown(|| log.confirmed().len(), 150).await;
        tokio::task::block_in_place(|| fail(&mut server))?;
        until_grown(|| log.gave_up().len(), 5).await;
        tokio::task::block_in_place(|| server.start_again())?;
    }
    until_grown(|| log.confirmed().len(), 150).await;
    log.is_over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await?;
    }
    let ledger = Ledger::read(&server.connect().await?).await?;
    let log = Arc::into_inner(log).expect("all clients are gone");
    log.compare(&ledger);
    Ok(log)
}

impl Log {
    fn compare(&self, ledger: &Ledger) {
        let confirmed = self.confirmed();
        let gave_up = self.gave_up();
        let keys: BTreeSet<&String> = ledger.keys.iter().collect();
        println!(
            "{} increments confirmed, {} committed; {} retries, {} calls gave up; {} lost answers to COMMIT",
            confirmed.len(),
            keys.len(),
            self.retries().len(),
            gave_up.len(),
            self.ambiguous()
        );
        // Each key once in one row: the table refuses a second one, and the sum shows an update without its key.
        assert_eq!(ledger.total(), i64::try_from(keys.len()).unwrap(), "an update was lost, or made twice");
        let lost: Vec<_> = confirmed.iter().filter(|key| !keys.contains(key)).collect();
        assert!(lost.is_empty(), "confirmed, but not in the table: {lost:?}");
        // What was committed and not confirmed belongs to a call that gave up without knowing.
        for key in keys.into_iter().filter(|key| !confirmed.contains(*key)) {
            let end = gave_up.iter().find(|end| end.key == *key).unwrap_or_else(|| panic!("{key} came from nowhere"));
            assert!(end.may_have_acted, "{end:?} is in the table");
        }
        for end in gave_up.iter() {
            assert!(!end.was_patient, "{end:?}");
            assert!(matches!(end.reason, StopReason::MaxAttempts | StopReason::Ambiguous), "{end:?}");
            assert_eq!(end.attempts == 2, end.reason == StopReason::MaxAttempts, "{end:?}");
            assert!(!end.last.is_empty());
        }
        for name in 0..PATIENT {
            // A client that does not give up was in the middle of a call in every outage.
            assert!(self.reconnects(name) >= OUTAGES, "client {name} connected anew {} times", self.reconnects(name));
        }
        for delay in self.retries().iter() {
            assert!(*delay <= MAX_DELAY, "{delay:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_survive_fast_shutdowns() -> Result<(), Box<dyn Error>> {
    survive(Postgres::stop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_survive_sigkill() -> Result<(), Box<dyn Error>> {
    survive(Postgres::kill).await?;
    Ok(())
}
