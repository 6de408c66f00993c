//! The data that the clients of PostgreSQL write: rows that count, and a key for each increment.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Error, IsolationLevel, Transaction};

/// The content of the database.
#[derive(Debug)]
pub struct Ledger {
    /// The values of the rows, in their order.
    pub values: Vec<i64>,
    /// The keys of all increments that were committed.
    pub keys: BTreeSet<String>,
}

impl Ledger {
    /// Creates the tables again, with `rows` rows of value 0.
    ///
    /// # Errors
    ///
    /// Returns the error of the client library.
    pub async fn create(client: &Client, rows: i32) -> Result<(), Error> {
        client
            .batch_execute(
                "DROP TABLE IF EXISTS counters, increments;
                 CREATE TABLE counters (id int PRIMARY KEY, value bigint NOT NULL) WITH (fillfactor = 10);
                 CREATE TABLE increments (key text PRIMARY KEY);",
            )
            .await?;
        client.execute("INSERT INTO counters SELECT id, 0 FROM generate_series(0, $1 - 1) AS id", &[&rows]).await?;
        Ok(())
    }

    /// Reads the committed data.
    ///
    /// # Errors
    ///
    /// Returns the error of the client library.
    pub async fn read(client: &Client) -> Result<Self, Error> {
        let values = client.query("SELECT value FROM counters ORDER BY id", &[]).await?;
        let keys = client.query("SELECT key FROM increments", &[]).await?;
        Ok(Self {
            values: values.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?,
            keys: keys.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?,
        })
    }

    /// Returns the sum of all rows.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.values.iter().sum()
    }
}

/// Begins a transaction that sees the database as if it were alone, or fails.
///
/// # Errors
///
/// Returns the error of the client library.
pub async fn begin(client: &mut Client) -> Result<Transaction<'_>, Error> {
    client.build_transaction().isolation_level(IsolationLevel::Serializable).start().await
}

/// Reads the row `id`, and writes its value plus one.
///
/// # Errors
///
/// Returns the error of the client library: `40001` when another transaction was faster.
pub async fn read_and_write(transaction: &Transaction<'_>, id: i32) -> Result<(), Error> {
    let row = transaction.query_one("SELECT value FROM counters WHERE id = $1", &[&id]).await?;
    let value: i64 = row.try_get(0)?;
    transaction.execute("UPDATE counters SET value = $2 WHERE id = $1", &[&id, &(value + 1)]).await?;
    Ok(())
}

/// Records the key of an increment; returns whether the key is new.
///
/// # Errors
///
/// Returns the error of the client library.
pub async fn claim(transaction: &Transaction<'_>, key: &str) -> Result<bool, Error> {
    let rows = transaction.execute("INSERT INTO increments VALUES ($1) ON CONFLICT DO NOTHING", &[&key]).await?;
    Ok(rows == 1)
}
