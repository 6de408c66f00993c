//! Drivers by the attribute: with a policy and values known at run time, and with literals.

use std::time::Duration;

use backoff_core::{AttemptTimeout, Backoff, Policy, PushBackMode, retry, testing};

use crate::case::{self, AMPLE, Case, Settings};
use crate::contract::{Sees, View};
use crate::drivers::{ALL, Driver, alone, blocking, exact, seeded, unsteered, whole_millis, without_hooks};
use crate::trace::{Trace, Trouble, Value};
use crate::world::{Clock, World, paused};

type Outcome = Result<Value, Trouble>;

/// A blocking function with the arguments that every case has, and these.
macro_rules! blocking {
    ($name:ident, $world:ident $(, $($more:tt)*)?) => {
        #[retry(
            policy = policy, when = |error| $world.fault(error), until = |value| $world.accepts(*value), unmet = last,
            on_retry = |event| $world.on_retry(event), on_give_up = |event| $world.on_give_up(event),
            on_recovered = |event| $world.on_recovered(event), or_else = |error| $world.explains(error),
            budget = $world.budget, seed = $world.case.seed() $(, $($more)*)?
        )]
        fn $name<B: Backoff>(policy: &Policy<B>, $world: &World<'_>) -> Outcome {
            $world.attempt()
        }
    };
}

blocking!(plain, world);
blocking!(cancelled, world, cancel = &world.token);
blocking!(steered, world, adjust = |event| world.adjust(event), reset_when = |error| world.is_progress(error));
blocking!(
    steered_cancelled,
    world,
    cancel = &world.token,
    adjust = |event| world.adjust(event),
    reset_when = |error| world.is_progress(error)
);

/// A blocking function with `policy = policy`; its clock and sleeper are the default ones, under a test guard.
pub(crate) struct Blocking;

impl Driver for Blocking {
    const SEES: Sees = Sees { view: View::Errors, ..ALL };

    fn fit(case: Case) -> Case {
        seeded(alone(blocking(case)))
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let _time = testing::virtual_time();
        let world = World::new(case, Clock::guard());
        let result = match (case.cancel, case.is_steered()) {
            (Some(_), false) => cancelled(policy, &world),
            (None, false) => plain(policy, &world),
            (Some(_), true) => steered_cancelled(policy, &world),
            (None, true) => steered(policy, &world),
        };
        world.trace(result)
    }
}

/// An async function with the arguments that every case has, and these.
macro_rules! later {
    ($plain:ident, $cancelled:ident, $dropped:ident; $world:ident $(, $($more:tt)*)?) => {
        later!($plain, $world $(, $($more)*)?);
        later!($cancelled, $world, cancel = $world.cancelled() $(, $($more)*)?);
        later!($dropped, $world, cancel = $world.cancelled(), cancel_attempts $(, $($more)*)?);
    };
    ($name:ident, $world:ident $(, $($more:tt)*)?) => {
        #[retry(
            policy = policy, when = |error| $world.fault(error), until = |value| $world.accepts(*value), unmet = last,
            on_retry = async |event| $world.on_retry_async(event).await, on_give_up = |event| $world.on_give_up(event),
            on_recovered = async |event| $world.on_recovered(event), or_else = async |error| $world.explains(error),
            budget = $world.budget, seed = $world.case.seed() $(, $($more)*)?
        )]
        async fn $name<B: Backoff>(policy: &Policy<B>, $world: &World<'_>) -> Outcome {
            $world.attempt_async().await
        }
    };
}

fn too_slow(timeout: AttemptTimeout) -> Trouble {
    Trouble::TimedOut(timeout.limit())
}

fn limit(limit: Option<Duration>) -> Duration {
    limit.expect("the case has this limit")
}

later!(later_plain, later_cancelled, later_dropped; world);
later!(later_steered, later_steered_cancelled, later_steered_dropped; world,
    adjust = |event| world.adjust(event), reset_when = |error| world.is_progress(error));
later!(slow_attempt, slow_attempt_cancelled, slow_attempt_dropped; world,
    attempt_timeout = limit(world.case.attempt_timeout), on_timeout = too_slow);
later!(slow_call, slow_call_cancelled, slow_call_dropped; world,
    timeout = limit(world.case.timeout), on_timeout = |late| Trouble::TimedOut(late.limit()));
later!(slow, slow_cancelled, slow_dropped; world,
    timeout = limit(world.case.timeout), attempt_timeout = limit(world.case.attempt_timeout), on_timeout = too_slow);

/// An async function with `policy = policy`, on tokio's paused time.
pub(crate) struct Async;

impl Driver for Async {
    const SEES: Sees = Sees { view: View::Errors, ..ALL };

