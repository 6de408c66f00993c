//! The same server and the same load with few large or many small clients.

use std::time::Duration;

use backoff_core::{Policy, PolicyBuilder};

use crate::guard::{Deposit, Guard};
use crate::outage::Fleet;
use crate::server::{Kind, Outage};

/// The retries of each client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// One attempt.
    None,
    /// 3 attempts without a budget.
    Unguarded,
    /// 3 attempts and a budget with this capacity.
    Capacity(u32),
    /// 3 attempts and a budget whose capacity fits its client.
    Fitted,
}

impl Retries {
    pub fn policy(self) -> PolicyBuilder {
        let attempts = if self == Self::None { 1 } else { 3 };
        Policy::exponential().idempotent().max_attempts(attempts)
    }

    pub fn guard(self) -> Guard {
        let budget = |capacity| Guard::Budget { ratio: 0.1, capacity, deposit: Deposit::Success };
        match self {
            Self::None | Self::Unguarded => Guard::None,
            Self::Capacity(tokens) => budget(Some(tokens)),
            Self::Fitted => budget(None),
        }
    }
}

/// Returns a fleet whose server of 1,000 requests per second stalls for 30 s.
pub fn fleet(clients: u32, load: f64, policy: Policy, guard: Guard, warm_up: Duration, settle: Duration) -> Fleet {
    Fleet {
        clients,
        capacity: 1_000.0,
        load,
        outage: Outage { kind: Kind::Stall, starts: warm_up, lasts: Duration::from_secs(30) },
        settle,
        policy,
        guard,
        timeout: Duration::from_secs(1),
        queue: Duration::from_secs(2),
    }
}
