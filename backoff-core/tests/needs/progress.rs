//! Needs about progress: a sequence that starts over, and an answer that is not final yet.

use std::collections::VecDeque;
use std::time::Duration;

use backoff_core::{Fault, Policy, StopReason, retry};
use support::{all_ms, secs};

#[derive(Debug, PartialEq)]
struct Broken {
    received: usize,
}

#[test]
fn a_failure_after_progress_starts_over() {
    #[retry(max_attempts = 3, delay = "0s", reset_when = |broken| broken.received > 0)]
    fn download(file: &mut Vec<u8>, chunks: &mut VecDeque<usize>) -> Result<usize, Broken> {
        let received = chunks.pop_front().unwrap_or(0);
        file.extend(vec![0; received]);
        if file.len() >= 100 { Ok(file.len()) } else { Err(Broken { received }) }
    }

    let mut slow = VecDeque::from([10; 10]);
    assert_eq!(download(&mut Vec::new(), &mut slow), Ok(100), "nine failures, each after progress");
    let mut dead = VecDeque::from([10, 0, 0, 0, 90]);
    assert_eq!(download(&mut Vec::new(), &mut dead), Err(Broken { received: 0 }));
    assert_eq!(dead, [0, 90], "the first failure counts, too, so attempts 2 and 3 end the new sequence");
}

#[test]
fn a_slow_dead_host_is_not_taken_for_a_healthy_one() {
    let (policy, mut calls) = (Policy::constant(secs(1)).max_attempts(3).build(), 0);
    let call = policy.retry_mut(async || {
        calls += 1;
        tokio::time::sleep(secs(60)).await; // long, but without progress
        Err::<(), _>(Broken { received: 0 })
    });
    let result = support::paused(call.reset_when(|broken| broken.received > 0).call());
    assert_eq!((result, calls), (Err(Broken { received: 0 }), 3));
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Done,
    Running { ask_in: Duration },
    Failed,
}

const IN_TWO_SECONDS: Job = Job::Running { ask_in: secs(2) };

#[test]
fn a_poll_answer_names_the_time_of_the_next_poll_or_the_end() {
    #[retry(
        max_elapsed = "10m", delay = "0s", unmet = last, sleep = |delay| delays.push(delay),
        until = |job| match job {
            Job::Done => Ok(()),
            Job::Running { ask_in } => Err(Fault::PushBack(*ask_in)),
            Job::Failed => Err(Fault::Permanent),
        }
    )]
    fn poll(jobs: &mut impl Iterator<Item = Job>, delays: &mut Vec<Duration>) -> Option<Job> {
        jobs.next()
    }

    let mut delays = Vec::new();
    let mut jobs = [IN_TWO_SECONDS, IN_TWO_SECONDS, Job::Done].into_iter();
    assert_eq!((poll(&mut jobs, &mut delays), delays), (Some(Job::Done), all_ms([2_000, 2_000])));

    let mut delays = Vec::new();
    let mut jobs = [IN_TWO_SECONDS, Job::Failed, Job::Done].into_iter();
    assert_eq!((poll(&mut jobs, &mut delays), delays), (Some(Job::Failed), all_ms([2_000])));
    assert_eq!(jobs.next(), Some(Job::Done), "nothing was polled after the end");
}

#[test]
fn a_report_contains_the_reason_of_a_poll_that_ended_without_an_answer() {
    let policy = Policy::constant(secs(1)).max_attempts(3).build();
    let call = policy.retry(|| Some(IN_TWO_SECONDS)).until(|job| *job == Job::Done).sleep(|_| ());
    let success = call.call_report().unwrap();
    assert_eq!((success.value, success.stopped), (IN_TWO_SECONDS, Some(StopReason::MaxAttempts)));
}
