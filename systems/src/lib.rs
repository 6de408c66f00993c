//! Real servers for tests of `#[retry]`. They are started on loopback in separate directories, stopped, killed, and
//! started again.
//!
//! The tests of this package need Debian's `postgresql` and `redis-server`. If one is missing, they fail and name the
//! package to install. `contention` measures the cost of each jitter on a contended row, `server` runs a server for
//! interactive use.

mod directory;
mod error;
pub mod ledger;
pub mod postgres;
mod process;
pub mod recipes;
pub mod redis;

pub use error::ServerError;
