//! tokio: found at run time, in each kind of its runtime.

use tokio::runtime::Builder;

fn on_one_thread(future: impl Future<Output = ()>) {
    Builder::new_current_thread().enable_time().build().expect("the runtime starts").block_on(future);
}

fn on_several_threads(future: impl Future<Output = ()>) {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("the runtime starts").block_on(future);
}

mod one_thread {
    backoff_runtimes::behaviour!(run = super::on_one_thread);
}

mod several_threads {
    backoff_runtimes::behaviour!(run = super::on_several_threads);
}
