//! Contention for one row: clients read its version and write it back. A write is refused if its version is no longer
//! the newest.
//!
//! The experiment of "Exponential Backoff And Jitter" (M. Brooker, 2015): all clients start together, and each ends
//! with its one successful write.

use std::time::Duration;

use backoff_core::{Decision, Failure, Fault, Policy};

use crate::engine::{Dice, Queue, seconds, span};

#[derive(Clone, Copy, Debug)]
pub struct Contention {
    pub clients: u32,
    pub policy: Policy,
}

#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Writes, successful or refused.
    pub calls: f64,
    /// Seconds until the last client was done.
    pub time: f64,
    /// Clients that gave up.
    pub gave_up: u32,
}

enum Event {
    Read { client: usize },
    Write { client: usize, version: u32 },
    Refused { client: usize },
}

/// Runs the experiment once.
pub fn run(setting: &Contention, seed: u64) -> Outcome {
    let policy = &setting.policy;
    let mut dice = Dice::new(seed);
    let mut queue = Queue::new();
    let mut clients = Vec::new();
    for client in 0..setting.clients as usize {
        clients.push(policy.begin());
        queue.add(dice.hop(), Event::Read { client });
    }
    let (mut version, mut calls, mut gave_up) = (0, 0_u32, 0);
    let mut end = 0;
    while let Some(event) = queue.next() {
        match event {
            Event::Read { client } => {
                let there_and_back = dice.hop() + dice.hop();
                queue.after(there_and_back, Event::Write { client, version });
            }
            Event::Write { client, version: read } => {
                calls += 1;
                let back = dice.hop();
                if read == version {
                    version += 1;
                    end = end.max(queue.now() + back);
                } else {
                    queue.after(back, Event::Refused { client });
                }
            }
            Event::Refused { client } => {
                let Some(progress) = clients.get_mut(client) else { continue };
                let elapsed = Duration::from_nanos(queue.now());
                match policy.decide(progress, Failure::new(Fault::Transient), elapsed, &mut dice) {
                    Decision::RetryAfter(delay) => {
                        let hop = dice.hop();
                        queue.after(hop.saturating_add(span(delay)), Event::Read { client });
                    }
                    _ => gave_up += 1,
                }
            }
        }
    }
    Outcome { calls: f64::from(calls), time: seconds(end), gave_up }
}
