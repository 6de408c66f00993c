//! Retries inside retries: the number of runs of the innermost operation, and the time that it gets.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use backoff_core::InnerRetries::{Allow, Stop, Suppress};
use backoff_core::{
    Decision, Failure, Fault, InnerRetries, Jitter, Policy, RetryError, Scope, Since, StopReason, permanent, retry,
};
use support::{block_on, paused, secs};

const fn at_once(attempts: u32) -> Policy {
    Policy::constant(Duration::ZERO).max_attempts(attempts).build()
}

const THREE: Policy = at_once(3);

type Down = Result<(), &'static str>;

/// Fails, and counts.
fn fails(calls: &Cell<u32>) -> Down {
    calls.set(calls.get() + 1);
    Err("down")
}

mod layers {
    use super::{Cell, Down, fails};
    use backoff_core::retry;

    #[retry(max_attempts = 3, delay = "0s")]
    pub(crate) fn bottom(calls: &Cell<u32>) -> Down {
        fails(calls)
    }

    #[retry(max_attempts = 3, delay = "0s")]
    pub(crate) fn middle(calls: &Cell<u32>) -> Down {
        bottom(calls)
    }

    #[retry(max_attempts = 3, delay = "0s")]
    pub(crate) fn top(calls: &Cell<u32>) -> Down {
        middle(calls)
    }

    #[retry(max_attempts = 3, delay = "0s", inner_retries = allow)]
    pub(crate) fn top_allows(calls: &Cell<u32>) -> Down {
        middle(calls)
    }

    #[retry(max_attempts = 3, delay = "0s", inner_retries = suppress)]
    pub(crate) fn top_suppresses(calls: &Cell<u32>) -> Down {
        middle(calls)
    }

    #[retry(max_attempts = 3, delay = "0s", inner_retries = stop)]
    pub(crate) fn top_stops(calls: &Cell<u32>) -> Down {
        middle(calls)
    }

    #[retry(max_attempts = 3, delay = "0s", inner_retries = stop)]
    pub(crate) fn middle_stops(calls: &Cell<u32>) -> Down {
        bottom(calls)
    }

    #[retry(max_attempts = 3, delay = "0s", inner_retries = stop)]
    pub(crate) fn all_stop(calls: &Cell<u32>) -> Down {
        middle_stops(calls)
    }
}

/// Counts the calls at the bottom.
#[track_caller]
fn count(run: impl Fn(&Cell<u32>) -> Down) -> u32 {
    let calls = Cell::new(0);
    assert_eq!(run(&calls), Err("down"), "the last error comes back untouched");
    calls.get()
}

#[test]
fn three_annotated_layers_make_27_calls_and_3_when_inner_retries_are_suppressed() {
    assert_eq!(count(layers::top), 27);
    assert_eq!(count(layers::top_allows), 27);
    assert_eq!(count(layers::top_suppresses), 3);
}

#[test]
fn a_call_stops_with_the_one_inside_it_that_gave_up() {
    // 3 attempts at the bottom, 3 of the middle; the top stops with the first.
    assert_eq!(count(layers::top_stops), 9);
    assert_eq!(count(layers::all_stop), 3);
}

/// Layers of builder calls, each with `attempts`. Only the outermost sets `inner_retries`.
fn layered(depth: u32, attempts: u32, mode: InnerRetries, bottom: &dyn Fn() -> Down) -> Down {
    if depth == 0 {
        return bottom();
    }
    let policy = at_once(attempts);
    policy.retry(|| layered(depth - 1, attempts, Allow, bottom)).inner_retries(mode).call()
}

#[test]
fn layers_multiply_exactly_and_only_the_outermost_retries_when_suppressed() {
    for (depth, attempts, calls) in [(3, 3, 27), (3, 4, 64), (5, 3, 243), (1, 3, 3), (2, 1, 1)] {
        assert_eq!(count(|calls| layered(depth, attempts, Allow, &|| fails(calls))), calls, "{depth} x {attempts}");
        assert_eq!(count(|calls| layered(depth, attempts, Suppress, &|| fails(calls))), attempts, "{depth}");
        let inner_most = calls / attempts;
        assert_eq!(
            count(|calls| layered(depth, attempts, Stop, &|| fails(calls))),
            if depth == 1 { 3 } else { inner_most }
        );
    }
}

