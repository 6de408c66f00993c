//! The costs of a call: its clock reads, random draws, state and allocations.
//!
//! This is true without the features `tracing` and `metrics`, which read the clock and allocate keys. `cargo test` at
//! the root enables them, so CI runs this binary with `tokio` alone.
#![cfg(all(feature = "macros", feature = "tokio", not(any(feature = "tracing", feature = "metrics"))))]

mod allocations;
mod cost;
