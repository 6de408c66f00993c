//! `#[retry]` on a real `SQLite` database: no increment is lost, none is made twice, and every call ends for the right
//! reason.

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use backoff_core::{Fault, StopReason, retry, testing};
use rusqlite::{Connection, TransactionBehavior, ffi};
use tempfile::TempDir;

/// Classifies an error of `SQLite`. It is an exact copy of the recipe in the documentation.
fn of_sqlite(error: &rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Fault::Transient,
        Some(rusqlite::ErrorCode::SystemIoFailure) => Fault::Ambiguous,
        _ => Fault::Permanent,
    }
}

/// A database in a separate directory, with a counter at 0 and no increments.
struct Database {
    directory: TempDir,
}

impl Database {
    fn new() -> rusqlite::Result<Self> {
        let directory = tempfile::tempdir().expect("a directory can be made in the one for temporary files");
        let database = Self { directory };
        database.connect()?.execute_batch(
            "CREATE TABLE counter (value INTEGER NOT NULL);
            INSERT INTO counter VALUES (0);
            CREATE TABLE increments (writer INTEGER, number INTEGER, PRIMARY KEY (writer, number));",
        )?;
        Ok(database)
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        connect(&self.directory.path().join("counter.db"))
    }

    fn value(&self) -> rusqlite::Result<u32> {
        value(&self.connect()?)
    }
}

/// Returns a connection that never waits for a lock by itself: `SQLite` says "busy" at once.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "synchronous", "off")?; // nobody pulls the plug
    Ok(connection)
}

fn value(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("SELECT value FROM counter", [], |row| row.get(0))
}

/// Reads the counter, adds 1, and writes it back, together with a row that says who did.
///
/// The transaction takes the lock for writing only at its first write, so two writers can have read the same value.
/// `SQLite` turns one of them away; nothing but a new transaction that reads again can help it.
fn increment_once(connection: &mut Connection, writer: u32, number: u32) -> rusqlite::Result<u32> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let next = value(&transaction)? + 1;
    transaction.execute("UPDATE counter SET value = ?1", [next])?;
    transaction.execute("INSERT INTO increments VALUES (?1, ?2)", [writer, number])?;
    transaction.commit()?;
    Ok(next)
}

#[test]
fn many_writers_lose_no_increment_and_make_none_twice() {
    const WRITERS: u32 = 8;
    const INCREMENTS: u32 = 40;

    /// The observations of the writers, counted by the operation and by the hooks.
    #[derive(Default)]
    struct Counts {
        attempts: AtomicU32,
        retries: AtomicU32,
        recovered: AtomicU32,
    }

    #[retry(
        max_elapsed = "60s",
        initial_delay = "1ms",
        max_delay = "10ms",
        when = of_sqlite,
        on_retry = |event| {
            let code = event.error().and_then(rusqlite::Error::sqlite_error_code);
            assert_eq!(code, Some(rusqlite::ErrorCode::DatabaseBusy));
            counts.retries.fetch_add(1, Relaxed);
            turned_away.send(writer).unwrap();
        },
        on_recovered = |_| {
            counts.recovered.fetch_add(1, Relaxed);
        },
    )]
    fn increment(
        connection: &mut Connection,
        writer: u32,
        number: u32,
        counts: &Counts,
        turned_away: &Sender<u32>,
    ) -> rusqlite::Result<u32> {
        counts.attempts.fetch_add(1, Relaxed);
        increment_once(connection, writer, number)
    }

    let database = Database::new().unwrap();
    let counts = Counts::default();
    let (turned_away, retrying) = mpsc::channel();
    // The lock is held until every writer was turned away at least once, so there is contention on any machine.
    let mut holder = database.connect().unwrap();
    let lock = holder.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    thread::scope(|threads| {
        for writer in 0..WRITERS {
            let (mut connection, counts, turned_away) = (database.connect().unwrap(), &counts, turned_away.clone());
            threads.spawn(move || {
                for number in 0..INCREMENTS {
                    increment(&mut connection, writer, number, counts, &turned_away).unwrap();
                }
            });
        }
        drop(turned_away); // with the last writer gone, waiting for one ends
        let mut is_retrying = [false; WRITERS as usize];
        while is_retrying.contains(&false) {
            is_retrying[retrying.recv().unwrap() as usize] = true;
        }
        drop(lock); // rolled back, because readers could block a commit
    });

    let wanted = WRITERS * INCREMENTS;
    assert_eq!(database.value(), Ok(wanted));
    let rows = "SELECT count(*), count(DISTINCT writer * 1000 + number) FROM increments";
    let rows: (u32, u32) =
        database.connect().unwrap().query_row(rows, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(rows, (wanted, wanted));

    let [attempts, retries, recovered] =
        [&counts.attempts, &counts.retries, &counts.recovered].map(|count| count.load(Relaxed));
    assert_eq!(attempts, wanted + retries);
    assert!((WRITERS..=wanted).contains(&recovered), "{recovered} of {wanted} calls recovered");
    assert!(retries >= recovered, "{retries} retries, {recovered} calls recovered");
}