#[test]
fn the_reason_of_both_sides_is_nested() {
    let reasons = Cell::new(0);
    let inner = || {
        let error = THREE.retry(|| Err::<(), _>("down")).call_report().unwrap_err();
        assert_eq!((error.reason, error.attempts), (StopReason::Nested, 1));
        reasons.set(reasons.get() + 1);
        Err::<(), _>(error.last)
    };
    let outer = THREE.retry(inner).inner_retries(Suppress).call_report().unwrap_err();
    assert_eq!((outer.reason, outer.attempts, reasons.get()), (StopReason::MaxAttempts, 3, 3));

    let outer = THREE.retry(|| THREE.retry(|| Err::<(), _>("down")).call()).inner_retries(Stop).call_report();
    let outer = outer.unwrap_err();
    assert_eq!((outer.reason, outer.attempts, outer.last), (StopReason::Nested, 1, "down"));
}

#[test]
fn a_manual_loop_inside_a_call_makes_one_attempt_when_suppressed() {
    let calls = Cell::new(0);
    let by_hand = || {
        let mut attempts = THREE.start();
        loop {
            match fails(&calls) {
                Ok(()) => break Ok(()),
                Err(error) => attempts.pause(error)?,
            }
        }
    };
    assert_eq!(THREE.retry(by_hand).inner_retries(Suppress).call(), Err("down"));
    assert_eq!(calls.get(), 3);
}

#[test]
fn a_call_that_stops_with_inner_ones_retries_what_no_inner_call_gave_up() {
    // Its own failure.
    assert_eq!(count(|calls| THREE.retry(|| fails(calls)).inner_retries(Stop).call()), 3);
    // A failure after an inner call that recovered.
    let (calls, outer) = (Cell::new(0), Cell::new(0));
    let recovers = || {
        calls.set(calls.get() + 1);
        if calls.get() % 2 == 1 { Err("once") } else { Ok(()) }
    };
    let result: Down = THREE
        .retry(|| {
            outer.set(outer.get() + 1);
            THREE.retry(recovers).call()?;
            Err("down")
        })
        .inner_retries(Stop)
        .call();
    assert_eq!((result, calls.get(), outer.get()), (Err("down"), 6, 3));
    // A permanent failure of an inner call: no retry was spent on it.
    let inner = || THREE.retry(|| Err::<(), _>("no such page")).when(|_| false).call();
    let error = THREE.retry(inner).inner_retries(Stop).call_report().unwrap_err();
    assert_eq!((error.attempts, error.reason), (3, StopReason::MaxAttempts));
}

#[test]
fn an_attempt_that_succeeds_although_an_inner_call_gave_up_is_a_success() {
    let outer = Cell::new(0);
    let falls_back = THREE
        .retry(|| {
            outer.set(outer.get() + 1);
            THREE.retry(|| Err::<(), _>("down")).call().or(Ok::<_, &str>(()))
        })
        .inner_retries(Stop)
        .call_report()
        .unwrap();
    assert_eq!((falls_back.attempts, falls_back.stopped), (1, None));
}

#[test]
fn a_permanent_error_of_an_inner_call_is_not_repeated_by_the_outer_one() {
    #[retry(max_attempts = 3, delay = "0s", inner_retries = suppress)]
    fn outer(calls: &Cell<u32>) -> anyhow::Result<()> {
        inner(calls)
    }
    #[retry(max_attempts = 3, delay = "0s")]
    fn inner(calls: &Cell<u32>) -> anyhow::Result<()> {
        calls.set(calls.get() + 1);
        Err(permanent(std::io::Error::other("no such page")).into())
    }
    let calls = Cell::new(0);
    assert!(outer(&calls).is_err());
    assert_eq!(calls.get(), 1);
}

#[test]
fn an_inner_call_waits_no_longer_than_the_outer_one_has_time_left() {
    const HOURLY: Policy = Policy::constant(secs(3600)).jitter(Jitter::None).forever().build();
    for mode in [Stop, Suppress] {
        let inner = || {
            let error: RetryError<_> = HOURLY.retry(|| Err::<(), _>("down")).call_report().unwrap_err();
            let expected = if mode == Suppress { StopReason::Nested } else { StopReason::MaxElapsed };
            assert_eq!((error.attempts, error.reason, error.slept), (1, expected, Duration::ZERO));
            Err::<(), _>(error.last)
        };
        let outer = Policy::constant(Duration::ZERO).max_elapsed(secs(60)).max_attempts(2).build();
        let error = outer.retry(inner).inner_retries(mode).call_report().unwrap_err();
        let expected = if mode == Suppress { StopReason::MaxAttempts } else { StopReason::Nested };
        assert_eq!(error.reason, expected);
    }
}

