//! Refused: without `std` there is no randomness but that of the program.
#![no_std]

use backoff_core::Policy;

pub fn call(policy: &Policy) -> Result<(), ()> {
    policy.retry(|| Err(())).clock(|| core::time::Duration::ZERO).sleep(|_| ()).call()
}

pub fn first(policy: &Policy) -> Option<core::time::Duration> {
    policy.delays().next()
}
