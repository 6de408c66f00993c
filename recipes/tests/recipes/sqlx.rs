//! Errors of sqlx that need no server of PostgreSQL.

use std::borrow::Cow;
use std::error::Error;
use std::{fmt, io};

use backoff_core::{Fault, classify};
use backoff_recipes::sqlx::classify as of_sqlx;
use sqlx::error::{DatabaseError, ErrorKind};

/// An error of a database as a driver of sqlx creates it.
///
/// The driver for SQLite links another version of SQLite than the workspace does, so its own type cannot be used here.
#[derive(Debug)]
struct Coded(&'static str);

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {}", self.0)
    }
}

impl Error for Coded {}

impl DatabaseError for Coded {
    fn message(&self) -> &str {
        self.0
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        (!self.0.is_empty()).then(|| self.0.into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

fn coded(code: &'static str) -> Fault {
    of_sqlx(&sqlx::Error::Database(Box::new(Coded(code))))
}

#[test]
fn a_busy_or_locked_sqlite_is_transient() {
    // Of each extended code of `SQLITE_BUSY` (5) and `SQLITE_LOCKED` (6).
    for code in ["5", "261", "517", "773", "6", "262", "518"] {
        assert_eq!(coded(code), Fault::Transient, "{code}");
        assert!(matches!(code.parse::<u16>().unwrap() & 0xff, 5 | 6), "{code}");
    }
    // Generic, read-only, failed constraint, unique constraint.
    for code in ["1", "8", "19", "2067"] {
        assert_eq!(coded(code), Fault::Permanent, "{code}");
    }
    assert_eq!(coded(""), Fault::Permanent, "an error without a code");
}

#[test]
fn the_pool_and_the_connection_of_sqlx_decide_without_a_code() {
    assert_eq!(of_sqlx(&sqlx::Error::PoolTimedOut), Fault::Transient);
    assert_eq!(of_sqlx(&sqlx::Error::PoolClosed), Fault::Permanent);
    assert_eq!(of_sqlx(&sqlx::Error::WorkerCrashed), Fault::Ambiguous);
    assert_eq!(of_sqlx(&sqlx::Error::RowNotFound), Fault::Permanent);
    let io = |kind: io::ErrorKind| of_sqlx(&sqlx::Error::Io(kind.into()));
    assert_eq!(io(io::ErrorKind::ConnectionRefused), Fault::Transient);
    assert_eq!(io(io::ErrorKind::UnexpectedEof), Fault::Ambiguous);
}

#[test]
fn chain_sees_the_marks_in_the_sources_of_sqlx() {
    let error = sqlx::Error::Decode(classify::permanent("not a colour").into());
    assert_eq!((classify::marks(&error), classify::chain(&error)), (Some(Fault::Permanent), Fault::Permanent));
    assert_eq!(classify::chain(&sqlx::Error::PoolClosed), Fault::Transient);
}
