//! Real servers, to prove `#[retry]` against: started on loopback in a directory of their own, stopped, killed, started again.
//!
//! The tests of this package need Debian's `postgresql` and `redis-server`; where one is missing they fail, and name what to
//! install. `contention` measures what each jitter costs on a contended row, `server` runs a server for a person.

mod directory;
mod error;
pub mod ledger;
pub mod postgres;
mod process;
pub mod recipes;
pub mod redis;

pub use error::ServerError;