    fn fit(case: Case) -> Case {
        let case = exact(whole_millis(case));
        let has_timeout = case.attempt_timeout.is_some() || case.timeout.is_some();
        if has_timeout { unsteered(case) } else { case }
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        paused(async {
            let world = World::new(case, Clock::tokio());
            let cancel = case.cancel.map(|_| case.cancel_attempts);
            let result = match (cancel, case.attempt_timeout, case.timeout) {
                (None, None, None) if case.is_steered() => later_steered(policy, &world).await,
                (Some(false), None, None) if case.is_steered() => later_steered_cancelled(policy, &world).await,
                (Some(true), None, None) if case.is_steered() => later_steered_dropped(policy, &world).await,
                (None, None, None) => later_plain(policy, &world).await,
                (None, Some(_), None) => slow_attempt(policy, &world).await,
                (None, None, Some(_)) => slow_call(policy, &world).await,
                (None, Some(_), Some(_)) => slow(policy, &world).await,
                (Some(false), None, None) => later_cancelled(policy, &world).await,
                (Some(false), Some(_), None) => slow_attempt_cancelled(policy, &world).await,
                (Some(false), None, Some(_)) => slow_call_cancelled(policy, &world).await,
                (Some(false), Some(_), Some(_)) => slow_cancelled(policy, &world).await,
                (Some(true), None, None) => later_dropped(policy, &world).await,
                (Some(true), Some(_), None) => slow_attempt_dropped(policy, &world).await,
                (Some(true), None, Some(_)) => slow_call_dropped(policy, &world).await,
                (Some(true), Some(_), Some(_)) => slow_dropped(policy, &world).await,
            };
            world.trace(result)
        })
    }
}

/// Functions with literals alone, one driver each: the attribute takes the smallest loop that serves them.
macro_rules! literals {
    ($($driver:ident, $view:ident, ($($args:tt)*), $settings:expr, |$world:ident| ($($hooks:tt)*);)*) => {$(
        pub(crate) struct $driver;

        impl Driver for $driver {
            const SEES: Sees = Sees { view: View::$view, has_budget: false, ..ALL };

            const SHARE: u32 = 4;

            fn fit(case: Case) -> Case {
                let case = unsteered(case);
                let case = if View::$view == View::Attempts { without_hooks(case) } else { case };
                let (settings, draws) = ($settings, case::Draws::Seed(0));
                let case = Case { settings, draws, budget: AMPLE, until: false, cancel: None, ..case };
                blocking(case)
            }

            /// Runs the case blocking, then on tokio where it has no jitter; both must agree.
            fn run<B: Backoff>(case: &Case, _: &Policy<B>) -> Trace {
                #[retry($($args)*, when = |error| $world.fault(error) $($hooks)*)]
                fn blocking($world: &World<'_>) -> Outcome {
                    $world.attempt()
                }
                #[retry($($args)*, when = |error| $world.fault(error) $($hooks)*)]
                async fn later($world: &World<'_>) -> Outcome {
                    $world.attempt_async().await
                }
                let trace = {
                    let _time = testing::virtual_time();
                    let world = World::new(case, Clock::guard());
                    let result = blocking(&world);
                    world.trace_without_budget(Some(result))
                };
                if case.settings.jitter == Some(backoff_core::Jitter::None) && case.hooks.is_empty() {
                    let on_tokio = paused(async {
                        let world = World::new(case, Clock::tokio());
                        let result = later(&world).await;
                        world.trace_without_budget(Some(result))
                    });
                    assert_eq!(trace, on_tokio, "blocking (left) and async (right) differ");
                }
                trace
            }
        }
    )*};
}

fn exponential() -> Settings {
    Settings::of(case::Backoff::Exponential { initial: None, multiplier: None })
}

fn every(millis: u64) -> Settings {
    let delay = Settings::of(case::Backoff::Constant(case::ms(millis)));
    Settings { jitter: Some(backoff_core::Jitter::None), ..delay }
}

literals! {
    NothingNamed, Attempts, (docs = false), exponential(), |world| ();
    Counting, Attempts, (max_attempts = 4, delay = "40ms", jitter = none),
        Settings { max_attempts: Some(4), ..every(40) }, |world| ();
    CountingEvents, Errors, (max_attempts = 4, delay = "40ms", jitter = none, idempotent),
        Settings { max_attempts: Some(4), idempotent: true, ..every(40) },
        |world| (, on_retry = |event| world.on_retry(event), on_give_up = |event| world.on_give_up(event),
            on_recovered = |event| world.on_recovered(event), or_else = |error| world.explains(error));
    Timed, Attempts, (max_elapsed = "200ms", delay = "40ms", jitter = none),
        Settings { max_elapsed: Some(case::ms(200)), ..every(40) }, |world| ();
    TimedEvents, Events, (max_elapsed = "200ms", delay = "40ms", jitter = none),
        Settings { max_elapsed: Some(case::ms(200)), ..every(40) },
        |world| (, on_retry = |event| world.on_retry(event), on_give_up = |event| world.on_give_up(event),
            on_recovered = |event| world.on_recovered(event));
    TimedJitter, Attempts, (max_attempts = 5, max_elapsed = "1s"),
        Settings { max_attempts: Some(5), max_elapsed: Some(case::ms(1_000)), ..exponential() }, |world| ();
    SinceFailure, Attempts,
        (max_elapsed = "200ms", since = first_failure, reset_after = "80ms", delay = "40ms", jitter = none),
        Settings {
            max_elapsed: Some(case::ms(200)),
            since_first_failure: true,
            reset_after: Some(case::ms(80)),
            ..every(40)
        }, |world| ();
    Replacing, Attempts, (max_attempts = 4, delay = "40ms", jitter = none, push_back = replace),
        Settings { max_attempts: Some(4), push_back: Some(PushBackMode::Replace), ..every(40) }, |world| ();
    Forever, Attempts, (forever, delay = "40ms", jitter = none), Settings { forever: true, ..every(40) }, |world| ();
}
