//! The recipes of `backoff_core::classify` for clients of servers, with the real types.
//!
//! Each function stands in that documentation word for word, and a test compares them: what is proved here is what a reader copies.

use std::error::Error as _;
use std::io;

use backoff_core::{Fault, classify};
use sqlx_core as sqlx;

/// What a code of PostgreSQL means.
#[must_use]
pub fn sqlstate(code: &str) -> Fault {
    match code {
        // Rolled back: serialization failure, deadlock, lock not available. Not even connected: too many connections, starting up.
        "40001" | "40P01" | "55P03" | "53300" | "57P03" => Fault::Transient,
        // Completion unknown, shut down in the middle.
        "40003" | "57P01" | "57P02" => Fault::Ambiguous,
        code if code.starts_with("08") => Fault::Ambiguous, // connection lost
        _ => Fault::Permanent,
    }
}

/// What an error of sqlx means.
#[must_use]
pub fn of_sqlx(error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(error) => error.code().map_or(Fault::Permanent, |code| sqlstate(&code)),
        sqlx::Error::PoolTimedOut => Fault::Transient, // no connection, so nothing was sent
        sqlx::Error::Io(error) => classify::io(error), // refused: transient; lost: ambiguous
        _ => Fault::Permanent,
    }
}

/// What an error of tokio-postgres means.
#[must_use]
pub fn of_postgres(error: &tokio_postgres::Error) -> Fault {
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match (error.code(), io) {
        (Some(state), _) => sqlstate(state.code()),
        (None, Some(io)) => classify::io(io), // refused: transient; lost: ambiguous
        (None, None) if error.is_closed() => Fault::Ambiguous,
        (None, None) => Fault::Permanent, // a value of another type, a wrong password
    }
}

/// What an error of redis means.
#[must_use]
pub fn of_redis(error: &redis::RedisError) -> Fault {
    match error.code() {
        Some("LOADING" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "READONLY") => Fault::Transient,
        _ if error.is_connection_refusal() => Fault::Transient,
        _ if error.is_timeout() || error.is_connection_dropped() => Fault::Ambiguous,
        _ => Fault::Permanent,
    }
}
