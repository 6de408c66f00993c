//! Ten thousand async calls and a thousand threads that wait at once: every result is right, and no call costs more
//! than a loop written by hand. Times are not looked at.

use backoff_benches::scale::tasks::{self, Waited};
use backoff_benches::scale::threads;

const CALLS: u32 = 10_000;
const THREADS: u32 = 1_000;

/// Bytes and allocations of calls that were checked.
fn waited(way: &str, calls: u32) -> Waited {
    let run = tasks::WAYS.iter().find(|(name, _)| *name == way).map(|(_, run)| run);
    let waited = run.map_or_else(|| panic!("no way {way}"), |run| run(calls));
    waited.check(calls).unwrap_or_else(|problem| panic!("{way}: {problem}"));
    waited
}

#[test]
fn each_of_ten_thousand_calls_waits_and_then_answers_whatever_crate_it_goes_through() {
    for (way, run) in tasks::WAYS {
        run(CALLS).check(CALLS).unwrap_or_else(|problem| panic!("{way}: {problem}"));
    }
}

#[test]
fn a_waiting_call_allocates_its_task_and_nothing_else() {
    for way in ["policy", "retry"] {
        let (once, twice) = (waited(way, CALLS), waited(way, 2 * CALLS));
        assert_eq!(twice.allocations - once.allocations, u64::from(CALLS), "{way}: allocations to wait");
        assert_eq!(twice.late_allocations, once.late_allocations, "{way}: allocations to retry and answer");
    }
}

#[test]
fn an_annotated_call_waits_in_no_more_memory_than_a_manual_loop() {
    let per_call = |way| waited(way, 2 * CALLS).heap - waited(way, CALLS).heap;
    let (annotated, by_hand) = (per_call("retry"), per_call("hand"));
    assert!(annotated <= by_hand, "{annotated} bytes for {CALLS} calls, by hand {by_hand}");
}

#[test]
fn a_thousand_waiting_threads_are_cancelled_at_once_and_keep_their_own_errors() {
    for (way, run) in threads::WAYS {
        assert_eq!(run(THREADS).unwrap().cancelled, THREADS, "{way}");
    }
}
