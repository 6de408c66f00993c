//! The results of one run of a fleet: counts per second, and the figures computed from them.

use crate::engine::{Instant, seconds};
use crate::outage::Fleet;
use crate::server::second;
use crate::statistics::count;

/// The counts of each second of a run.
#[derive(Clone, Debug)]
pub struct Trace {
    pub seconds: Vec<Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Requests that clients got, retries not counted.
    pub requests: u32,
    /// Attempts sent: first ones and retries.
    pub attempts: u32,
    /// Requests that were answered successfully and in time.
    pub successes: u32,
}

/// The figures of one run.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Attempts per request during the outage.
    pub amplification: f64,
    /// The most attempts in one second, as a multiple of the requests in one second.
    pub peak: f64,
    /// Seconds after the outage from which 5 s of successes reach 95 % of the requests; `None` when that never happens.
    pub recovery: Option<f64>,
    /// The part of the requests that succeeded in the 60 s after the outage.
    pub good60: f64,
    /// Attempts per request at the end of the run.
    pub tail: f64,
}

const WINDOW: usize = 5;

impl Trace {
    pub fn new(length: f64) -> Self {
        let mut counted = 0.0;
        let slots = std::iter::from_fn(|| {
            counted += 1.0;
            (counted <= length.ceil() + 1.0).then(Counts::default)
        });
        Self { seconds: slots.collect() }
    }

    pub fn request(&mut self, at: Instant) {
        self.count(at, |counts| counts.requests += 1);
    }

    pub fn attempt(&mut self, at: Instant) {
        self.count(at, |counts| counts.attempts += 1);
    }

    pub fn success(&mut self, at: Instant) {
        self.count(at, |counts| counts.successes += 1);
    }

    fn count(&mut self, at: Instant, add: impl FnOnce(&mut Counts)) {
        if let Some(counts) = self.seconds.get_mut(second(at)) {
            add(counts);
        }
    }

    /// Returns the figures of the run.
    pub fn figures(&self, fleet: &Fleet) -> Figures {
        let (start, end) = (second(fleet.outage.start()), second(fleet.outage.end()));
        let last = end + second(crate::engine::span(fleet.settle));
        let tail = (last - end).min(60) / 2 + 1;
        let busiest = self.seconds.iter().map(|counts| counts.attempts).max().unwrap_or_default();
        let after = self.sum(end, (end + 60).min(last));
        let outage = self.sum(start, end);
        let ending = self.sum(last - tail, last);
        Figures {
            amplification: ratio(outage.attempts, outage.requests),
            peak: f64::from(busiest) / fleet.rate(),
            recovery: self.recovery(fleet, end, last),
            good60: ratio(after.successes, after.requests),
            tail: ratio(ending.attempts, ending.requests),
        }
    }

    fn recovery(&self, fleet: &Fleet, end: usize, last: usize) -> Option<f64> {
        let enough = 0.95 * count(WINDOW) * fleet.rate();
        let latest = last.checked_sub(WINDOW)?;
        let first = (end..=latest).find(|&from| f64::from(self.sum(from, from + WINDOW).successes) >= enough)?;
        Some(count(first) - seconds(fleet.outage.end()))
    }

    /// Returns the sums of the seconds from `from` (included) to `to` (not included).
    fn sum(&self, from: usize, to: usize) -> Counts {
        let chosen = self.seconds.get(from..to).unwrap_or_default();
        chosen.iter().fold(Counts::default(), |sum, counts| Counts {
            requests: sum.requests + counts.requests,
            attempts: sum.attempts + counts.attempts,
            successes: sum.successes + counts.successes,
        })
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}
