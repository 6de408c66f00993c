//! Complete clients and servers with the crates that many programs use, to copy.
//!
//! Each module is one stack. Its `run` starts a server on loopback, calls it, and returns the result. The program of
//! the same name in `examples/` prints that, and a test in `tests/` asserts the exact counts.

pub mod axum_scopes;
pub mod loopback;
pub mod opentelemetry_metrics;
pub mod reqwest_middleware_retries;
pub mod tonic_push_backs;
