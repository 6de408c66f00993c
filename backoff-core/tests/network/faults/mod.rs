//! A network that fails: a server behind a proxy that resets, stalls, cuts off and delays answers.
//!
//! Each attempt has a fate. It depends only on the seed, the number of the call and the number of the attempt. So a
//! test can compute how each call must end, and a failure can be repeated: the seed is printed, and `FAULTS_SEED=..`
//! sets it.
#![allow(dead_code, reason = "every test file uses a part of this module")]

mod journal;
pub(crate) mod moments;
mod proxy;
mod upstream;

use std::hash::{BuildHasher as _, RandomState};

use backoff_core::{Random as _, Seeded};

#[allow(unused_imports, reason = "every test file uses a part of this module")]
pub(crate) use self::journal::{Expected, Journal, Look, Record, Seen};
pub(crate) use self::proxy::Network;
pub(crate) use self::upstream::Upstream;

/// The behaviour of the network in one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing.
    Fine,
    /// The answer comes some milliseconds later.
    Late,
    /// No process listens at the address.
    Refused,
    /// The connection is reset, and the request lost.
    ResetBefore,
    /// The server acts; then the connection is reset, and the answer lost.
    ResetAfter,
    /// The server acts; the second half of its answer is lost.
    CutOff,
    /// The server acts; its answer never comes, and the connection stays open.
    Stalled,
}

impl Fate {
    pub(crate) const FAULTS: [Self; 5] =
        [Self::Refused, Self::ResetBefore, Self::ResetAfter, Self::CutOff, Self::Stalled];

    /// The number of attempts of a thousand with each fate. The others are fine. One in five is a fault.
    const RATES: [(Self, u64); 6] = [
        (Self::Late, 20),
        (Self::Refused, 50),
        (Self::ResetBefore, 50),
        (Self::ResetAfter, 50),
        (Self::CutOff, 40),
        (Self::Stalled, 10),
    ];

    /// Returns the fate of an attempt.
    pub(crate) fn of(seed: u64, call: u32, attempt: u32) -> Self {
        let mut number = Seeded::new(seed ^ (u64::from(call) << 32 | u64::from(attempt))).draw() % 1_000;
        for (fate, rate) in Self::RATES {
            if number < rate {
                return fate;
            }
            number -= rate;
        }
        Self::Fine
    }

    pub(crate) fn is_fault(self) -> bool {
        Self::FAULTS.contains(&self)
    }

    /// Returns whether the server gets the request.
    pub(crate) fn reaches_server(self) -> bool {
        !matches!(self, Self::Refused | Self::ResetBefore)
    }
}

/// Returns the seed of this run: a new one, or that of `FAULTS_SEED`.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("FAULTS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0));
    println!("FAULTS_SEED={seed} repeats this run");
    seed
}
