//! Limits: a time limit of zero, the number of retries, and the limit that a custom backoff must have.

use std::panic::catch_unwind;
use std::time::Duration;

use backoff_core::{Backoff, Decision, Failure, Fault, List, Policy, PolicyBuilder, Sequence, StopReason};
use support::{Case, all_ms, ms, ns, secs};

#[track_caller]
fn refused<B: Backoff>(builder: PolicyBuilder<B>) -> String {
    match builder.try_build() {
        Ok(_) => panic!("the policy is accepted"),
        Err(error) => error.to_string(),
    }
}

/// Returns the rule by which `build` panics.
fn panics<B>(builder: impl FnOnce() -> PolicyBuilder<B> + std::panic::UnwindSafe) -> Option<String> {
    let payload = catch_unwind(|| drop(builder().build())).err()?;
    payload.downcast_ref::<&str>().map(ToString::to_string).or_else(|| payload.downcast_ref::<String>().cloned())
}

const ZERO_LIMIT: &str =
    "`max_elapsed` is zero, so that no retry could start; use a longer time, or `max_attempts` = 1 for no retries";
const NO_LIMIT: &str =
    "a custom backoff has no limit of its own; add one such as `max_attempts` = 5 or `max_elapsed`, or `forever`";
const EMPTY: &str = "the list of delays is empty; add a delay for each retry, or use `Policy::never()` for no retries";

mod a_time_limit_of_zero {
    use backoff_core::Jitter;

    use super::*;

    #[test]
    fn is_refused_whatever_the_backoff_the_jitter_and_the_other_limits() {
        for builder in [
            Policy::exponential(),
            Policy::exponential().jitter(Jitter::Equal),
            Policy::exponential().jitter(Jitter::None),
            Policy::exponential().max_attempts(1),
            Policy::never(),
            Policy::linear(),
            Policy::fibonacci(),
            Policy::constant(secs(1)),
            Policy::constant(Duration::ZERO),
        ] {
            assert_eq!(refused(builder.max_elapsed(Duration::ZERO)), ZERO_LIMIT);
        }
        assert_eq!(refused(Policy::with_backoff(List::new([secs(1)])).max_elapsed(Duration::ZERO)), ZERO_LIMIT);
        assert!(Policy::constant(Duration::ZERO).max_elapsed(ns(1)).try_build().is_ok());
    }

    #[test]
    fn is_refused_by_build_and_where_a_policy_is_edited() {
        assert_eq!(panics(|| Policy::exponential().max_elapsed(Duration::ZERO)).as_deref(), Some(ZERO_LIMIT));
        assert_eq!(refused(Policy::default().edit().max_elapsed(Duration::ZERO)), ZERO_LIMIT);
    }
}

mod retries {
    use super::*;

    #[test]
    fn are_attempts_without_the_first() {
        for (retries, attempts) in [(0, 1), (1, 2), (3, 4), (u32::MAX - 1, u32::MAX)] {
            let by_retries = Policy::exponential().max_retries(retries).build();
            assert_eq!(by_retries, Policy::exponential().max_attempts(attempts).build());
        }
        let policy = Policy::constant(ms(1)).max_retries(2).build();
        assert_eq!(Case::always_fails(policy).run().ended(), (3, Some(StopReason::MaxAttempts)));
        let none = Policy::constant(ms(1)).max_retries(0).build();
        assert_eq!(Case::always_fails(none).run().ended(), (1, Some(StopReason::MaxAttempts)));
    }

    #[test]
    fn saturate_and_never_become_one_attempt() {
        let policy = Policy::constant(ms(1)).max_retries(u32::MAX).build();
        assert_eq!(policy.max_attempts(), Some(u32::MAX));
        assert_eq!(policy.delays().take(1_000).count(), 1_000);
    }

    #[test]
    fn are_refused_beside_attempts() {
        let message =
            "`max_attempts` and `max_retries` are the same limit; keep one of the two: `max_retries` is one less";
        assert_eq!(refused(Policy::exponential().max_attempts(4).max_retries(3)), message);
        assert_eq!(refused(Policy::exponential().max_retries(3).max_attempts(4)), message);
        assert_eq!(panics(|| Policy::exponential().max_retries(3).max_attempts(4)).as_deref(), Some(message));
        assert_eq!(refused(Policy::default().edit().max_retries(3).max_attempts(4)), message);
        assert!(Policy::exponential().max_retries(3).max_retries(4).try_build().is_ok());
    }