#[test]
fn a_commit_that_is_turned_away_is_repeated_as_a_whole_transaction() {
    #[retry(max_attempts = 3, delay = "0s", when = of_sqlite, on_retry = |_| reader.execute_batch("COMMIT").unwrap())]
    fn increment(connection: &mut Connection, reader: &Connection, attempts: &Cell<u32>) -> rusqlite::Result<u32> {
        attempts.set(attempts.get() + 1);
        increment_once(connection, 0, 0)
    }

    let database = Database::new().unwrap();
    let (mut connection, reader, attempts) = (database.connect().unwrap(), database.connect().unwrap(), Cell::new(0));
    // Whoever reads keeps others from committing, not from writing.
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(value(&reader), Ok(0));
    assert_eq!(increment(&mut connection, &reader, &attempts), Ok(1));
    assert_eq!((attempts.get(), database.value()), (2, Ok(1)));
}

#[test]
fn a_value_that_another_writer_has_changed_meanwhile_is_read_again() {
    #[retry(
        max_attempts = 3,
        delay = "0s",
        when = of_sqlite,
        attempt = ctx,
        on_retry = |event| codes.push(event.error().and_then(|error| Some(error.sqlite_error()?.extended_code))),
    )]
    fn increment(
        connection: &mut Connection,
        other: &mut Connection,
        codes: &mut Vec<Option<i32>>,
    ) -> rusqlite::Result<u32> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let next = value(&transaction)? + 1;
        if ctx.number() == 1 {
            increment_once(other, 1, 0)?;
        }
        transaction.execute("UPDATE counter SET value = ?1", [next])?;
        transaction.commit()?;
        Ok(next)
    }

    let database = Database::new().unwrap();
    let (mut connection, mut other, mut codes) = (database.connect().unwrap(), database.connect().unwrap(), Vec::new());
    // With a write-ahead log readers keep nobody from committing, and then cannot write on top of what they have read.
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    assert_eq!(increment(&mut connection, &mut other, &mut codes), Ok(2));
    assert_eq!((database.value(), codes), (Ok(2), vec![Some(ffi::SQLITE_BUSY_SNAPSHOT)]));
}

#[test]
fn a_table_that_is_locked_by_a_connection_to_the_same_cache_is_tried_again() {
    #[retry(
        max_attempts = 3,
        delay = "0s",
        when = of_sqlite,
        on_retry = |event| {
            codes.push(event.error().and_then(rusqlite::Error::sqlite_error_code));
            writer.execute_batch("COMMIT").unwrap();
        },
    )]
    fn read(
        reader: &Connection,
        writer: &Connection,
        codes: &mut Vec<Option<rusqlite::ErrorCode>>,
    ) -> rusqlite::Result<u32> {
        value(reader)
    }

    let shared = Path::new("file:locked?mode=memory&cache=shared");
    let (writer, reader, mut codes) = (connect(shared).unwrap(), connect(shared).unwrap(), Vec::new());
    writer.execute_batch("BEGIN; CREATE TABLE counter (value INTEGER); INSERT INTO counter VALUES (7)").unwrap();
    assert_eq!(read(&reader, &writer, &mut codes), Ok(7));
    assert_eq!(codes, [Some(rusqlite::ErrorCode::DatabaseLocked)]);
}

