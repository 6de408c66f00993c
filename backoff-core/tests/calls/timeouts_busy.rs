//! Timeouts end an attempt that is always busy, as `tokio::time::timeout` does.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::busy::{self, Call, Failed, LIMIT, PATIENCE, Row, Work, World, call};
use backoff_core::{Fault, InnerRetries, Jitter, Policy, PolicyBuilder, StopReason, retry};
use support::project::{Project, messages};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

const HOUR: Duration = Duration::from_secs(3_600);
const MILLI: Duration = Duration::from_millis(1);

const fn twice() -> PolicyBuilder {
    Policy::constant(MILLI).jitter(Jitter::None).max_attempts(2)
}

const TWICE: Policy = twice().build();

/// The end of a call: its attempts, and the reason if the call reports one.
type End = (u32, Option<StopReason>);

/// The limit of each attempt struck.
const EACH: End = (2, None);
/// The same, with the reason.
const EACH_KNOWN: End = (2, Some(StopReason::MaxAttempts));
/// The limit of the call struck.
const ALL: End = (1, None);
/// The same, with the reason.
const ALL_KNOWN: End = (1, Some(StopReason::Timeout));

macro_rules! annotated {
    ($world:ident => $($name:ident($($args:tt)*);)*) => {
        $(#[retry(delay = "1ms", max_attempts = 2, $($args)*)]
        async fn $name($world: &World) -> Result<u64, Failed> {
            $world.attempt().await
        })*
    };
}

annotated! { world =>
    each(attempt_timeout = "10ms");
    all(timeout = "10ms");
    each_of_both(attempt_timeout = "10ms", timeout = "1h");
    all_of_both(attempt_timeout = "1h", timeout = "10ms");
    each_clipped(attempt_timeout = "1h", max_elapsed = "10ms", on_give_up = |event| world.ended_by(event.reason()));
    each_policy(policy = TWICE, attempt_timeout = "10ms");
    all_policy(policy = TWICE, timeout = "10ms");
    each_edited(policy = TWICE, idempotent, attempt_timeout = LIMIT);
    all_at_run_time(policy = { TWICE }, timeout = { LIMIT });
    each_suppressing(attempt_timeout = "10ms", inner_retries = suppress);
    all_suppressing(timeout = "10ms", inner_retries = suppress);
    both_stopping(attempt_timeout = "10ms", timeout = "1h", inner_retries = stop);
    each_hooked(
        attempt_timeout = "10ms", on_retry = async |_| yield_now().await, on_timeout = |_| Failed::Late,
        on_give_up = |event| world.ended_by(event.reason()), before_retry = world.retried(),
    );
    all_hooked(
        timeout = "10ms", on_retry = |_| world.retried(), on_give_up = |event| world.ended_by(event.reason()),
        or_else = async |error| Err(error.last),
    );
    each_classified(attempt_timeout = "10ms", when = |_| Fault::Transient);
    each_cancellable(attempt_timeout = "10ms", cancel = pending::<()>());
    all_cancellable(timeout = "10ms", cancel = pending::<()>());
    both_cancellable(attempt_timeout = "1h", timeout = "10ms", cancel = pending::<()>(), inner_retries = suppress);
    each_own_sleeper(attempt_timeout = "10ms", sleep = |delay| sleep(delay));
    all_own_sleeper(timeout = "10ms", sleep = |delay| sleep(delay));
    each_of_both_own_sleeper(attempt_timeout = "10ms", timeout = "1h", sleep = sleep);
    all_of_both_own_sleeper(attempt_timeout = "1h", timeout = "10ms", sleep = |delay| sleep(delay));
    all_boxed_sleeper(timeout = "10ms", sleep = |delay| Box::pin(sleep(delay)));
}

#[expect(clippy::manual_async_fn, reason = "a written future is what is tested")]
#[retry(delay = "1ms", max_attempts = 2, attempt_timeout = "10ms", timeout = "1h")]
fn each_written(world: &World) -> impl Future<Output = Result<u64, Failed>> + Send {
    async move { world.attempt().await }
}

const BY_HAND: &[Row<End>] = &[
    ("by hand, each attempt", EACH, |world| {
        call(async move {
            let mut result = timeout(LIMIT, world.attempt()).await;
            if result.is_err() {
                sleep(MILLI).await;
                result = timeout(LIMIT, world.attempt()).await;
            }
            result.unwrap_or(Err(Failed::Late))
        })
    }),
    ("by hand, the call", ALL, |world| {
        call(async move { timeout(LIMIT, world.attempt()).await.unwrap_or(Err(Failed::Late)) })
    }),
];

