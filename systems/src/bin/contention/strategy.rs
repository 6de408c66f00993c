//! The policies that are compared.

use std::fmt;
use std::time::Duration;

use backoff_core::{Jitter, Policy};

/// The wait of a client after it lost, before its next attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Strategy {
    /// Does not wait.
    NoBackoff,
    /// Exponential delays with this jitter.
    Jitter(Jitter),
}

impl Strategy {
    pub(crate) const ALL: [Self; 5] = [
        Self::Jitter(Jitter::Full),
        Self::Jitter(Jitter::Equal),
        Self::Jitter(Jitter::Decorrelated),
        Self::Jitter(Jitter::None),
        Self::NoBackoff,
    ];

    /// Returns the policy, with all delays multiplied by `scale`.
    ///
    /// Delays grow from 10 ms to 2 s, as in "Exponential Backoff And Jitter" (M. Brooker, 2015). The first delay of
    /// decorrelated jitter is drawn from one to three times the initial delay, of the others from up to one.
    pub(crate) fn policy(self, scale: f64) -> Policy {
        let Self::Jitter(jitter) = self else { return Policy::constant(Duration::ZERO).forever().build() };
        let first = Duration::from_millis(if jitter == Jitter::Decorrelated { 5 } else { 10 });
        let policy = Policy::exponential().initial_delay(first.mul_f64(scale)).jitter(jitter).forever();
        policy.max_delay(Duration::from_secs(2).mul_f64(scale)).build()
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoBackoff => "no backoff",
            Self::Jitter(Jitter::Full) => "full jitter",
            Self::Jitter(Jitter::Equal) => "equal jitter",
            Self::Jitter(Jitter::Decorrelated) => "decorrelated",
            Self::Jitter(_) => "no jitter",
        })
    }
}
