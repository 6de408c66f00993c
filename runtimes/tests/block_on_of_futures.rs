//! The executor of futures, which has no timers: served by the feature `async-io`.

fn run(future: impl Future<Output = ()>) {
    futures_executor::block_on(future);
}

backoff_runtimes::behaviour!(run = run);
