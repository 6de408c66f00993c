//! Classification of the errors of other crates: functions to copy, held against the real types of those crates.
//!
//! Each file is complete: copy it, and pass its function to `when`. The functions use one question: may the server have
//! acted?
//!
//! * The server refused or rolled back, or the request was never sent: transient.
//! * The request was sent and the response is missing: ambiguous, retried only where a function is `idempotent`.
//! * The server understood the request and refused it: permanent.

pub mod aws;
pub mod error_stack;
pub mod kube;
pub mod lapin;
pub mod miette;
pub mod object_store;
pub mod redis;
pub mod reqwest_middleware;
pub mod sqlstate;
pub mod sqlx;
pub mod tokio_postgres;
pub mod tonic;
