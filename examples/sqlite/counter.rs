//! The counter: one `SQLite` file that many connections change.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use backoff_core::{Fault, Policy, retry};
use rusqlite::{Connection, OpenFlags};

/// The errors of `SQLite` and their classification: "busy" and "locked" changed nothing, an error of the disk may have
/// changed something.
pub(crate) fn of_sqlite(error: &rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Fault::Transient,
        Some(rusqlite::ErrorCode::SystemIoFailure) => Fault::Ambiguous,
        _ => Fault::Permanent,
    }
}

/// One connection to the file.
pub(crate) struct Counter {
    connection: Connection,
    policy: Policy,
}

impl Counter {
    /// Makes the file, with the counter at 0.
    pub(crate) fn create(directory: &Path) -> rusqlite::Result<PathBuf> {
        let file = directory.join("counter.db");
        Connection::open(&file)?.execute_batch(
            "CREATE TABLE counter (value INTEGER NOT NULL);
            INSERT INTO counter VALUES (0);
            CREATE TABLE increments (writer INTEGER, number INTEGER, PRIMARY KEY (writer, number));",
        )?;
        Ok(file)
    }

    /// Connects to the file. The connection does not wait for locks, because the policy does.
    pub(crate) fn open(file: &Path, policy: Policy) -> rusqlite::Result<Self> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::ZERO)?;
        Ok(Self { connection, policy })
    }

    /// Adds 1 to the counter, and records the writer. `attempts` receives the number of attempts.
    ///
    /// Another writer can come between reading and writing. `SQLite` then refuses to write, and only a new transaction,
    /// which reads again, can succeed. A transaction that is dropped before its commit is rolled back.
    #[retry(policy = self.policy, when = of_sqlite)]
    pub(crate) fn increment(&mut self, writer: u32, number: u32, attempts: &Cell<u32>) -> rusqlite::Result<()> {
        attempts.set(attempts.get() + 1);
        let transaction = self.connection.transaction()?;
        let value: u32 = transaction.query_row("SELECT value FROM counter", [], |row| row.get(0))?;
        transaction.execute("INSERT INTO increments VALUES (?1, ?2)", [writer, number])?;
        transaction.execute("UPDATE counter SET value = ?1", [value + 1])?;
        transaction.commit()
    }

    /// Returns the value of the counter, and the number of different increments that were recorded.
    pub(crate) fn totals(&self) -> rusqlite::Result<(u32, u32)> {
        let sql = "SELECT value, (SELECT count(*) FROM increments) FROM counter";
        self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}
