//! redis: the crate's own advice, corrected where it is not about whether the command was executed.
//!
//! - **Transient.** `RetryMethod::WaitAndRetry`, documented as "retry after sleeping to avoid overloading the external
//!   service": the server is loading, between masters, or Sentinel has no master yet, so the command was not executed.
//!   `READONLY`, for which the crate advises no retry: the connection leads to the old master after a failover, and a
//!   later attempt finds the new one. A refused connection.
//! - **Ambiguous.** A timeout, for which the crate advises `RetryImmediately`, and a dropped connection, for which it
//!   advises `Reconnect`: the command may have been executed.
//! - **Permanent.** Everything else, such as `WRONGTYPE`. `MOVED` and `ASK` are followed by the cluster client itself.

use backoff_core::Fault;

/// Classifies an error of redis, for `when`.
#[must_use]
pub fn classify(error: &redis::RedisError) -> Fault {
    match error.retry_method() {
        redis::RetryMethod::WaitAndRetry => Fault::Transient, // loading, between masters
        _ if error.code() == Some("READONLY") => Fault::Transient, // the old master
        _ if error.is_connection_refusal() => Fault::Transient,
        _ if error.is_timeout() || error.is_connection_dropped() => Fault::Ambiguous,
        _ => Fault::Permanent,
    }
}