    #[test]
    fn take_the_place_of_the_attempts_of_a_policy_that_is_edited() {
        let base = Policy::exponential().max_attempts(9).build();
        assert_eq!(base.edit().max_retries(3).build().max_attempts(), Some(4));
        let endless = Policy::exponential().forever().build();
        assert_eq!(endless.edit().max_retries(3).build().max_attempts(), Some(4));
    }

    #[test]
    fn are_refused_beside_forever_by_their_name() {
        let message = "`forever` is named beside `max_retries`; remove `forever` or `max_retries`";
        assert_eq!(refused(Policy::exponential().forever().max_retries(3)), message);
        assert_eq!(refused(Policy::exponential().max_retries(3).forever()), message);
    }
}

mod a_custom_backoff {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "the form of a backoff")]
    fn second(_: u32) -> Option<Duration> {
        Some(secs(1))
    }

    /// A custom list.
    #[derive(Clone, Copy)]
    struct Twice;

    impl Backoff for Twice {
        type State = u32;

        fn start(&self) -> u32 {
            2
        }

        fn next(&self, left: &mut u32) -> Option<Duration> {
            *left = left.checked_sub(1)?;
            Some(ms(1))
        }
    }

    #[test]
    fn without_a_limit_is_refused() {
        assert_eq!(refused(Policy::with_backoff(second)), NO_LIMIT);
        assert_eq!(refused(Policy::with_backoff(|_: u32| None)), NO_LIMIT);
        assert_eq!(refused(Policy::with_backoff(Twice)), NO_LIMIT);
        let finite = Sequence::new([secs(1)].into_iter());
        assert_eq!(refused(Policy::with_backoff(finite)), NO_LIMIT, "an iterator may be endless");
        assert_eq!(refused(Policy::with_backoff(*Policy::default().backoff())), NO_LIMIT);
        assert_eq!(panics(|| Policy::with_backoff(Twice)).as_deref(), Some(NO_LIMIT));
        assert_eq!(refused(Policy::with_backoff(second).max_push_back(secs(1)).reset_after(secs(9))), NO_LIMIT);
    }

    #[test]
    fn with_any_limit_or_with_forever_is_accepted() {
        const CONSTANT: Policy<Twice> = Policy::with_backoff(Twice).forever().build();
        let custom = || Policy::with_backoff(second);
        assert_eq!(custom().max_attempts(4).build().max_attempts(), Some(4));
        assert_eq!(custom().max_retries(0).build().max_attempts(), Some(1));
        assert_eq!(custom().max_elapsed(secs(60)).build().max_attempts(), None);
        assert_eq!(custom().forever().build().max_attempts(), None);
        assert_eq!(Case::always_fails(CONSTANT).run().ended(), (3, Some(StopReason::BackoffEnded)));
        assert_eq!(CONSTANT.edit().max_attempts(2).build().max_attempts(), Some(2));
    }
}

mod a_list {
    use super::*;

    #[test]
    fn is_a_limit_and_runs_to_its_end() {
        let policy = Policy::with_backoff(List::new([ms(1); 9])).build();
        assert_eq!((policy.max_attempts(), policy.max_push_back()), (None, Some(secs(60))));
        let trace = Case::always_fails(policy).run();
        assert_eq!(trace.ended(), (10, Some(StopReason::BackoffEnded)));
        assert_eq!(trace.slept, all_ms([1; 9]));
        let vector = Policy::with_backoff(List::new(vec![ms(1); 4])).try_build().unwrap();
        assert_eq!(vector.delays().count(), 4);
    }

    #[test]
    fn keeps_a_limit_that_is_named() {
        let list = || Policy::with_backoff(List::new([ms(1); 9]));
        assert_eq!(
            Case::always_fails(list().max_attempts(3).build()).run().ended(),
            (3, Some(StopReason::MaxAttempts))
        );
        let edited = list().build().edit().max_delay(ms(1)).build();
        assert_eq!((edited.max_attempts(), edited.delays().count()), (None, 9));
        assert_eq!(list().forever().build().delays().count(), 9);
    }

