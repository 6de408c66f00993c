//! Guards of the whole process. They affect all code in the binary, so it has one test.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::time::Duration;

use backoff_core::testing::Setup;
use backoff_core::{StopReason, retry};

#[retry(delay = "1h", max_attempts = 3)]
fn fails() -> Result<(), &'static str> {
    Err("down")
}

#[retry(delay = "10m", jitter = none, max_elapsed = "1h")]
async fn fails_in_time() -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    Err("down")
}

#[test]
fn a_guard_of_the_process_holds_everywhere_and_gives_way_to_those_of_threads_and_futures() {
    let process = Setup::new().disabled().no_waits().for_process();
    assert_eq!(fails(), Err("down"));
    assert_eq!(std::thread::spawn(fails).join().unwrap(), Err("down"));
    assert_eq!((process.attempts(), process.reasons()), (2, vec![StopReason::Disabled; 2]));

    {
        let thread = Setup::as_written().no_waits().for_thread();
        assert_eq!(fails(), Err("down"));
        assert_eq!((thread.attempts(), process.attempts()), (3, 5));
    }

    let inner = Setup::new().max_attempts(1).for_process();
    {
        let thread = Setup::as_written().no_waits().for_thread();
        assert_eq!((fails(), thread.attempts(), inner.attempts()), (Err("down"), 3, 3));
    }
    drop(process); // out of order: the other stays
    assert_eq!((fails(), inner.attempts(), inner.reasons()[1]), (Err("down"), 4, StopReason::MaxAttempts));
    drop(inner);

    // Calls on several threads under one guard do not take one another's delays for their own.
    let process = Setup::new().no_waits().for_process();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(fails_in_time())).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Err("down"));
        }
    });
    assert_eq!((process.attempts(), process.waits()), (120, vec![Duration::from_secs(600); 100]));
    assert_eq!(process.reasons(), [StopReason::MaxElapsed; 20]);
}
