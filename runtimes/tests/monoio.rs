//! monoio: a thread per core, on `io_uring`; its legacy driver serves where the kernel refuses `io_uring`.

use monoio::{FusionDriver, LegacyDriver, RuntimeBuilder};

/// Runs on `io_uring`, or on the legacy driver if the kernel refuses it.
fn run(future: impl Future<Output = ()> + 'static) {
    RuntimeBuilder::<FusionDriver>::new().enable_timer().build().expect("the runtime starts").block_on(future);
}

fn run_on_epoll(future: impl Future<Output = ()> + 'static) {
    RuntimeBuilder::<LegacyDriver>::new().enable_timer().build().expect("the runtime starts").block_on(future);
}

mod fusion {
    backoff_runtimes::behaviour!(run = super::run, sleep = monoio::time::sleep);
}

mod legacy {
    backoff_runtimes::behaviour!(run = super::run_on_epoll, sleep = monoio::time::sleep);
}
