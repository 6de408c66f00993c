//! A worker that ends in time: delays and hanging attempts end at once, and the job in progress returns to its queue.

use std::collections::VecDeque;
use std::time::Duration;

use backoff_core::{CancelToken, Cancelled, retry};
use support::{paused, secs};
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Quick,
    Refused,
    Hangs,
}

#[derive(Debug, PartialEq)]
enum Failure {
    Refused,
    Cancelled,
}

impl From<Cancelled> for Failure {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

#[retry(max_attempts = 3, delay = "10s", jitter = none, cancel = stop, cancel_attempts)]
async fn process(job: Job, stop: &CancelToken) -> Result<(), Failure> {
    match job {
        Job::Quick => Ok(()),
        Job::Refused => Err(Failure::Refused),
        Job::Hangs => std::future::pending().await,
    }
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    done: usize,
    dead: Vec<Job>,
}

async fn work(queue: &mut Queue, stop: &CancelToken) {
    while !stop.is_cancelled() {
        let Some(job) = queue.jobs.pop_front() else { return };
        match process(job, stop).await {
            Ok(()) => queue.done += 1,
            Err(_) if stop.is_cancelled() => queue.jobs.push_front(job),
            Err(_) => queue.dead.push(job),
        }
    }
}

/// Lets a worker run on `jobs` until the shutdown. Returns its queue, and the time of its end.
fn run(jobs: impl Into<VecDeque<Job>>, shutdown_after: Duration) -> (Queue, Duration) {
    paused(async {
        let (start, stop) = (Instant::now(), CancelToken::new());
        let (worker, signal) = (stop.clone(), stop);
        let mut queue = Queue { jobs: jobs.into(), ..Queue::default() };
        let worker = tokio::spawn(async move {
            work(&mut queue, &worker).await;
            (queue, start.elapsed())
        });
        tokio::time::sleep(shutdown_after).await;
        signal.cancel();
        worker.await.unwrap()
    })
}

#[test]
fn a_worker_without_shutdown_empties_its_queue() {
    let (queue, ended) = run([Job::Quick, Job::Refused, Job::Quick], secs(60));
    assert_eq!((queue.done, queue.dead, ended), (2, vec![Job::Refused], secs(20)));
}

#[test]
fn a_shutdown_ends_a_delay_and_keeps_the_job() {
    let (queue, ended) = run([Job::Quick, Job::Refused, Job::Quick], secs(15));
    assert_eq!((queue.done, queue.dead, ended), (1, vec![], secs(15)));
    assert_eq!(queue.jobs, [Job::Refused, Job::Quick]);
}

#[test]
fn a_shutdown_ends_an_attempt_that_hangs_and_keeps_the_job() {
    let (queue, ended) = run([Job::Hangs, Job::Quick], secs(7));
    assert_eq!((queue.done, queue.dead, ended), (0, vec![], secs(7)));
    assert_eq!(queue.jobs, [Job::Hangs, Job::Quick]);
}
