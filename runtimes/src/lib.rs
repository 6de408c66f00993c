//! One table of behaviour for each async runtime that the guide of backoff-core names.
//!
//! Each file of `tests/` is one runtime, in a binary of its own: it starts the runtime, and passes the sleeper of the
//! guide to [`behaviour!`]. `tests/guide.rs` compares those sleepers with the tables of the guide.

use std::future::{Future, poll_fn};
use std::io::Write as _;
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// Limit on one test. It only ends a runtime that never wakes a task.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// Runs `test` in a thread of its own.
///
/// # Panics
///
/// If `test` panics, or does not end within a minute.
pub fn until_it_hangs(test: impl FnOnce() + Send + 'static) {
    let (ended, end) = channel::<()>();
    let thread = thread::spawn(move || {
        let _ended = ended; // dropped by a panic, too
        test();
    });
    assert_eq!(end.recv_timeout(HANGS_AFTER), Err(RecvTimeoutError::Disconnected), "the runtime did not wake the call");
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}

/// Returns a future that is pending when it is first polled, and wakes its task at once.
///
/// An attempt that waits for it shows that the runtime polls the call, and not a blocking loop of its own.
pub fn yield_once() -> impl Future<Output = ()> {
    let mut has_yielded = false;
    poll_fn(move |cx| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Writes a line to the standard error that the test harness does not capture.
pub fn announce(line: &str) {
    let _result_of_the_terminal = writeln!(std::io::stderr(), "{line}");
}

/// Defines the tests of one runtime.
///
/// `run` is a function that runs a `Future<Output = ()> + 'static` on the runtime, until it is complete. `sleep` is the
/// sleeper, as an argument of `#[retry]` and of `.sleep(..)`; a runtime that backoff-core finds by itself has none.
#[macro_export]
macro_rules! behaviour {
    (run = $run:path $(, sleep = $($sleep:tt)+)?) => {
        use ::std::cell::Cell;
        use ::std::future::pending;
        use ::std::time::{Duration, Instant};

        use ::backoff_core::{Jitter, Policy, StopReason, retry};

        const MS: Duration = Duration::from_millis(1);

        #[retry(max_attempts = 3, delay = "20ms", jitter = none $(, sleep = $($sleep)+)?)]
        async fn third_time(attempts: &Cell<u32>) -> Result<u32, &'static str> {
            attempts.set(attempts.get() + 1);
            $crate::yield_once().await;
            if attempts.get() == 3 { Ok(7) } else { Err("down") }
        }

        #[test]
        fn an_annotated_function_fails_twice_and_succeeds() {
            $crate::until_it_hangs(|| $run(async {
                let (start, attempts) = (Instant::now(), Cell::new(0));
                assert_eq!(third_time(&attempts).await, Ok(7));
                assert_eq!(attempts.get(), 3);
                assert!(start.elapsed() >= 40 * MS, "waited {:?}", start.elapsed());
            }));
        }

        #[test]
        fn a_call_of_a_policy_fails_twice_and_succeeds() {
            const POLICY: Policy =
                Policy::exponential().initial_delay(Duration::from_millis(10)).jitter(Jitter::None).build();

            $crate::until_it_hangs(|| $run(async {
                let (start, attempts) = (Instant::now(), Cell::new(0));
                let result = POLICY.retry(async || {
                    attempts.set(attempts.get() + 1);
                    $crate::yield_once().await;
                    if attempts.get() == 3 { Ok(7) } else { Err("down") }
                })$(.sleep($($sleep)+))?.await;
                assert_eq!((result, attempts.get()), (Ok(7), 3));
                assert!(start.elapsed() >= (10 + 20) * MS, "waited {:?}", start.elapsed());
            }));
        }

        #[retry(
            max_attempts = 2, delay = "10ms", jitter = none, idempotent,
            attempt_timeout = "30ms", on_timeout = |_| "no answer" $(, sleep = $($sleep)+)?
        )]
        async fn answers_the_second_time(attempts: &Cell<u32>) -> Result<u32, &'static str> {
            attempts.set(attempts.get() + 1);
            if attempts.get() == 1 { pending().await } else { Ok(7) }
        }

        #[test]
        fn a_timeout_cuts_an_attempt_that_never_ends() {
            const TWICE: Policy =
                Policy::constant(Duration::from_millis(10)).jitter(Jitter::None).max_attempts(2).build();

            $crate::until_it_hangs(|| $run(async {
                let (start, attempts) = (Instant::now(), Cell::new(0));
                assert_eq!(answers_the_second_time(&attempts).await, Ok(7));
                assert_eq!(attempts.get(), 2);
                assert!(start.elapsed() >= (30 + 10) * MS, "waited {:?}", start.elapsed());

                let start = Instant::now();
                let result = TWICE.retry(pending::<Result<u32, &str>>)$(.sleep($($sleep)+))?
                    .idempotent()
                    .attempt_timeout(30 * MS)
                    .on_timeout(|_| "no answer")
                    .await;
                assert_eq!(result, Err("no answer"));
                assert!(start.elapsed() >= (30 + 10 + 30) * MS, "waited {:?}", start.elapsed());
            }));
        }

        #[test]
        fn no_attempt_starts_after_max_elapsed() {
            const LIMIT: Duration = Duration::from_millis(100);
            const POLICY: Policy =
                Policy::constant(Duration::from_millis(40)).jitter(Jitter::None).max_elapsed(LIMIT).build();

            $crate::until_it_hangs(|| $run(async {
                let report = POLICY.retry(async || Err::<(), _>("down"))$(.sleep($($sleep)+))?.report().await;
                let error = report.unwrap_err();
                assert_eq!((error.last, error.reason), ("down", StopReason::MaxElapsed));
                // They start at 0, 40 and 80 ms at the earliest.
                assert!((1..=3).contains(&error.attempts), "{} attempts", error.attempts);
            }));
        }
    };
}
