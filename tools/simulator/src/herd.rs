//! A herd: all clients fail in the same instant, and every retry fails again at once.

use std::time::Duration;

use backoff_core::{Decision, Failure, Fault, Policy};

use crate::engine::{Dice, span};

/// The width of the slots in which arrivals are counted.
pub const SLOT: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug)]
pub struct Herd {
    pub clients: u32,
    pub policy: Policy,
}

#[derive(Clone, Debug)]
pub struct Arrivals {
    /// Retries that arrive in each slot.
    pub slots: Vec<u32>,
    /// The sum of a client's delays, in seconds: mean and largest.
    pub mean_wait: f64,
    pub longest_wait: f64,
}

impl Arrivals {
    pub fn peak(&self) -> u32 {
        self.slots.iter().copied().max().unwrap_or_default()
    }
}

/// Runs the herd once.
pub fn run(setting: &Herd, seed: u64) -> Arrivals {
    let mut dice = Dice::new(seed);
    let mut slots = Vec::new();
    let (mut sum, mut longest) = (0.0, 0.0_f64);
    for _ in 0..setting.clients {
        let mut progress = setting.policy.begin();
        let mut now = Duration::ZERO;
        while let Decision::RetryAfter(delay) =
            setting.policy.decide(&mut progress, Failure::new(Fault::Transient), now, &mut dice)
        {
            now = now.saturating_add(delay);
            add_to(&mut slots, now);
        }
        sum += now.as_secs_f64();
        longest = longest.max(now.as_secs_f64());
    }
    Arrivals { slots, mean_wait: sum / f64::from(setting.clients), longest_wait: longest }
}

/// The number of slots that are kept: ten minutes.
const MOST_SLOTS: usize = 60_000;

fn add_to(slots: &mut Vec<u32>, at: Duration) {
    let slot = usize::try_from(span(at) / span(SLOT)).unwrap_or(usize::MAX);
    if slot >= MOST_SLOTS {
        return;
    }
    if slot >= slots.len() {
        slots.resize(slot + 1, 0);
    }
    if let Some(count) = slots.get_mut(slot) {
        *count += 1;
    }
}