#[test]
fn an_inner_call_is_bounded_to_the_millisecond_by_the_earliest_enclosing_limit() {
    #[retry(max_elapsed = "10s", delay = "0s", inner_retries = stop)]
    async fn outer(calls: &Cell<u32>) -> Down {
        middle(calls).await
    }
    #[retry(max_elapsed = "1h", delay = "0s", inner_retries = stop)]
    async fn middle(calls: &Cell<u32>) -> Down {
        every_four_seconds(calls).await
    }
    #[retry(forever, delay = "4s", jitter = none)]
    async fn every_four_seconds(calls: &Cell<u32>) -> Down {
        fails(calls)
    }
    #[retry(timeout = "8s", delay = "0s", inner_retries = stop, on_timeout = |_| "timed out")]
    async fn timed(calls: &Cell<u32>) -> Down {
        every_four_seconds(calls).await
    }
    paused(async {
        let start = tokio::time::Instant::now();
        let calls = Cell::new(0);
        assert_eq!(outer(&calls).await, Err("down"));
        // At 0, 4 and 8 s; at 12 s the outermost call would have ended.
        assert_eq!((calls.take(), start.elapsed()), (3, secs(8)));
        assert_eq!(timed(&calls).await, Err("down"));
        assert_eq!((calls.get(), start.elapsed()), (3, secs(16)), "a delay that ends at the limit is waited out");
    });
}

#[test]
fn the_scope_returns_its_attempt_and_the_time_left() {
    paused(async {
        assert!(Scope::current().is_none());
        let policy = Policy::constant(secs(2)).jitter(Jitter::None).max_elapsed(secs(5)).build();
        let seen = Cell::new(Vec::new());
        let attempt = || async {
            let scope = Scope::current().expect("the call opened one");
            let mut list = seen.take();
            list.push((scope.attempt(), scope.remaining(), scope.suppresses_retries()));
            seen.set(list);
            Err::<(), _>("down")
        };
        assert_eq!(policy.retry(attempt).inner_retries(Suppress).await, Err("down"));
        let left = |seconds| Some(secs(seconds));
        assert_eq!(seen.take(), [(1, left(5), true), (2, left(3), true), (3, left(1), true)]);
        assert!(Scope::current().is_none());
    });
}

#[test]
fn a_scope_ends_with_its_call_or_a_panic_and_the_enclosing_scope_is_restored() {
    let panics = || -> Down { panic!("the operation's own") };
    let outer: Down = THREE
        .retry(|| {
            let before = Scope::current().expect("the outer call opened one");
            let inner = catch_unwind(AssertUnwindSafe(|| THREE.retry(panics).inner_retries(Stop).call()));
            assert!(inner.is_err());
            let after = Scope::current().expect("it is still open");
            assert!(before.suppresses_retries() && after.suppresses_retries());
            Err("down")
        })
        .inner_retries(Suppress)
        .call();
    assert_eq!(outer, Err("down"));
    assert!(Scope::current().is_none());
}

#[test]
fn a_scope_without_a_time_limit_bounds_nothing() {
    let seen = Cell::new(None);
    let attempt = || {
        seen.set(Scope::current());
        Err::<(), _>("down")
    };
    assert_eq!(THREE.retry(attempt).inner_retries(Stop).call(), Err("down"));
    let scope = seen.take().expect("the call opened one");
    assert_eq!((scope.remaining(), scope.attempt(), scope.suppresses_retries()), (None, 3, false));
    let once = block_on(scope.wrap(async { Scope::current().is_some() }));
    assert!(once && Scope::current().is_none());
}

/// Calls that limit their inner calls to their own time, which does not always count from their start.
mod own_time {
    use super::{Cell, Down, fails};
    use backoff_core::retry;
    use std::time::Duration;

    #[retry(max_attempts = 2, delay = "1s", jitter = none)]
    pub(crate) async fn inner(calls: &Cell<u32>) -> Down {
        fails(calls)
    }

    #[retry(max_elapsed = "5s", max_attempts = 2, delay = "0s", since = first_failure, inner_retries = stop)]
    pub(crate) async fn since_first_failure(calls: &Cell<u32>) -> Down {
        tokio::time::sleep(Duration::from_secs(10)).await;
        inner(calls).await
    }