#[test]
fn an_error_that_has_nothing_to_do_with_locks_ends_the_call_at_once() {
    #[retry(
        max_attempts = 5,
        delay = "1s",
        when = of_sqlite,
        on_give_up = |event| *gave_up = Some((event.attempts(), event.reason())),
    )]
    fn execute(connection: &Connection, sql: &str, gave_up: &mut Option<(u32, StopReason)>) -> rusqlite::Result<usize> {
        connection.execute(sql, [])
    }

    let database = Database::new().unwrap();
    let connection = database.connect().unwrap();
    let insert = "INSERT INTO increments VALUES (1, 1)";
    assert_eq!(connection.execute(insert, []), Ok(1));
    let read_only = database.connect().unwrap();
    read_only.pragma_update(None, "query_only", true).unwrap();

    for (connection, sql, code) in [
        (&connection, insert, rusqlite::ErrorCode::ConstraintViolation),
        (&connection, "INSERT INTO no_such_table VALUES (1)", rusqlite::ErrorCode::Unknown),
        (&read_only, "UPDATE counter SET value = 1", rusqlite::ErrorCode::ReadOnly),
    ] {
        let mut gave_up = None;
        let error = execute(connection, sql, &mut gave_up).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(code), "{sql}");
        assert_eq!(gave_up, Some((1, StopReason::Permanent)), "{sql}");
    }
    assert_eq!(database.value(), Ok(0));
}

#[test]
fn a_lock_that_is_held_for_longer_than_the_policy_allows_ends_the_call_with_the_limit_as_the_reason() {
    #[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "2ms", when = of_sqlite)]
    fn at_most_four_times(connection: &mut Connection) -> rusqlite::Result<u32> {
        increment_once(connection, 0, 0)
    }

    #[retry(max_elapsed = "60s", max_delay = "5s", when = of_sqlite)]
    fn for_a_minute(connection: &mut Connection) -> rusqlite::Result<u32> {
        increment_once(connection, 0, 0)
    }

    let database = Database::new().unwrap();
    let mut connection = database.connect().unwrap();
    let holder = database.connect().unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let is_busy = |result: rusqlite::Result<u32>| {
        assert_eq!(result.unwrap_err().sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
    };

    let really_waits = testing::Setup::new().for_thread();
    is_busy(at_most_four_times(&mut connection));
    assert_eq!((really_waits.attempts(), really_waits.reasons()), (4, vec![StopReason::MaxAttempts]));
    drop(really_waits);

    let test = testing::virtual_time();
    is_busy(for_a_minute(&mut connection));
    assert_eq!(test.reasons(), [StopReason::MaxElapsed]);
    let waited: Duration = test.waits().iter().sum();
    let within = Duration::from_secs(55)..=Duration::from_secs(60); // the delay that was too long had at most 5 s
    assert!(within.contains(&waited), "{waited:?}");
    assert_eq!(test.waits().len(), test.attempts() as usize - 1);

    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(at_most_four_times(&mut connection), Ok(1));
}

/// The documentation cannot depend on `rusqlite`, so its recipe runs on a stand-in there, and on the real type here.
#[test]
fn the_recipe_of_the_documentation_is_the_function_that_is_tested_here() {
    let [here, recipes] = [include_str!("sqlite.rs"), include_str!("../../../backoff-core/src/classify/recipes.md")];
    let start = here.find("fn of_sqlite").unwrap();
    let end = start + here[start..].find("\n}\n").unwrap();
    assert!(recipes.contains(&here[start..end]), "{}", &here[start..end]);
}
