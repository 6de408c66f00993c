//! compio: a thread per core, on `io_uring`, or on polling where the kernel refuses it.

fn run(future: impl Future<Output = ()>) {
    compio::runtime::Runtime::new().expect("the runtime starts").block_on(future);
}

backoff_runtimes::behaviour!(run = run, sleep = compio::time::sleep);
