//! futures-timer: timers of a thread of its own, for any executor.

fn run(future: impl Future<Output = ()>) {
    futures_executor::block_on(future);
}

backoff_runtimes::behaviour!(run = run, sleep = futures_timer::Delay::new);
