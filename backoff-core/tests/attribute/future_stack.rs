//! Nested calls with every limit run on the stack of a worker of tokio, in a debug build, too.
//!
//! This is a separate file, because a stack overflow ends the process.

use std::future::Future;

use crate::futures::{self, Answer, builders, everything};
use tokio::runtime::Builder;

/// Runs a future as a task on a worker with the default stack of 2 MiB.
fn on_a_worker<F: Future<Output = Answer> + Send + 'static>(make: fn() -> F) -> Answer {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime can be made");
    runtime.block_on(async move {
        // The future is made on the worker, too.
        let call = tokio::spawn(async move { tokio::spawn(make()).await });
        call.await.and_then(|ended| ended).expect("no task panics")
    })
}

#[test]
fn three_nested_calls_with_everything_run_on_a_worker() {
    assert_eq!(on_a_worker(everything::three::<1_024>), Ok(1_024));
    assert_eq!(on_a_worker(everything::three::<8_192>), Ok(8_192));
}

#[test]
fn four_nested_calls_with_everything_run_on_a_worker() {
    assert_eq!(on_a_worker(everything::four::<1_024>), Ok(1_024));
    assert_eq!(on_a_worker(everything::four::<8_192>), Ok(8_192));
}

#[test]
fn nested_calls_of_the_builder_run_on_a_worker() {
    let make = || builders::limits(|| builders::limits(|| builders::limits(futures::body::<8_192>)));
    assert_eq!(on_a_worker(make), Ok(8_192));
}

#[test]
fn the_same_nest_by_hand_runs_on_a_worker() {
    use crate::futures::by_hand::everything as hand;
    let make = || hand(|| hand(|| hand(|| hand(futures::body::<8_192>))));
    assert_eq!(on_a_worker(make), Ok(8_192));
}
