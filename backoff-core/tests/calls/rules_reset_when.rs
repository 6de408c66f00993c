//! A failure after progress starts a new sequence: attempts, backoff and elapsed time.

use std::time::Duration;

use backoff_core::{Fault, Jitter, Policy, PolicyBuilder, Since, StopReason, retry, testing};
use support::{all_ms, ms, secs};

const PLAIN: PolicyBuilder = Policy::linear().jitter(Jitter::None);

/// Runs a call whose attempts fail with these numbers in turn, then with 0; a number above 0 is progress. Returns its
/// delays, its attempts and its reason.
fn run(policy: &Policy, progress: &[u32]) -> (Vec<Duration>, u32, StopReason) {
    let mut failures = progress.iter().copied();
    let mut delays = Vec::new();
    let report = policy
        .retry(|| Err::<(), u32>(failures.next().unwrap_or(0)))
        .reset_when(|received| *received > 0)
        .on_retry(|event| delays.push(event.delay()))
        .sleep(|_| ())
        .call_report();
    let error = report.expect_err("every attempt fails");
    (delays, error.attempts, error.reason)
}

#[test]
fn attempts_and_backoff_start_again_at_a_failure_after_progress() {
    let policy = PLAIN.max_attempts(3).build();
    assert_eq!(run(&policy, &[]), (all_ms([100, 200]), 3, StopReason::MaxAttempts));
    assert_eq!(run(&policy, &[0, 7]), (all_ms([100, 100, 200]), 4, StopReason::MaxAttempts));
    assert_eq!(run(&policy, &[0, 0, 7, 0, 7]), (all_ms([100, 200, 100, 200, 100, 200]), 7, StopReason::MaxAttempts));
}

#[test]
fn a_single_attempt_has_no_retry_after_progress_either() {
    assert_eq!(run(&PLAIN.max_attempts(1).build(), &[7]).1, 1, "the failure counts as the first of one");
}

#[test]
fn a_permanent_failure_after_progress_ends_the_call() {
    let policy = PLAIN.build();
    let report = policy.retry(|| Err::<(), _>(())).when(|()| Fault::Permanent).reset_when(|()| true).call_report();
    assert_eq!(report.unwrap_err().reason, StopReason::Permanent);
}

#[test]
fn elapsed_time_counts_from_the_failure_after_progress() {
    let builder = Policy::constant(ms(100)).jitter(Jitter::None).max_elapsed(secs(1));
    for since in [Since::Call, Since::FirstFailure] {
        let time = std::cell::Cell::new(Duration::ZERO);
        let script = [(800, false), (5_000, true), (800, false), (0, false), (0, false)];
        let mut steps = script.into_iter();
        let report = builder
            .since(since)
            .build()
            .retry(|| {
                let (runs, progress) = steps.next().unwrap_or((0, true));
                time.set(time.get() + ms(runs));
                Err::<(), bool>(progress)
            })
            .reset_when(|progress| *progress)
            .clock(|| time.get())
            .sleep(|delay| time.set(time.get() + delay))
            .call_report();
        // 5.9 s is the new start: the next failures are 0.9 s and 1 s after it.
        let error = report.unwrap_err();
        assert_eq!((error.attempts, error.reason, error.elapsed), (4, StopReason::MaxElapsed, ms(6_900)), "{since:?}");
    }
}

#[test]
fn either_of_reset_after_and_reset_when_starts_a_new_sequence() {
    let time = std::cell::Cell::new(Duration::ZERO);
    let script = [(0, 0), (0, 5), (9, 0), (0, 0)]; // seconds and progress
    let mut steps = script.into_iter();
    let mut delays = Vec::new();
    let policy = PLAIN.max_attempts(3).reset_after(secs(9)).build();
    let _ = policy
        .retry(|| {
            let (runs, progress) = steps.next().unwrap_or((0, 0));
            time.set(time.get() + secs(runs));
            Err::<(), u32>(progress)
        })
        .reset_when(|progress| *progress > 0)
        .on_retry(|event| delays.push((event.attempt(), event.delay())))
        .clock(|| time.get())
        .sleep(|delay| time.set(time.get() + delay))
        .call();
    assert_eq!(delays, [(1, ms(100)), (1, ms(100)), (1, ms(100)), (2, ms(200))]);
}

#[test]
fn an_unmet_condition_is_no_progress() {
    let policy = PLAIN.max_attempts(3).build();
    let report = policy
        .retry(|| Ok::<u32, ()>(1))
        .until(|_| false)
        .reset_when(|()| panic!("an unmet value is no error"))
        .sleep(|_| ())
        .call_report();
    assert_eq!(report.unwrap().attempts, 3);
}

#[test]
fn a_guard_that_sets_the_number_of_attempts_counts_all_of_them() {
    let _test = testing::Setup::new().no_waits().force_attempts(4).for_thread();
    let policy = PLAIN.max_attempts(2).build();
    let report = policy.retry(|| Err::<(), _>(())).reset_when(|()| true).call_report();
    assert_eq!(report.unwrap_err().attempts, 4);
}

struct Download {
    offset: usize,
    size: usize,
}

impl Download {
    /// Receives 10 bytes, then the connection breaks; 20 bytes cannot be received.
    #[retry(max_attempts = 2, delay = "0s", reset_when = |received| *received > 0 && self.size < 100)]
    fn receive(&mut self, calls: &mut u32) -> Result<usize, usize> {
        *calls += 1;
        let received = if self.offset + 20 >= self.size { 0 } else { 10 };
        self.offset += received;
        Err(received)
    }

    #[retry(max_attempts = 2, delay = "0s", reset_when = made_progress)]
    async fn receive_async(&mut self) -> Result<usize, usize> {
        let received = if self.offset + 20 >= self.size { 0 } else { 10 };
        self.offset += received;
        Err(received)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature of `reset_when`")]
fn made_progress(received: &usize) -> bool {
    *received > 0
}

#[test]
fn the_closure_of_an_annotated_function_sees_the_error_and_the_arguments() {
    let mut calls = 0;
    let mut small = Download { offset: 0, size: 60 };
    assert_eq!(small.receive(&mut calls), Err(0));
    assert_eq!((small.offset, calls), (40, 5), "four failures after progress, then one without");
    calls = 0;
    let mut large = Download { offset: 0, size: 100 };
    assert_eq!(large.receive(&mut calls), Err(10));
    assert_eq!((large.offset, calls), (20, 2), "the arguments decide, too");
}

#[tokio::test(start_paused = true)]
async fn an_async_function_starts_over_after_progress() {
    let mut download = Download { offset: 0, size: 60 };
    assert_eq!(download.receive_async().await, Err(0));
    assert_eq!(download.offset, 40);
}
