//! The time that a manual loop reports to observers if its policy does not need the time. With `metrics`, every call is
//! timed from its start.
#![cfg(all(feature = "std", feature = "testing", not(feature = "metrics")))]

use std::sync::Mutex;
use std::time::Duration;

use backoff_core::observe::{self, CallEvent, Elapsed};
use backoff_core::{Jitter, Policy, testing};

static TOLD: Mutex<Vec<Elapsed>> = Mutex::new(Vec::new());

fn note(event: &CallEvent<'_>) {
    TOLD.lock().expect("no test panics in it").push(event.elapsed());
}

#[test]
fn a_manual_loop_reports_the_time_since_its_first_failure() {
    observe::set_global(note).expect("nobody else sets it");
    let policy = Policy::constant(Duration::from_secs(1)).jitter(Jitter::None).max_attempts(3).build();
    let _time = testing::virtual_time();
    let mut attempts = policy.start().name("hand");
    loop {
        testing::advance(Duration::from_secs(5));
        if attempts.pause("down").is_err() {
            break;
        }
    }
    let seconds = [0, 6, 12].map(|seconds| Elapsed::SinceFirstFailure(Duration::from_secs(seconds)));
    assert_eq!(*TOLD.lock().expect("no test panics in it"), seconds);
    assert_eq!(attempts.explain("down").elapsed, Duration::from_secs(12));
}
