//! The load of one run, and its cost.

use std::cell::Cell;
use std::error::Error;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use backoff_core::{FaultKind, Policy};

use crate::counter::{Counter, of_sqlite};

/// The cost for one writer, or for all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    calls: u32,
    attempts: u32,
    /// Calls that ended with an error, because the file was busy for longer than the policy waits.
    pub(crate) gave_up: u32,
    /// Of one call.
    pub(crate) most_attempts: u32,
    pub(crate) longest_call: Duration,
    /// From the start of all writers to the end of the last.
    pub(crate) total_time: Duration,
}

impl Load {
    /// Lets `writers` threads increment a new counter `increments` times each, and checks the counter.
    pub(crate) fn run(policy: Policy, writers: u32, increments: u32) -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let file = Counter::create(directory.path())?;
        let start = Barrier::new(writers as usize);
        let all = thread::scope(|threads| {
            let write = |writer| Self::write(&file, policy, writer, increments, &start);
            let running: Vec<_> = (0..writers).map(|writer| threads.spawn(move || write(writer))).collect();
            running.into_iter().map(|thread| thread.join().expect("a writer does not panic")).collect::<Vec<_>>()
        });
        let mut load = Self::default();
        for one in all {
            load = load.and(one?);
        }
        let succeeded = load.calls - load.gave_up;
        let (value, noted) = Counter::open(&file, policy)?.totals()?;
        if (value, noted, load.calls) != (succeeded, succeeded, writers * increments) {
            return Err(format!("the counter is at {value}, {noted} increments were noted, {succeeded} made").into());
        }
        Ok(load)
    }

    fn write(file: &Path, policy: Policy, writer: u32, increments: u32, start: &Barrier) -> rusqlite::Result<Self> {
        let counter = Counter::open(file, policy);
        start.wait(); // also after an error, so that nobody waits for ever
        let mut counter = counter?;
        let mut load = Self::default();
        let started = Instant::now();
        for number in 0..increments {
            let (attempts, called) = (Cell::new(0), Instant::now());
            match counter.increment(writer, number, &attempts) {
                Err(error) if of_sqlite(&error).kind() != FaultKind::Transient => return Err(error),
                result => load.gave_up += u32::from(result.is_err()),
            }
            load.calls += 1;
            load.attempts += attempts.get();
            load.most_attempts = load.most_attempts.max(attempts.get());
            load.longest_call = load.longest_call.max(called.elapsed());
        }
        load.total_time = started.elapsed();
        Ok(load)
    }

    /// Combines two loads that ran at the same time.
    fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            attempts: self.attempts + other.attempts,
            gave_up: self.gave_up + other.gave_up,
            most_attempts: self.most_attempts.max(other.most_attempts),
            longest_call: self.longest_call.max(other.longest_call),
            total_time: self.total_time.max(other.total_time),
        }
    }

    pub(crate) fn attempts_per_call(&self) -> f64 {
        f64::from(self.attempts) / f64::from(self.calls)
    }
}
