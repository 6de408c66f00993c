//! Polling: a call is repeated until its value is good enough, although it succeeds.

use std::cell::Cell;

use backoff_core::retry;

/// A job on a build farm; each look finds it closer to its end.
struct Farm {
    looks: Cell<u32>,
    per_look: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Job {
    percent: u32,
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum FarmError {
    #[error("the farm does not answer")]
    NoAnswer,
    #[error("the job is at {0} %, and the time is over")]
    NotDone(u32),
}

impl Farm {
    const fn new(per_look: u32) -> Self {
        Self { looks: Cell::new(0), per_look }
    }

    /// The second look fails, as requests over a network do.
    fn look(&self) -> Result<Job, FarmError> {
        self.looks.set(self.looks.get() + 1);
        if self.looks.get() == 2 {
            return Err(FarmError::NoAnswer);
        }
        Ok(Job { percent: (self.looks.get() * self.per_look).min(100) })
    }
}

/// Waits for the job; returns an error if it is late.
#[retry(
    delay = "5ms",
    max_attempts = 10,
    until = |job| job.percent == 100,
    unmet = |job| Err(FarmError::NotDone(job.percent)),
    on_retry = |event| println!("  {event}"),
)]
async fn finished(farm: &Farm) -> Result<Job, FarmError> {
    farm.look()
}

/// Waits for the job; returns it unfinished if it is late.
#[retry(
    delay = "50ms",
    max_elapsed = "250ms",
    until = |job| job.percent == 100,
    unmet = last,
    on_give_up = |event| println!("  {event}"),
)]
fn latest(farm: &Farm) -> Result<Job, FarmError> {
    farm.look()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("a quick job");
    let quick = Farm::new(20);
    let job = finished(&quick).await;
    println!("  {job:?} after {} looks", quick.looks.get());
    assert_eq!(job, Ok(Job { percent: 100 }));
    assert_eq!(quick.looks.get(), 5);

    println!("a slow job, with 10 looks");
    let slow = Farm::new(1);
    let job = finished(&slow).await;
    println!("  {job:?} after {} looks", slow.looks.get());
    assert_eq!(job, Err(FarmError::NotDone(10)));
    assert_eq!(slow.looks.get(), 10);

    println!("a job that never moves, with 250 ms to look");
    let stuck = Farm::new(0);
    let job = latest(&stuck);
    println!("  {job:?} after {} looks", stuck.looks.get());
    assert_eq!(job, Ok(Job { percent: 0 }));
}
