//! async-std: served by the feature `async-io`.

fn run(future: impl Future<Output = ()>) {
    async_std::task::block_on(future);
}

backoff_runtimes::behaviour!(run = run);
