//! sqlx: PostgreSQL by its code (with `sqlstate.rs`), SQLite by its number, and the pool.
//!
//! - **Transient.** A code that `sqlstate.rs` classifies so. SQLite's `SQLITE_BUSY` and `SQLITE_LOCKED`: the statement
//!   did nothing. sqlx returns the extended code of SQLite as a decimal number, with 5 or 6 as its lowest byte here;
//!   SQLite's numbers have at most four digits, so they are never a SQLSTATE. `PoolTimedOut`: no connection was
//!   available, so nothing was sent.
//! - **Ambiguous.** A lost connection (`Io`), as `classify::io` decides it. `WorkerCrashed`: SQLite's thread ended
//!   while it had a command.
//! - **Permanent.** Other codes, a closed pool, a missing row, values that cannot be read or written.
//!
//! Retry the whole transaction, never one statement of it.

use backoff_core::{Fault, classify};

use super::sqlstate;

/// Classifies an error of sqlx, for `when`.
#[must_use]
pub fn classify(error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(error) => match error.code().as_deref() {
            // SQLite: busy (also in recovery, with an old snapshot, after a timeout), locked (also a shared cache, a
            // virtual table).
            Some("5" | "261" | "517" | "773" | "6" | "262" | "518") => Fault::Transient,
            Some(code) => sqlstate::classify(code),
            None => Fault::Permanent,
        },
        sqlx::Error::PoolTimedOut => Fault::Transient, // no connection, so nothing was sent
        sqlx::Error::Io(error) => classify::io(error), // refused: transient; lost: ambiguous
        sqlx::Error::WorkerCrashed => Fault::Ambiguous,
        _ => Fault::Permanent,
    }
}
