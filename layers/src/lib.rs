//! The retry layers of several crates, run through the same cases: the table of the guide's page `layers`.
//!
//! Each cell is the result of a run. Most cases use a server in memory and tokio's paused time; those that need a
//! connection use a server on loopback. No cell depends on the speed of the machine.

mod busy;
mod implements;
mod loopback;
mod memory;
mod page;
mod peers;
mod requests;
mod rows;
mod transport;

pub use self::page::{PAGE, refreshed};
