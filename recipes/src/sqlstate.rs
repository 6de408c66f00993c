//! SQLSTATE: the five-letter code of an error of PostgreSQL, for the recipes of its clients.
//!
//! The documentation of PostgreSQL (appendix "PostgreSQL Error Codes") defines the codes.
//!
//! - **Transient.** 40001 `serialization_failure` and 40P01 `deadlock_detected`: the documentation requires that
//!   applications repeat such a transaction as a whole, with the logic that decides what to write. 55P03
//!   `lock_not_available`. 53300 `too_many_connections` and 57P03 `cannot_connect_now`: nothing was executed.
//! - **Ambiguous.** 40003 `statement_completion_unknown`, 57P01 `admin_shutdown`, 57P02 `crash_shutdown`, and class 08,
//!   the exceptions of connections.
//! - **Permanent.** Every other code: constraints, syntax, rights.

use backoff_core::Fault;

/// Classifies a code of PostgreSQL.
#[must_use]
pub fn classify(code: &str) -> Fault {
    match code {
        // Rolled back: serialization failure, deadlock, lock not available. Not connected: too many connections,
        // starting up.
        "40001" | "40P01" | "55P03" | "53300" | "57P03" => Fault::Transient,
        // Completion unknown, shut down in the middle.
        "40003" | "57P01" | "57P02" => Fault::Ambiguous,
        code if code.starts_with("08") => Fault::Ambiguous, // connection lost
        _ => Fault::Permanent,
    }
}
