//! The retry loop allocates nothing: on success, for each retry, blocking or async.

use std::cell::Cell;
use std::future::ready;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use backoff_core::{CancelToken, Jitter, Policy};
use support::{block_on, ms, secs};

const MANY: Policy = Policy::exponential().initial_delay(ms(1)).max_attempts(1_000).max_elapsed(secs(1 << 40)).build();

/// Returns the number of allocations that the closure makes in this thread.
fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(black_box(Box::new(5)))), 1);
}

#[test]
fn a_blocking_success_allocates_nothing() {
    assert_eq!(allocations(|| assert_eq!(MANY.retry(|| Ok::<_, ()>(1)).call(), Ok(1))), 0);
}

#[test]
fn blocking_retries_allocate_nothing() {
    let calls = Cell::new(0);
    let count = allocations(|| {
        let attempt = || {
            calls.set(calls.get() + 1);
            Err::<(), _>("down")
        };
        assert_eq!(MANY.retry(attempt).when(|_| true).sleep(|_| ()).call(), Err("down"));
    });
    assert_eq!((calls.get(), count), (1_000, 0));
}

#[test]
fn the_first_draw_of_a_thread_allocates_nothing() {
    let count = thread::spawn(|| allocations(|| assert!(MANY.delays().next().is_some()))).join().unwrap();
    assert_eq!(count, 0);
}

#[test]
fn hooks_a_report_a_seed_and_a_token_allocate_nothing() {
    let token = CancelToken::new();
    drop(token.clone()); // a token allocates its shared state at its first use
    let (retries, ends) = (Cell::new(0), Cell::new(0));
    let count = allocations(|| {
        let report = MANY
            .retry(|| Err::<(), _>("down"))
            .on_retry(|_| retries.set(retries.get() + 1))
            .on_give_up(|_| ends.set(ends.get() + 1))
            .on_recovered(|_| ends.set(ends.get() + 1))
            .seed(1)
            .cancel(&token)
            .sleep(|_| ())
            .call_report();
        assert!(report.is_err());
    });
    assert_eq!((retries.get(), ends.get(), count), (999, 1, 0));
}

#[test]
fn an_async_success_allocates_nothing() {
    let count = allocations(|| {
        assert_eq!(block_on(MANY.retry(|| ready(Ok::<_, ()>(1))).sleep(|_| ready(())).into_future()), Ok(1));
    });
    assert_eq!(count, 0);
}

#[test]
fn async_retries_allocate_nothing() {
    let calls = Cell::new(0);
    let count = allocations(|| {
        let attempt = || async {
            calls.set(calls.get() + 1);
            Err::<(), _>("down")
        };
        let call = MANY.retry(attempt).sleep(|_| ready(()));
        assert_eq!(block_on(call.into_future()), Err("down"));
    });
    assert_eq!((calls.get(), count), (1_000, 0));
}

#[test]
fn yields_allocate_nothing() {
    const AT_ONCE: Policy = Policy::constant(Duration::ZERO).max_attempts(1_000).build();
    let call = AT_ONCE.retry(|| ready(Err::<(), _>("down"))).sleep(|_| ready(()));
    assert_eq!(allocations(|| assert_eq!(block_on(call.into_future()), Err("down"))), 0);
}

/// Counts a call of so many attempts on a tokio runtime with paused time and the default sleeper.
fn on_tokio(max_attempts: u32) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without i/o can always be made");
    let policy = Policy::constant(ms(1)).jitter(Jitter::None).max_attempts(max_attempts).build();
    let run = || assert_eq!(runtime.block_on(policy.retry(|| ready(Err::<(), _>("down"))).into_future()), Err("down"));
    run(); // the runtime allocates its state at its first use
    allocations(run)
}

#[test]
fn retries_on_tokio_with_the_default_sleeper_allocate_nothing() {
    assert_eq!(on_tokio(1_000), on_tokio(1), "allocations for 999 retries (left) and for none (right)");
}

#[test]
fn the_iterators_of_delays_allocate_nothing() {
    let count = allocations(|| {
        assert_eq!(MANY.delays().count(), 999);
        assert_eq!(MANY.base_delays().count() + MANY.ranges().count(), 2 * 999);
    });
    assert_eq!(count, 0);
}

#[test]
fn a_manual_loop_allocates_nothing() {
    const AT_ONCE: Policy = Policy::constant(Duration::ZERO).max_attempts(1_000).build();
    let count = allocations(|| {
        let mut attempts = AT_ONCE.start();
        while attempts.pause("down").is_ok() {}
        assert_eq!(attempts.explain("down").attempts, 1_000);
    });
    assert_eq!(count, 0);
}
