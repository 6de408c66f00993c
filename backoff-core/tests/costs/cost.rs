//! Clock reads, random draws and state: none before it is needed.

use std::cell::Cell;
use std::future::ready;
use std::io;
use std::time::Duration;

use backoff_core::{Fault, Jitter, Policy, PolicyBuilder, Since, StopReason, retry};
use support::{block_on, ms, secs};
use tokio::task::yield_now;

const PLAIN: PolicyBuilder = Policy::exponential().max_attempts(4);

/// The clock reads and the random draws of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    reads: u32,
    draws: u32,
}

/// Counts the costs of one call, in both drivers; `failures` attempts fail before one succeeds.
#[track_caller]
fn cost(policy: Policy, failures: u32) -> Cost {
    cost_of(policy, failures, Fault::Transient)
}

#[track_caller]
fn cost_of(policy: Policy, failures: u32, fault: Fault) -> Cost {
    let (reads, draws, calls) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let clock = || {
        reads.set(reads.get() + 1);
        Duration::ZERO
    };
    let random = || {
        draws.set(draws.get() + 1);
        1 << 62
    };
    let attempt = || {
        calls.set(calls.get() + 1);
        if calls.get() <= failures { Err("down") } else { Ok(()) }
    };
    let blocking = policy.retry(attempt).when(|_| fault).clock(clock).random(random).sleep(|_| ()).call();
    let expected = Cost { reads: reads.take(), draws: draws.take() };
    calls.set(0);
    let call = policy.retry(|| ready(attempt())).when(|_| fault).clock(clock).random(random).sleep(|_| ready(()));
    assert_eq!(block_on(call.into_future()), blocking);
    assert_eq!(Cost { reads: reads.get(), draws: draws.get() }, expected, "async (left) and blocking (right) differ");
    expected
}

const NOTHING: Cost = Cost { reads: 0, draws: 0 };

#[test]
fn a_success_reads_no_clock_and_draws_nothing() {
    assert_eq!(cost(PLAIN.build(), 0), NOTHING);
    assert_eq!(cost(PLAIN.max_elapsed(secs(1)).since(Since::FirstFailure).build(), 0), NOTHING);
    assert_eq!(cost(PLAIN.max_push_back(secs(1)).idempotent().build(), 0), NOTHING);
}

#[test]
fn a_success_reads_the_clock_where_time_since_the_call_was_asked_for() {
    assert_eq!(cost(PLAIN.max_elapsed(secs(1)).build(), 0), Cost { reads: 1, draws: 0 });
    let reset = cost(PLAIN.reset_after(secs(1)).build(), 0);
    assert!(reset.reads >= 1 && reset.draws == 0, "{reset:?}");
}

#[test]
fn failures_read_no_clock_where_no_time_was_asked_for() {
    assert_eq!(cost(PLAIN.build(), 3), Cost { reads: 0, draws: 3 });
    assert_eq!(cost(PLAIN.build(), 4), Cost { reads: 0, draws: 3 });
}

#[test]
fn a_time_limit_costs_one_read_at_the_start_and_one_for_each_failure() {
    // four attempts, and all fail
    assert_eq!(cost(PLAIN.max_elapsed(secs(60)).build(), 4), Cost { reads: 5, draws: 3 });
    let since_failure = PLAIN.max_elapsed(secs(60)).since(Since::FirstFailure).build();
    assert_eq!(cost(since_failure, 4), Cost { reads: 4, draws: 3 });
}

#[test]
fn one_number_is_drawn_for_each_retry_and_none_without_jitter() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Factor(0.5), Jitter::Decorrelated] {
        assert_eq!(cost(PLAIN.jitter(jitter).build(), 2).draws, 2, "{jitter:?}");
    }
    assert_eq!(cost(PLAIN.jitter(Jitter::None).build(), 3), NOTHING);
    assert_eq!(cost(Policy::constant(Duration::ZERO).build(), 2), NOTHING);
}

