use core::time::Duration;

use super::{Policy, PolicyBuilder, Since};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn time_is_asked_for_where_a_limit_or_a_reset_counts_it() {
    let asks = |builder: PolicyBuilder| {
        let rules = *builder.build().rules();
        (rules.needs_time(), rules.needs_start())
    };
    let plain = Policy::constant(SECOND);
    assert_eq!(asks(plain), (false, false));
    assert_eq!(asks(plain.since(Since::FirstFailure)), (false, false));
    assert_eq!(asks(plain.max_elapsed(SECOND * 60)), (true, true));
    assert_eq!(asks(plain.max_elapsed(SECOND * 60).since(Since::FirstFailure)), (true, false));
    assert_eq!(asks(plain.reset_after(SECOND)), (true, true));
    assert_eq!(asks(plain.reset_after(SECOND).since(Since::FirstFailure)), (true, true));
}

#[cfg(feature = "std")]
#[test]
fn a_policy_that_is_lent_to_a_call_with_a_timeout_has_the_same_delays_and_no_three_attempts() {
    let policy = Policy::linear().initial_delay(SECOND).increment(SECOND).jitter(crate::Jitter::None).build();
    let lent = policy.limited_by_timeout();
    assert_eq!((lent.max_attempts(), policy.max_attempts()), (None, Some(3)));
    assert!(lent.delays().take(4).eq([1, 2, 3, 4].map(|seconds| SECOND * seconds)));
    assert_eq!(crate::Backoff::as_schedule(lent.backoff()), Some(*policy.backoff()));
}
