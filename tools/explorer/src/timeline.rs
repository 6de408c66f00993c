//! The attempts of a call that always fails, decided by the library.

use std::time::Duration;

use backoff_core::{Decision, Failure, Fault, Policy, StopReason};

use crate::policy::Described;

/// Attempts after which a call is no longer followed.
const MOST: usize = 60;

/// One call that always fails.
pub(crate) struct Path {
    /// The times at which its attempts start.
    pub(crate) starts: Vec<Duration>,
    /// The time of its end and the reason; `None` if it goes on beyond what is followed.
    pub(crate) end: Option<(Duration, StopReason)>,
}

/// Follows a call whose attempts take `attempt`, with a fixed random number: 0 gives the shortest delays, `u64::MAX`
/// the longest.
pub(crate) fn follow(described: &Described, attempt: Duration, number: u64) -> Path {
    let policy = &described.policy;
    let (mut progress, mut starts, mut now) = (policy.begin(), Vec::new(), Duration::ZERO);
    while starts.len() < MOST {
        starts.push(now);
        now = now.saturating_add(attempt);
        // The orders of the engine: at the same instant, a result has priority over a timeout, and that over a delay.
        if let Some(timeout) = described.timeout.filter(|timeout| *timeout < now) {
            return Path { starts, end: Some((timeout, StopReason::Timeout)) };
        }
        let failure = Failure::new(Fault::Transient).ran(attempt);
        match policy.decide(&mut progress, failure, now, &mut || number) {
            Decision::RetryAfter(delay) => now = now.saturating_add(delay),
            Decision::Stop(reason) => return Path { starts, end: Some((now, reason)) },
            _ => break,
        }
        if let Some(timeout) = described.timeout.filter(|timeout| *timeout <= now) {
            return Path { starts, end: Some((timeout, StopReason::Timeout)) };
        }
    }
    Path { starts, end: None }
}

/// Returns the ranges of the first delays: as many as a call has, or as are drawn.
pub(crate) fn ranges(policy: &Policy, most: usize) -> Vec<(Duration, Duration)> {
    policy.ranges().take(most).map(|range| (*range.start(), *range.end())).collect()
}
