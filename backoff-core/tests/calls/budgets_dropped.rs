//! A token is taken when a retry is decided. It is not put back if the delay is dropped.

use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use backoff_core::{Budget, CancelToken, Policy, StopReason};
use support::secs;

const POLICY: Policy = Policy::constant(secs(3600)).max_attempts(3).build();

#[test]
fn a_future_that_is_dropped_in_its_delay_keeps_the_token() {
    let budget = Budget::new().capacity(10);
    {
        let call = POLICY.retry(|| ready(Err::<(), _>("down"))).budget(&budget).sleep(|_| std::future::pending());
        let mut call = pin!(call.into_future());
        assert_eq!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending);
    }
    assert_eq!(budget.available().to_bits(), 9.0_f64.to_bits());
}

#[test]
fn a_call_that_is_cancelled_in_its_delay_keeps_the_token() {
    let (budget, token) = (Budget::new().capacity(10), CancelToken::new());
    let call = POLICY.retry(|| Err::<(), _>("down")).budget(&budget).cancel(&token).sleep(|_| token.cancel());
    assert_eq!(call.call_report().map_err(|error| error.reason), Err(StopReason::Cancelled));
    assert_eq!(budget.available().to_bits(), 9.0_f64.to_bits());
}
