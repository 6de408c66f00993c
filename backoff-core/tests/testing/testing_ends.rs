//! Guards with calls that end between the decision and the next attempt.

use std::cell::Cell;
use std::time::Duration;

use backoff_core::{CancelToken, Jitter, Policy, StopReason, retry, testing};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[retry(
    max_attempts = 3, delay = "0s", until = |value| *value == 7, unmet = |_| Err("unmet"), cancel = stop,
    on_retry = |_| stop.cancel()
)]
fn polled(stop: &CancelToken) -> Result<u32, &'static str> {
    Ok(7)
}

#[test]
fn a_value_whose_reply_was_lost_met_the_condition_though_the_call_is_cancelled_before_the_retry() {
    let test = testing::lose_replies(1);
    assert_eq!(polled(&CancelToken::new()), Ok(7));
    assert_eq!((test.attempts(), test.reasons()), (1, vec![StopReason::Cancelled]));
}

#[test]
fn a_skipped_delay_counts_in_the_check_after_a_hook_that_took_time() {
    let test = testing::no_waits();
    let now = Cell::new(Duration::ZERO);
    let policy = Policy::constant(secs(5)).jitter(Jitter::None).max_elapsed(secs(6)).build();
    let call = policy.retry(|| Err::<(), _>("down")).clock(|| now.get());
    let error = call.on_retry(|_| now.set(now.get() + secs(2))).call_report().unwrap_err();
    assert_eq!((error.reason, error.attempts, error.elapsed), (StopReason::MaxElapsed, 1, secs(2)));
    assert_eq!(test.waits(), []);
}
