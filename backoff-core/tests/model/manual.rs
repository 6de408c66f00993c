//! Drivers without a call: the manual loop, the ticker, the iterator of delays, and the decision alone.

use std::time::Duration;

use backoff_core::{Backoff, Decision, Failure, Policy, testing};

use crate::case::{AMPLE, Cancel, Case, Ends, Step, TRANSIENT};
use crate::contract::{Sees, View};
use crate::drivers::{ALL, Driver, alone, blocking, exact, seeded, unsteered, whole_millis, without_hooks};
use crate::trace::{Trace, What};
use crate::world::{Clock, World, paused};

/// A manual loop has no hooks and no `until`.
fn by_hand(case: Case) -> Case {
    unsteered(without_hooks(Case { until: false, ..blocking(case) }))
}

const BY_HAND: Sees = Sees { view: View::Delays, ..ALL };

/// Adds what the case has to a manual loop.
macro_rules! started {
    ($policy:ident, $world:ident) => {{
        let attempts = $policy.start().seed($world.case.seed()).budget(&$world.budget);
        if $world.case.cancel.is_some() { attempts.cancel(&$world.token) } else { attempts }
    }};
}

/// `policy.start()` and `pause_as`, under a test guard.
pub(crate) struct Loop;

impl Driver for Loop {
    const SEES: Sees = BY_HAND;

    fn fit(case: Case) -> Case {
        seeded(alone(by_hand(case)))
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let _time = testing::virtual_time();
        let world = World::new(case, Clock::guard());
        let mut attempts = started!(policy, world);
        let result = loop {
            match world.attempt() {
                Ok(value) => {
                    attempts.success();
                    break Ok(value);
                }
                Err(error) => {
                    let failed_at = world.now();
                    if let Err(error) = attempts.pause_as(error, world.fault(&error)) {
                        break world.explains(attempts.explain(error));
                    }
                    world.notes_delay(failed_at, attempts.last_delay());
                }
            }
        };
        drop(attempts);
        world.trace(result)
    }
}

/// `policy.start()` and `pause_async_as`, on tokio's paused time.
pub(crate) struct LoopAsync;

impl Driver for LoopAsync {
    const SEES: Sees = BY_HAND;

    fn fit(case: Case) -> Case {
        alone(exact(whole_millis(by_hand(case))))
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        paused(async {
            let world = World::new(case, Clock::tokio());
            let mut attempts = started!(policy, world);
            let result = loop {
                match world.attempt_async().await {
                    Ok(value) => {
                        attempts.success();
                        break Ok(value);
                    }
                    Err(error) => {
                        let failed_at = world.now();
                        if let Err(error) = attempts.pause_async_as(error, world.fault(&error)).await {
                            break world.explains(attempts.explain(error));
                        }
                        world.notes_delay(failed_at, attempts.last_delay());
                    }
                }
            };
            drop(attempts);
            world.trace(result)
        })
    }
}

/// `policy.decide(..)`, by a loop of a few lines.
pub(crate) struct Decide;

impl Driver for Decide {
    const SEES: Sees = Sees { view: View::Delays, ..ALL };

    fn fit(case: Case) -> Case {
        alone(by_hand(case))
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let (mut progress, mut random, mut slept) = (policy.begin(), case.source(), Duration::ZERO);
        let result = loop {
            let begun = world.now();
            let error = match world.attempt() {
                Ok(value) => {
                    world.budget.deposit();
                    break Ok(value);
                }
                Err(error) => error,
            };
            let failure = Failure::new(world.fault(&error)).ran(world.now().saturating_sub(begun));
            let failure = failure.cancelled(world.token.is_cancelled()).disabled(case.disabled);
            match policy.decide(&mut progress, failure.budget(Some(&world.budget)), world.now(), &mut random) {
                Decision::RetryAfter(delay) => {
                    world.notes(What::Waits(delay));
                    world.advance(delay);
                    slept += delay;
                }
                Decision::Stop(reason) => {
                    world.stops(reason, world.now(), slept);
                    break Err(error);
                }
                other => panic!("{other:?}"),
            }
        };
        world.trace(result)
    }
}

/// A case in which every attempt fails at once: nothing is left but the policy.
fn always_fails(case: Case) -> Case {
    let fails = Step { runs: Duration::ZERO, ends: Ends::Fails(TRANSIENT) };
    let script = vec![fails; case.script.len() + 1];
    Case { script, budget: AMPLE, disabled: false, cancel: None, ..by_hand(case) }
}

/// `policy.delays()`: the delays of a call whose attempts all fail at once, as many as the script has.
pub(crate) struct Delays;

impl Driver for Delays {
    const SEES: Sees = Sees { view: View::Ticks, has_budget: false, ..ALL };

    fn fit(case: Case) -> Case {
        always_fails(case)
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let mut delays = policy.delays().random(case.source());
        for _ in 0..case.script.len() {
            let _ = world.attempt();
            match delays.next() {
                Some(delay) => world.advance(delay),
                None => return world.trace_without_budget(None),
            }
        }
        let _ = world.attempt();
        world.trace_without_budget(None)
    }
}

/// `policy.ticker()`, under a test guard: each tick comes a delay after the work of the last.
pub(crate) struct Ticker;

impl Driver for Ticker {
    const SEES: Sees = Sees { view: View::Ticks, has_budget: false, ..ALL };

    fn fit(case: Case) -> Case {
        let runs: Vec<_> = case.script.iter().map(|step| step.runs).collect();
        let cancel = case.cancel.filter(|by| matches!(by, Cancel::Attempt(1..)));
        let mut case = always_fails(seeded(case));
        for (step, runs) in case.script.iter_mut().zip(runs) {
            step.runs = runs;
        }
        case.settings.reset_after = None;
        Case { cancel, ..case }
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let _time = testing::virtual_time();
        let world = World::new(case, Clock::guard());
        let ticker = policy.ticker().seed(case.seed()).cancel(&world.token);
        for _ in ticker.take(case.script.len() + 1) {
            let _ = world.attempt();
        }
        world.trace_without_budget(None)
    }
}
