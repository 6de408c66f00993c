//! What a call costs: what it reads, draws, keeps and allocates.
//!
//! This holds without the features `tracing` and `metrics`, which ask for time and make keys; `cargo test` at the root enables
//! them, so CI runs this binary with `tokio` alone.
#![cfg(all(feature = "macros", feature = "tokio", not(any(feature = "tracing", feature = "metrics"))))]

mod allocations;
mod cost;
