//! smol: served by the feature `async-io`.

fn run(future: impl Future<Output = ()>) {
    smol::block_on(future);
}

backoff_runtimes::behaviour!(run = run);
