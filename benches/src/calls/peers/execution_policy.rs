//! Calls through `execution-policy`: async only; full jitter from one generator that all threads share.

use std::future::Future;
use std::time::Duration;

use execution_policy::core::TokioCore;
use execution_policy::{ExecutionError, ExecutionPolicy, ExecutionPolicyBuilder, Jitter, Retry};

use super::super::{Down, MAX_ATTEMPTS, MAX_ELAPSED};

/// A policy, which is built once.
pub type Policy = ExecutionPolicy<TokioCore, u32, Down>;

/// A policy of four attempts.
#[must_use]
pub fn counted(delay: Duration) -> Policy {
    ExecutionPolicyBuilder::new().retry(retries(delay)).build()
}

/// The same with a limit on time, which is checked between attempts.
#[must_use]
pub fn timed(delay: Duration) -> Policy {
    ExecutionPolicyBuilder::new().retry(retries(delay).max_elapsed(MAX_ELAPSED)).build()
}

fn retries(delay: Duration) -> Retry<u32, Down> {
    Retry::exponential().max_attempts(MAX_ATTEMPTS).base_delay(delay).max_delay(delay).jitter(Jitter::Full)
}

/// The async call; `policy` is borrowed for as long as the call.
#[inline]
pub fn call<F>(
    policy: &'static Policy,
    operation: F,
) -> impl Future<Output = Result<u32, ExecutionError<Down>>> + use<F>
where
    F: AsyncFnMut() -> Result<u32, Down>,
{
    policy.run(operation)
}