macro_rules! rows {
    ($($name:ident $end:expr;)*) => {
        &[$((concat!("#[retry], ", stringify!($name)), $end, |world| call(async move { $name(&world).await }))),*]
    };
}

const ATTRIBUTE: &[Row<End>] = rows! {
    each EACH;
    all ALL;
    each_of_both EACH;
    all_of_both ALL;
    each_clipped (1, Some(StopReason::MaxElapsed));
    each_policy EACH;
    all_policy ALL;
    each_edited EACH;
    all_at_run_time ALL;
    each_suppressing EACH;
    all_suppressing ALL;
    both_stopping EACH;
    each_hooked EACH_KNOWN;
    all_hooked ALL_KNOWN;
    each_classified EACH;
    each_cancellable EACH;
    all_cancellable ALL;
    both_cancellable ALL;
    each_own_sleeper EACH;
    all_own_sleeper ALL;
    each_of_both_own_sleeper EACH;
    all_of_both_own_sleeper ALL;
    all_boxed_sleeper ALL;
    each_written EACH;
};

/// A row of the builder: `$call` awaits, or reports.
macro_rules! built {
    ($($name:literal $end:expr, $call:ident => $awaited:expr;)*) => {
        &[$(($name, $end, |world| call(async move {
            let $call = TWICE.retry(|| world.attempt());
            $awaited
        }))),*]
    };
    (reports: $($name:literal $end:expr, $call:ident => $reported:expr;)*) => {
        &[$(($name, $end, |world| call(async move {
            let $call = TWICE.retry(|| world.attempt());
            match $reported.report().await {
                Ok(success) => Ok(success.value),
                Err(error) => {
                    world.ended_by(error.reason);
                    Err(error.last)
                }
            }
        }))),*]
    };
}

const BUILDER: &[Row<End>] = built! {
    "builder, each attempt" EACH, call => call.attempt_timeout(LIMIT).await;
    "builder, the call" ALL, call => call.timeout(LIMIT).await;
    "builder, each of both" EACH, call => call.attempt_timeout(LIMIT).timeout(HOUR).await;
    "builder, all of both" ALL, call => call.timeout(LIMIT).attempt_timeout(HOUR).await;
    "builder, suppressing" EACH, call => call.attempt_timeout(LIMIT).inner_retries(InnerRetries::Suppress).await;
    "builder, stopping" ALL, call => call.timeout(LIMIT).inner_retries(InnerRetries::Stop).await;
    "builder, made by a closure" EACH, call => call.attempt_timeout(LIMIT).on_timeout(|_| Failed::Late).await;
    "builder, cancellable" EACH, call => call.attempt_timeout(LIMIT).cancel(pending::<()>()).await;
    "builder, call cancellable" ALL, call => call.timeout(LIMIT).cancel(pending::<()>()).await;
    "builder, own sleeper" EACH, call => call.attempt_timeout(LIMIT).sleep(sleep).await;
    "builder, call, own sleeper" ALL, call => call.sleep(|delay| sleep(delay)).timeout(LIMIT).await;
    "builder, both, own sleeper" EACH, call => call.attempt_timeout(LIMIT).timeout(HOUR).sleep(sleep).await;
    "builder, boxed sleeper" ALL, call => call.timeout(LIMIT).sleep(|delay| Box::pin(sleep(delay))).await;
};

const REPORTS: &[Row<End>] = built! { reports:
    "report, each attempt" EACH_KNOWN, call => call.attempt_timeout(LIMIT);
    "report, the call" ALL_KNOWN, call => call.timeout(LIMIT);
    "report, both" ALL_KNOWN, call => call.attempt_timeout(HOUR).timeout(LIMIT);
    "report, hooked" EACH_KNOWN, call => call.attempt_timeout(LIMIT).on_retry(|_| ()).on_give_up(|_| ());
    "report, own sleeper" ALL_KNOWN, call => call.timeout(LIMIT).sleep(sleep);
};

/// Surroundings of a call in its task.
type Around = fn(Call) -> Call;

const ALONE: Around = |future| future;
const AFTER_SPENDING: Around = |future| call(busy::after_spending(future));
/// The call must end, so a call that is not ready after the patience counts as a success of the attempt.
const BESIDE_A_HUNGRY_SIBLING: Around =
    |future| call(async { busy::beside_a_hungry_sibling(future).await.unwrap_or(Ok(0)) });