    #[test]
    fn that_is_empty_is_refused() {
        const NOTHING: &[Duration] = &[];
        assert_eq!(refused(Policy::with_backoff(List::new([]))), EMPTY);
        assert_eq!(refused(Policy::with_backoff(List::new([] as [Duration; 0])).max_attempts(3)), EMPTY);
        assert_eq!(panics(|| Policy::with_backoff(List::new([]))).as_deref(), Some(EMPTY), "the type tells it");
        assert_eq!(refused(Policy::with_backoff(List::new(Vec::new()))), EMPTY);
        assert_eq!(refused(Policy::with_backoff(List::new(NOTHING))), EMPTY);
    }

    #[test]
    fn of_a_type_without_a_size_is_not_taken_for_an_empty_one() {
        struct Steps;
        impl AsRef<[Duration]> for Steps {
            fn as_ref(&self) -> &[Duration] {
                const { &[ms(1), ms(2)] }
            }
        }
        assert!(Policy::with_backoff(List::new(Steps)).build().delays().eq(all_ms([1, 2])));
    }
}

mod a_backoff_that_has_ended {
    use super::*;

    /// A delay, the end, and delays again.
    fn with_a_gap(retry: u32) -> Option<Duration> {
        (retry != 2).then(|| ms(retry.into()))
    }

    #[test]
    fn yields_nothing_more() {
        let policy = Policy::with_backoff(with_a_gap).forever().build();
        let mut delays = policy.delays();
        let mut bases = policy.base_delays();
        let mut ranges = policy.ranges();
        assert_eq!((delays.next(), bases.next()), (Some(ms(1)), Some(ms(1))));
        assert_eq!(ranges.next(), Some(ms(1)..=ms(1)));
        for _ in 0..3 {
            assert_eq!((delays.next(), bases.next(), ranges.next()), (None, None, None));
        }
        let mut ticks = policy.ticker();
        let mut tick = || ticks.next();
        assert_eq!([tick(), tick(), tick(), tick()], [Some(1), Some(2), None, None]);
    }

    #[test]
    fn stays_ended_in_a_loop_that_goes_on_until_it_is_reset() {
        let policy = Policy::with_backoff(with_a_gap).forever().build();
        let mut attempts = policy.start();
        assert_eq!(attempts.pause("down"), Ok(()));
        for _ in 0..3 {
            assert_eq!(attempts.pause("down"), Err("down"));
            assert_eq!(attempts.stopped(), Some(StopReason::BackoffEnded));
        }
        attempts.reset();
        assert_eq!(attempts.pause("down"), Ok(()), "a new sequence");
        attempts.success();
        assert_eq!(attempts.pause("down"), Ok(()), "a new call");
    }

    #[test]
    fn stays_ended_for_a_custom_driver() {
        let policy = Policy::with_backoff(with_a_gap).forever().build();
        let mut progress = policy.begin();
        let decide =
            |progress: &mut _| policy.decide(progress, Failure::new(Fault::Transient), Duration::ZERO, &mut || 0);
        assert_eq!(decide(&mut progress), Decision::RetryAfter(ms(1)));
        assert_eq!(decide(&mut progress), Decision::Stop(StopReason::BackoffEnded));
        assert_eq!(decide(&mut progress), Decision::Stop(StopReason::BackoffEnded));
        progress.reset(Duration::ZERO);
        assert_eq!(decide(&mut progress), Decision::RetryAfter(ms(1)));
    }

    #[test]
    fn ends_an_iterator_of_delays_for_good_where_a_limit_does() {
        let policy = Policy::exponential().max_elapsed(ms(1)).build();
        let mut numbers = [u64::MAX, 0].into_iter().cycle();
        let mut delays = policy.delays().random(|| numbers.next().unwrap_or(0));
        assert_eq!([delays.next(), delays.next()], [None, None], "the second number makes a delay that would fit");
    }
}
