//! The effect of the policy on a server that stalls, and of services that call each other.

use std::time::Duration;

use attribute::read;
use backoff_core::Policy;
use serde_json::{Value as Json, json};
use simulator::guard::{Deposit, Guard};
use simulator::layers::{self, Layers};
use simulator::outage::{Fleet, run};
use simulator::server::{Kind, Outage as Stall};
use simulator::sizes::{self, fleet};

use crate::policy::{describe, for_requests};

/// Attempts of one call in a simulation. A policy that allows more would only make it slow.
const MOST_ATTEMPTS: u32 = 10;
const WARM_UP: Duration = Duration::from_secs(20);
/// The time that is shown after the outage.
const SETTLE: Duration = Duration::from_secs(60);
const SEED: u64 = 1;

/// The settings of an outage.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// Clients that share the load.
    pub clients: u32,
    /// Requests of all clients, as a part of what the server can do.
    pub load: f64,
    /// The length of the outage, in seconds.
    pub lasts: f64,
    /// Retries that each success pays for, in each client's budget.
    pub ratio: f64,
}

/// The retries of the clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// One attempt for each request.
    None,
    /// The policy alone.
    Policy,
    /// The policy, and a budget in each client.
    Budget,
}

/// Simulates the outage once, and returns its counts per second and its figures; `null` if the text is not correct.
///
/// The server can do 1,000 requests per second. The requests are idempotent.
#[must_use]
pub fn outage(text: &str, outage: Outage, retries: Retries) -> Json {
    let Some(policy) = policy(text) else { return Json::Null };
    let guard = Guard::Budget { ratio: outage.ratio, capacity: None, deposit: Deposit::Success };
    let (policy, guard) = match retries {
        Retries::None => (sizes::Retries::None.policy().build(), Guard::None),
        Retries::Policy => (policy, Guard::None),
        Retries::Budget => (policy, guard),
    };
    let lasts = Duration::try_from_secs_f64(outage.lasts).unwrap_or_default();
    let fleet = Fleet {
        outage: Stall { kind: Kind::Stall, starts: WARM_UP, lasts },
        ..fleet(outage.clients.max(1), outage.load, policy, guard, WARM_UP, SETTLE)
    };
    let trace = run(&fleet, SEED, &|| ());
    let figures = trace.figures(&fleet);
    json!({
        "attempts": trace.seconds.iter().map(|counts| counts.attempts).collect::<Vec<_>>(),
        "successes": trace.seconds.iter().map(|counts| counts.successes).collect::<Vec<_>>(),
        "starts": WARM_UP.as_secs_f64(),
        "ends": WARM_UP.as_secs_f64() + lasts.as_secs_f64(),
        "peak": figures.peak,
        "recovery": figures.recovery,
        "served": figures.good60,
    })
}

/// Returns the requests that reach the last of `depth` services per request to the first, while the last one fails:
/// if each service retries, if each has a budget, and if only the first retries (a scope); `null` if the text is not
/// correct.
#[must_use]
pub fn nested(text: &str, depth: u32, ratio: f64) -> Json {
    let Some(policy) = policy(text) else { return Json::Null };
    let calls = |is_suppressed: bool, budget| {
        let setting = Layers {
            depth: depth.clamp(1, 4),
            policy,
            is_suppressed,
            failure_rate: 1.0,
            requests: 100,
            budget,
            gap: Duration::from_millis(10),
        };
        layers::run(&setting, SEED).calls
    };
    json!({
        "every": calls(false, None),
        "budget": calls(false, Some((ratio, None))),
        "scope": calls(true, None),
    })
}

fn policy(text: &str) -> Option<Policy> {
    let described = describe(&read(text).ok()?).ok()?;
    for_requests(&described, MOST_ATTEMPTS)
}