/// Runs each row on each runtime; panics with the rows whose call did not end as the table specifies, the first few at
/// most, because such a call takes all its patience.
fn all_strike(work: Work, around: Around, tables: &[&[Row<End>]]) {
    let mut wrong = Vec::new();
    for (kind, runtime) in busy::runtimes() {
        for (name, end, call) in tables.iter().copied().flatten() {
            if wrong.len() == 3 {
                break;
            }
            let world = World::new(work, PATIENCE);
            let result = busy::run(&runtime, around(call(Arc::clone(&world))));
            let ended = (world.attempts(), world.reason());
            if (result, ended) != (Err(Failed::Late), *end) {
                wrong.push(format!("{name} ({kind}): {result:?}, {ended:?} in place of {end:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "with {work:?}:\n{}", wrong.join("\n"));
}

#[test]
fn timeouts_strike_an_attempt_that_reads_a_connection_which_always_has_data() {
    all_strike(Work::Socket, ALONE, &[BY_HAND, ATTRIBUTE, BUILDER, REPORTS]);
}

#[test]
fn timeouts_strike_an_attempt_that_receives_from_a_channel_which_is_never_empty() {
    all_strike(Work::Channel, ALONE, &[BY_HAND, ATTRIBUTE, BUILDER, REPORTS]);
}

#[test]
fn timeouts_strike_an_attempt_that_uses_up_the_budget_of_its_task() {
    all_strike(Work::Budget, ALONE, &[BY_HAND, ATTRIBUTE, BUILDER, REPORTS]);
}

#[test]
fn timeouts_strike_an_attempt_that_wakes_itself_and_uses_no_budget() {
    all_strike(Work::Waker, ALONE, &[BY_HAND, ATTRIBUTE, BUILDER, REPORTS]);
}

#[test]
fn timeouts_strike_a_busy_attempt_of_a_call_made_after_the_budget_was_used_up() {
    all_strike(Work::Budget, AFTER_SPENDING, &[BY_HAND, ATTRIBUTE, BUILDER, REPORTS]);
    all_strike(Work::Waker, AFTER_SPENDING, &[BY_HAND, ATTRIBUTE, BUILDER, REPORTS]);
}

/// This is more than `tokio::time::timeout` does, which never ends such an attempt.
#[test]
fn timeouts_strike_beside_a_sibling_that_uses_up_the_budget_before_each_poll() {
    all_strike(Work::Channel, BESIDE_A_HUNGRY_SIBLING, &[ATTRIBUTE, BUILDER, REPORTS]);
    all_strike(Work::Waker, BESIDE_A_HUNGRY_SIBLING, &[ATTRIBUTE, BUILDER, REPORTS]);
}

/// Polls an attempt, then a timer, in the same poll; the timer is starved where the attempt is busy.
async fn naive(world: Arc<World>) -> Result<u64, Failed> {
    let (mut attempt, mut timer) = (pin!(world.attempt()), pin!(sleep(LIMIT)));
    poll_fn(|cx| match attempt.as_mut().poll(cx) {
        Poll::Pending => timer.as_mut().poll(cx).map(|()| Err(Failed::Late)),
        ended @ Poll::Ready(_) => ended,
    })
    .await
}

#[test]
fn the_busy_attempts_of_these_tests_starve_a_timer_polled_in_the_same_budget() {
    for (kind, runtime) in busy::runtimes() {
        for work in [Work::Socket, Work::Channel, Work::Budget] {
            // A connection may run dry on a machine whose processors are all taken.
            let mut ends = (0..9).map(|_| busy::run(&runtime, naive(World::new(work, LIMIT * 5))));
            assert!(ends.any(|end| end.is_ok()), "{work:?} ({kind})");
        }
        let result = busy::run(&runtime, naive(World::new(Work::Waker, PATIENCE)));
        assert_eq!(result, Err(Failed::Late), "{kind}");
    }
}

const ALONE_DEPENDENCIES: &str = r#"
backoff-core = { CORE, default-features = false, features = ["std", "macros", "async"] }
tokio = { version = "1", features = ["macros", "rt", "rt-multi-thread", "sync", "time"] }
"#;

#[test]
fn timeouts_strike_a_busy_attempt_in_a_program_whose_own_tokio_sleeper_is_all_the_library_has() -> std::io::Result<()> {
    let files = [("src/main.rs", include_str!("busy/own_sleeper.rs"))];
    let output = Project::new("own-sleeper", "2024", ALONE_DEPENDENCIES, &files)?.cargo(&["run", "--quiet"])?;
    assert!(output.status.success(), "{}", messages(&output));
    Ok(())
}
