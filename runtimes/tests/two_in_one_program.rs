//! tokio and smol in one program: the runtime of each call is found when it runs.

use std::cell::Cell;
use std::time::Duration;

use backoff_core::{Jitter, Policy, StopReason, retry};

const POLICY: Policy =
    Policy::constant(Duration::from_secs(3600)).jitter(Jitter::None).max_elapsed(Duration::from_secs(7200)).build();
const THREE: Policy = Policy::constant(Duration::from_secs(3600)).max_attempts(3).build();

fn on_tokio(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("the runtime starts").block_on(future);
}

fn on_smol(future: impl Future<Output = ()>) {
    smol::block_on(future);
}

mod tokio_beside_smol {
    backoff_runtimes::behaviour!(run = super::on_tokio);
}

mod smol_beside_tokio {
    backoff_runtimes::behaviour!(run = super::on_smol);
}

/// Two delays of an hour pass at once in paused time. With the timer of async-io they would take two hours.
#[test]
fn a_call_inside_tokio_waits_for_the_time_of_tokio() {
    backoff_runtimes::until_it_hangs(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("the runtime starts");
        let report = runtime.block_on(async { POLICY.retry(async || Err::<(), _>("down")).report().await });
        let error = report.unwrap_err();
        assert_eq!((error.attempts, error.reason), (3, StopReason::MaxElapsed));
    });
}

#[retry(max_attempts = 3, delay = "1h", jitter = none, sleep = |_: Duration| async { delays.set(delays.get() + 1) })]
async fn with_a_sleeper(delays: &Cell<u32>) -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_sleeper_that_is_given_wins_inside_of_tokio_and_beside_async_io() {
    async fn delays_end_at_once() {
        let delays = Cell::new(0);
        assert_eq!(with_a_sleeper(&delays).await, Err("down"));
        assert_eq!(delays.get(), 2);

        let sleeper = |_| async { delays.set(delays.get() + 1) };
        assert_eq!(THREE.retry(async || Err::<(), _>("down")).sleep(sleeper).await, Err("down"));
        assert_eq!(delays.get(), 2 + 2);
    }

    backoff_runtimes::until_it_hangs(|| on_tokio(delays_end_at_once()));
    backoff_runtimes::until_it_hangs(|| on_smol(delays_end_at_once()));
}