    #[retry(max_elapsed = "15s", delay = "1s", jitter = none, reset_after = "10s", inner_retries = stop)]
    pub(crate) async fn reset(attempts: &Cell<u32>, calls: &Cell<u32>) -> Down {
        attempts.set(attempts.get() + 1);
        if attempts.get() < 4 {
            tokio::time::sleep(Duration::from_secs(10)).await;
            return Err("served for a while");
        }
        inner(calls).await
    }
}

#[test]
fn an_inner_call_is_not_bounded_before_the_time_of_the_outer_one_starts() {
    let policy =
        Policy::constant(Duration::ZERO).max_elapsed(secs(5)).since(Since::FirstFailure).max_attempts(2).build();
    paused(async {
        let calls = Cell::new(0);
        assert_eq!(own_time::since_first_failure(&calls).await, Err("down"));
        assert_eq!(calls.take(), 2, "the inner call had all its attempts");
        let attempt = || async {
            tokio::time::sleep(secs(10)).await;
            assert_eq!(Scope::current().and_then(|scope| scope.remaining()), None);
            own_time::inner(&calls).await
        };
        assert_eq!(policy.retry(attempt).inner_retries(Stop).await, Err("down"));
        assert_eq!(calls.take(), 2);
    });
    let (bounds, calls) = (Cell::new(Vec::new()), Cell::new(0));
    let attempt = || {
        let remaining = Scope::current().and_then(|scope| scope.remaining());
        bounds.set([bounds.take(), vec![remaining.is_some()]].concat());
        fails(&calls)
    };
    assert_eq!(policy.retry(attempt).inner_retries(Stop).call(), Err("down"));
    assert_eq!(bounds.take(), [false, true]);
}

#[test]
fn an_inner_call_is_bounded_by_the_sequence_that_the_outer_one_is_in() {
    paused(async {
        let (attempts, calls) = (Cell::new(0), Cell::new(0));
        assert_eq!(own_time::reset(&attempts, &calls).await, Err("down"));
        // Three attempts of 10 s start a sequence each; the fourth has 14 s left, though 33 s have passed.
        assert_eq!((attempts.get(), calls.get()), (4, 2));
        attempts.set(0);
        calls.set(0);
        let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(15)).reset_after(secs(10)).build();
        let attempt = || async {
            attempts.set(attempts.get() + 1);
            if attempts.get() < 4 {
                tokio::time::sleep(secs(10)).await;
                return Err("served for a while");
            }
            own_time::inner(&calls).await
        };
        assert_eq!(policy.retry(attempt).inner_retries(Stop).await, Err("down"));
        assert_eq!((attempts.get(), calls.get()), (4, 2));
    });
}

#[test]
fn no_inner_retry_starts_once_the_time_of_the_outer_call_is_over() {
    let policy = Policy::constant(Duration::ZERO).forever().build();
    for (left, expected) in [
        (Duration::ZERO, Decision::Stop(StopReason::MaxElapsed)),
        (Duration::from_nanos(1), Decision::RetryAfter(Duration::ZERO)),
    ] {
        let failure = Failure::new(Fault::Transient).time_left(Some(left));
        assert_eq!(policy.decide(&mut policy.begin(), failure, Duration::ZERO, &mut || 0), expected, "{left:?}");
    }
    let patient = Policy::constant(secs(2)).jitter(Jitter::None).forever().build();
    for (left, is_in_time) in [(secs(2), true), (Duration::from_nanos(1_999_999_999), false)] {
        let failure = Failure::new(Fault::Transient).time_left(Some(left));
        let decision = patient.decide(&mut patient.begin(), failure, Duration::ZERO, &mut || 0);
        assert_eq!(matches!(decision, Decision::RetryAfter(_)), is_in_time, "{left:?}");
    }
}

#[test]
fn a_scoped_call_in_the_destructor_of_a_thread_local_does_not_abort() {
    struct Retries(std::sync::mpsc::Sender<Down>);
    impl Drop for Retries {
        fn drop(&mut self) {
            let call = THREE.retry(|| Err::<(), _>("down")).inner_retries(Suppress);
            self.0.send(call.call()).unwrap();
        }
    }
    std::thread_local! {
        static LAST: Cell<Option<Retries>> = const { Cell::new(None) };
    }
    let (sender, ended) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        LAST.set(Some(Retries(sender)));
        let _ = THREE.retry(|| Err::<(), _>("down")).inner_retries(Suppress).call();
    });
    thread.join().unwrap();
    assert_eq!(ended.recv().unwrap(), Err("down"));
}
