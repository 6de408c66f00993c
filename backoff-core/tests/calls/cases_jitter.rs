//! Jitter differs between calls, repeats with a seed, and stays spread out at the cap.

use std::cell::RefCell;
use std::collections::HashSet;
use std::future::ready;
use std::thread;
use std::time::Duration;

use backoff_core::{Jitter, Policy};
use support::{block_on, secs};

const POLICY: Policy = Policy::exponential().max_attempts(6).build();

fn slept(seed: Option<u64>) -> Vec<Duration> {
    let slept = RefCell::new(Vec::new());
    let call = POLICY.retry(|| Err::<(), _>("down")).sleep(|delay| slept.borrow_mut().push(delay));
    let result = match seed {
        Some(seed) => call.seed(seed).call(),
        None => call.call(),
    };
    assert_eq!(result, Err("down"));
    slept.into_inner()
}

fn slept_async(seed: Option<u64>) -> Vec<Duration> {
    let slept = RefCell::new(Vec::new());
    let call = POLICY.retry(|| ready(Err::<(), _>("down"))).sleep(|delay| {
        slept.borrow_mut().push(delay);
        ready(())
    });
    let result = match seed {
        Some(seed) => block_on(call.seed(seed).into_future()),
        None => block_on(call.into_future()),
    };
    assert_eq!(result, Err("down"));
    slept.into_inner()
}

#[test]
fn two_calls_differ() {
    assert_ne!(slept(None), slept(None));
    assert_ne!(slept_async(None), slept_async(None));
    assert_ne!(slept(None), slept_async(None));
}

#[test]
fn one_seed_repeats_in_either_driver_and_in_the_iterator() {
    let expected: Vec<_> = POLICY.delays().seed(7).collect();
    assert_eq!(expected.len(), 5);
    assert_eq!(slept(Some(7)), expected);
    assert_eq!(slept(Some(7)), expected);
    assert_eq!(slept_async(Some(7)), expected);
    assert_ne!(slept(Some(8)), expected);
}

#[test]
fn neighbouring_seeds_share_no_delay() {
    let all: Vec<_> = (0..100).flat_map(|seed| POLICY.delays().seed(seed)).collect();
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn each_thread_and_each_copy_of_a_policy_draws_different_numbers() {
    let copy = POLICY;
    let of = |policy: &Policy| policy.delays().collect::<Vec<_>>();
    let mut all = vec![of(&POLICY), of(&copy)];
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| POLICY.delays().collect::<Vec<_>>())).collect();
    all.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{all:?}");
}

#[test]
fn at_the_cap_over_nine_in_ten_of_a_thousand_delays_are_distinct() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Factor(0.1), Jitter::Factor(0.5), Jitter::Decorrelated] {
        let policy = Policy::exponential().initial_delay(secs(10)).max_delay(secs(20)).jitter(jitter).forever().build();
        let delays: Vec<_> = policy.delays().seed(3).skip(5).take(1_000).collect();
        let distinct: HashSet<_> = delays.iter().collect();
        assert!(distinct.len() > 900, "{} distinct delays with {jitter:?}", distinct.len());
        assert!(delays.iter().all(|delay| *delay <= secs(20)), "{jitter:?}");
    }
}

#[test]
fn a_thousand_calls_that_failed_together_do_not_come_back_together() {
    let first: HashSet<_> = (0..1_000).filter_map(|_| POLICY.delays().next()).collect();
    assert!(first.len() > 900, "{} distinct first delays", first.len());
}
