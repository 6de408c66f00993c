//! One table runner for all drivers: a case is a policy and a script of the attempts, a trace is the observed result.
//!
//! Every case runs in virtual time through the blocking driver, the async driver on a small custom executor, the async
//! driver on tokio's paused time with the default sleeper, and a manual loop on the same time. All must agree step by
//! step; the test then asserts the numbers of the common trace.
#![expect(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "only tests use this crate"
)]

mod events;
pub mod project;
mod run;
mod time;

use std::fmt;
use std::time::Duration;

use backoff_core::{Backoff, Fault, Policy, Random, Schedule, Seeded, StopReason};

pub use self::events::Events;
pub use self::time::{Virtual, block_on, paused};

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub const fn ns(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

/// A list of delays, in milliseconds.
pub fn all_ms<const N: usize>(millis: [u64; N]) -> Vec<Duration> {
    millis.map(ms).to_vec()
}

/// Returns whether `delay` is within `low..=high`, in milliseconds.
pub fn is_within(delay: Duration, low: u64, high: u64) -> bool {
    (ms(low)..=ms(high)).contains(&delay)
}

/// The error of a scripted attempt: the number of the attempt, and its fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub attempt: u32,
    pub fault: Fault,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trouble at attempt {}", self.attempt)
    }
}

impl std::error::Error for Trouble {}

/// The script of one attempt: it runs for a while, then ends.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    runs: Duration,
    ends: Result<u32, Fault>,
}

impl Step {
    /// Lets the attempt run this long first.
    pub const fn after(mut self, runs: Duration) -> Self {
        self.runs = runs;
        self
    }

    fn outcome(&self, attempt: u32) -> Result<u32, Trouble> {
        self.ends.map_err(|fault| Trouble { attempt, fault })
    }
}

pub const fn ok(value: u32) -> Step {
    Step { runs: Duration::ZERO, ends: Ok(value) }
}

pub const fn fails(fault: Fault) -> Step {
    Step { runs: Duration::ZERO, ends: Err(fault) }
}

/// A transient failure.
pub const FAILS: Step = fails(Fault::Transient);

/// The source of the jitter of a case.
#[derive(Clone, Copy, Debug)]
enum Draws {
    Seed(u64),
    Always(u64),
}

/// The source of random numbers of one run.
enum Source {
    Seeded(Box<Seeded>),
    Always(u64),
}

impl Random for Source {
    fn draw(&mut self) -> u64 {
        match self {
            Self::Seeded(seeded) => seeded.draw(),
            Self::Always(number) => *number,
        }
    }
}

/// A policy, the script of the attempts, and the events around them.
// Backoffs need not implement `Debug`.
#[expect(missing_debug_implementations, reason = "a backoff may lack it")]
pub struct Case<B: Backoff = Schedule> {
    policy: Policy<B>,
    /// The last step repeats.
    script: Vec<Step>,
    draws: Draws,
    /// The attempt during which the call is cancelled; 0 is before the call.
    cancelled_in: Option<u32>,
    /// The least value that ends the call.
    least: Option<u32>,
    runs_on_tokio: bool,
}

impl<B: Backoff> Case<B> {
    /// A case whose last step repeats for ever.
    pub fn new(policy: Policy<B>, script: impl Into<Vec<Step>>) -> Self {
        let draws = Draws::Seed(42);
        Self { policy, script: script.into(), draws, cancelled_in: None, least: None, runs_on_tokio: true }
    }

    /// A case in which every attempt fails at once, with a transient error.
    pub fn always_fails(policy: Policy<B>) -> Self {
        Self::new(policy, [FAILS])
    }

    pub fn seed(mut self, seed: u64) -> Self {
        self.draws = Draws::Seed(seed);
        self
    }

    /// Uses this number for every draw: 0 for the shortest delay, `u64::MAX` for the longest.
    pub fn draws(mut self, number: u64) -> Self {
        self.draws = Draws::Always(number);
        self
    }

    pub fn cancelled_in(mut self, attempt: u32) -> Self {
        self.cancelled_in = Some(attempt);
        self
    }

    pub fn until_at_least(mut self, value: u32) -> Self {
        self.least = Some(value);
        self
    }

    /// Skips the run in tokio's time, which counts whole milliseconds and ends after some years.
    pub fn without_tokio(mut self) -> Self {
        self.runs_on_tokio = false;
        self
    }

    fn source(&self) -> Source {
        match self.draws {
            Draws::Seed(seed) => Source::Seeded(Box::new(Seeded::new(seed))),
            Draws::Always(number) => Source::Always(number),
        }
    }

    fn step(&self, attempt: u32) -> Step {
        let position = usize::try_from(attempt - 1).expect("a case has few attempts");
        *self.script.get(position).or(self.script.last()).expect("a case has at least one step")
    }

    fn is_good_enough(&self, value: u32) -> bool {
        self.least.is_none_or(|least| value >= least)
    }
}

/// An event of a call, seen by a hook.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Retry { attempt: u32, max_attempts: Option<u32>, error: Option<Trouble>, delay: Duration, elapsed: Duration },
    GaveUp { attempts: u32, error: Option<Trouble>, reason: StopReason, elapsed: Duration },
    Recovered { attempts: u32, elapsed: Duration },
}

/// All outside observations of one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Executions of the operation.
    pub calls: u32,
    /// The start of each attempt.
    pub started: Vec<Duration>,
    /// The time between attempts, without zeros.
    pub slept: Vec<Duration>,
    /// The number of calls of the classifier.
    pub judged: u32,
    pub events: Vec<Event>,
    pub result: Result<u32, Trouble>,
    /// The reason to stop; `None` for a success.
    pub reason: Option<StopReason>,
    pub report: Report,
}

/// The attempts and times that the call itself reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    pub attempts: u32,
    pub elapsed: Duration,
    pub slept: Duration,
}

impl Trace {
    /// Returns the delays that `on_retry` received.
    pub fn announced(&self) -> Vec<Duration> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::Retry { delay, .. } => Some(*delay),
                _ => None,
            })
            .collect()
    }

    /// Returns the number of retries that `on_retry` received.
    pub fn retries(&self) -> usize {
        self.announced().len()
    }

    /// Returns the calls and the reason to stop, for cases that differ only in these.
    pub fn ended(&self) -> (u32, Option<StopReason>) {
        (self.calls, self.reason)
    }

    fn is_in_whole_millis(&self) -> bool {
        self.started
            .iter()
            .chain(&self.slept)
            .chain([&self.report.elapsed])
            .all(|time| time.subsec_nanos() % 1_000_000 == 0)
    }

    /// Removes the times from a trace, for a timer that may be up to a millisecond late.
    fn without_times(mut self) -> Self {
        self.started.clear();
        self.slept.clear();
        self.report.elapsed = Duration::ZERO;
        for event in &mut self.events {
            match event {
                Event::Retry { elapsed, .. } | Event::GaveUp { elapsed, .. } | Event::Recovered { elapsed, .. } => {
                    *elapsed = Duration::ZERO;
                }
            }
        }
        self
    }
}
