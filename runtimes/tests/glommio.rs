//! glommio: a thread per core, on `io_uring` only. Where the kernel refuses it, or too little memory may be locked,
//! this file is only compiled, and each test writes that to the standard error.
#![cfg(target_os = "linux")]

use std::error::Error;

use glommio::{LocalExecutor, LocalExecutorBuilder};

fn executor() -> Result<LocalExecutor, Box<dyn Error>> {
    io_uring::IoUring::new(8)?; // glommio panics without it
    Ok(LocalExecutorBuilder::default().make()?)
}

fn run(future: impl Future<Output = ()>) {
    match executor() {
        Ok(executor) => executor.run(future),
        Err(error) => backoff_runtimes::announce(&format!("glommio is not tried on this machine: {error}")),
    }
}

backoff_runtimes::behaviour!(
    run = run,
    sleep = |delay| async move {
        glommio::timer::sleep(delay).await;
    }
);
