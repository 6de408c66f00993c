//! tokio-postgres: the code of the server (with `sqlstate.rs`), or the connection.
//!
//! - **Transient.** A code that `sqlstate.rs` classifies so, and a refused connection.
//! - **Ambiguous.** A closed or lost connection. The server rolls back uncommitted changes, but a statement outside a
//!   transaction, and COMMIT itself, may have taken effect.
//! - **Permanent.** Other codes, a value of another type, a wrong password.
//!
//! Without a code, the connection was refused or lost, or the client could not read or write a value.

use std::error::Error as _;
use std::io;

use backoff_core::{Fault, classify};

use super::sqlstate;

/// Classifies an error of tokio-postgres, for `when`.
#[must_use]
pub fn classify(error: &tokio_postgres::Error) -> Fault {
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match (error.code(), io) {
        (Some(state), _) => sqlstate::classify(state.code()),
        (None, Some(io)) => classify::io(io), // refused: transient; lost: ambiguous
        (None, None) if error.is_closed() => Fault::Ambiguous,
        (None, None) => Fault::Permanent, // a value of another type, a wrong password
    }
}
