//! Each kind of error has its own backoff and its own number of retries, in one call.

use std::time::Duration;

use backoff_core::{Jitter, Policy, StopReason};
use support::all_ms;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    /// Another replica leads now.
    Moved,
    /// The optimistic transaction lost.
    Conflict,
    /// The server sheds load.
    Throttled,
}

const MOVED: Policy = Policy::constant(Duration::ZERO).max_retries(1).build();
const CONFLICT: Policy = Policy::constant(Duration::from_millis(10)).jitter(Jitter::None).max_retries(4).build();
const THROTTLED: Policy =
    Policy::exponential().initial_delay(Duration::from_secs(1)).jitter(Jitter::None).max_retries(3).build();

/// The limit of all classes together.
const ALL: Policy = Policy::constant(Duration::ZERO).max_attempts(8).build();

/// Returns the delays of a call that fails with these classes in turn, and the reason of its end; `None` is success.
fn call(classes: &[Class]) -> (Vec<Duration>, Option<StopReason>) {
    let (mut moved, mut conflict, mut throttled) = (MOVED.delays(), CONFLICT.delays(), THROTTLED.delays());
    let (mut classes, mut delays) = (classes.iter(), Vec::new());
    let report = ALL
        .retry(|| classes.next().map_or(Ok(()), |class| Err(*class)))
        .adjust(|event| match event.error()? {
            Class::Moved => moved.next(),
            Class::Conflict => conflict.next(),
            Class::Throttled => throttled.next(),
        })
        .on_retry(|event| delays.push(event.delay()))
        .sleep(|_| ())
        .call_report();
    (delays, report.err().map(|error| error.reason))
}

#[test]
fn a_delay_grows_with_the_failures_of_its_own_class_only() {
    use Class::{Conflict, Moved, Throttled};
    let (delays, reason) = call(&[Throttled, Moved, Throttled, Conflict, Conflict, Throttled]);
    assert_eq!((delays, reason), (all_ms([1_000, 0, 2_000, 10, 10, 4_000]), None));
}

#[test]
fn each_class_has_its_own_limit_and_all_have_one_together() {
    use Class::{Conflict, Moved, Throttled};
    assert_eq!(call(&[Moved; 9]), (all_ms([0]), Some(StopReason::BackoffEnded)));
    assert_eq!(call(&[Conflict; 9]), (all_ms([10; 4]), Some(StopReason::BackoffEnded)));
    let all = [Throttled, Conflict, Throttled, Conflict, Moved, Conflict, Throttled, Conflict];
    let (delays, reason) = call(&all);
    assert_eq!((delays.len(), reason), (7, Some(StopReason::MaxAttempts)));
}