#[test]
fn a_failure_that_cannot_be_retried_draws_nothing() {
    assert_eq!(cost_of(PLAIN.build(), 1, Fault::Permanent), NOTHING);
    assert_eq!(cost_of(PLAIN.build(), 1, Fault::Ambiguous), NOTHING);
    assert_eq!(cost(Policy::never().build(), 1), NOTHING);
}

#[test]
fn a_backoff_of_the_caller_is_not_started_by_a_success() {
    struct Counting(Cell<u32>);
    impl backoff_core::Backoff for Counting {
        type State = ();
        fn start(&self) {
            self.0.set(self.0.get() + 1);
        }
        fn next(&self, (): &mut ()) -> Option<Duration> {
            Some(ms(1))
        }
    }
    let policy = Policy::with_backoff(Counting(Cell::new(0))).max_attempts(5).build();
    assert_eq!(policy.retry(|| Ok::<_, ()>(1)).call(), Ok(1));
    assert_eq!(policy.backoff().0.get(), 0);
    assert_eq!(policy.retry(|| Err::<(), _>(1)).sleep(|_| ()).call(), Err(1));
    assert_eq!(policy.backoff().0.get(), 1, "once for the call");
}

#[test]
fn a_report_or_a_hook_reads_the_clock() {
    let reads = Cell::new(0_u64);
    let clock = || {
        reads.set(reads.get() + 1);
        ms(reads.get())
    };
    let policy = PLAIN.build();
    let success = policy.retry(|| Ok::<_, ()>(1)).clock(clock).call_report().unwrap();
    assert!(reads.take() >= 2 && success.elapsed > Duration::ZERO);
    assert_eq!(policy.retry(|| Ok::<_, ()>(1)).on_retry(|_| ()).clock(clock).call(), Ok(1));
    assert_eq!(reads.take(), 1, "the start, in case of a failure");
}

#[test]
fn the_iterator_of_delays_draws_one_number_for_each_delay() {
    let draws = Cell::new(0);
    let random = || {
        draws.set(draws.get() + 1);
        0
    };
    assert_eq!(PLAIN.build().delays().random(random).count(), 3);
    assert_eq!(draws.get(), 3);
}

#[test]
fn a_manual_loop_reports_its_attempts_and_times() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(2).build();
    let mut attempts = policy.start();
    assert_eq!(attempts.pause("down"), Ok(()));
    assert_eq!(attempts.pause("still down"), Err("still down"));
    let error = attempts.explain("still down");
    assert_eq!((error.attempts, error.reason, error.slept), (2, StopReason::MaxAttempts, Duration::ZERO));
    assert_eq!(error.last, "still down");
}

#[test]
fn a_manual_loop_without_a_limit_counts_elapsed_time_from_its_first_failure() {
    support::paused(async {
        let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_attempts(3).build();
        let mut attempts = policy.start();
        tokio::time::sleep(secs(100)).await;
        while attempts.pause_async("down").await.is_ok() {}
        assert_eq!(attempts.explain("down").elapsed, secs(2));
    });
}

async fn plain(path: &str) -> io::Result<usize> {
    let buffer = [0_u8; 256];
    yield_now().await;
    if buffer.len() == path.len() { Ok(buffer.len()) } else { Err(io::Error::other("length")) }
}

#[retry]
async fn retried(path: &str) -> io::Result<usize> {
    let buffer = [0_u8; 256];
    yield_now().await;
    if buffer.len() == path.len() { Ok(buffer.len()) } else { Err(io::Error::other("length")) }
}

async fn by_hand(path: &str) -> io::Result<usize> {
    let mut attempt = 1;
    loop {
        let result = plain(path).await;
        if result.is_ok() || attempt == 3 {
            return result;
        }
        drop(result);
        attempt += 1;
        tokio::time::sleep(ms(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_future_is_no_larger_than_a_manual_loop() {
    let (retried, by_hand) = (retried("x"), by_hand("x"));
    assert!(size_of_val(&retried) <= size_of_val(&by_hand), "{} {}", size_of_val(&retried), size_of_val(&by_hand));
    assert!(retried.await.is_err() && by_hand.await.is_err());
}
