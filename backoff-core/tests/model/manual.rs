//! Drivers without a call: the manual loop, the ticker, the iterator of delays, and the decision alone.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use backoff_core::{Attempts, Backoff, Decision, Failure, Policy, WaitState, testing};

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

/// Adds the budget and the cancellation of the case to a manual loop, and runs it.
macro_rules! looped {
    ($world:ident, $attempts:ident = $start:expr, cancelled by $cancel:expr, $run:expr) => {{
        let attempts = $start.budget(&$world.budget);
        match $world.case.cancel {
            Some(_) => {
                let mut $attempts = attempts.cancel($cancel);
                $run
            }
            None => {
                let mut $attempts = attempts;
                $run
            }
        }
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
        let result = looped!(world, attempts = policy.start().seed(case.seed()), cancelled by &world.token, loop {
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
        });
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
            let result = looped!(world, attempts = policy.start(), cancelled by &world.token, loop {
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
            });
            world.trace(result)
        })
    }
}

/// Counts a failure, and notes its delay.
macro_rules! counted {
    ($world:ident, $attempts:ident, $error:ident) => {
        match $attempts.failed_as($error, $world.fault(&$error)) {
            Ok(delay) => $world.notes_delay($world.now(), Some(delay)),
            Err(error) => break $world.explains($attempts.explain(error)),
        }
    };
}

/// `Attempts::new(policy)`, `failed_as` and `wait`, with a given clock and sleeper, which no cancellation wakes. The
/// success is that of the attempt that runs when the loop is dropped.
pub(crate) struct TwoSteps;

impl Driver for TwoSteps {
    const SEES: Sees = Sees { wakes: false, ..BY_HAND };

    fn fit(case: Case) -> Case {
        by_hand(case)
    }

    fn run<B: Backoff + Clone>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let start = Attempts::new(policy.clone()).clock(|| world.now()).sleep(|delay| world.advance(delay));
        let result = looped!(world, attempts = start.random(case.source()), cancelled by world.token.clone(), loop {
            let error = match world.attempt() {
                Ok(value) => break Ok(value),
                Err(error) => error,
            };
            counted!(world, attempts, error);
            if attempts.wait().is_err() {
                break world.explains(attempts.explain(error));
            }
        });
        world.trace(result)
    }
}

/// Drops a future at the end of another one; `None` if it was dropped.
async fn unless<T>(work: impl Future<Output = T>, end: impl Future<Output = ()>) -> Option<T> {
    let (mut work, mut end) = (pin!(work), pin!(end));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => end.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// An `Arc<Policy>`, `failed_as` and `wait_async`, on a manual executor; each wait is dropped twice.
pub(crate) struct TwoStepsAsync;

impl Driver for TwoStepsAsync {
    const SEES: Sees = BY_HAND;

    fn fit(case: Case) -> Case {
        by_hand(case)
    }

    fn run<B: Backoff + Clone>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let Clock::Hand(hand) = &world.clock else { unreachable!() };
        let start = Attempts::new(Arc::new(policy.clone())).clock(|| world.now()).sleep(|delay| world.wait(delay));
        let start = start.random(case.source());
        let result = hand.run(async {
            looped!(world, attempts = start, cancelled by world.cancelled(), loop {
                let error = match world.attempt_async().await {
                    Ok(value) => break Ok(value),
                    Err(error) => error,
                };
                counted!(world, attempts, error);
                let third = attempts.pending_delay().expect("a delay is pending") / 3;
                let mut end = unless(attempts.wait_async(), world.wait(third)).await;
                if end.is_none() {
                    end = unless(attempts.wait_async(), world.wait(third)).await;
                }
                let end = match end {
                    Some(end) => end,
                    None => attempts.wait_async().await,
                };
                if end.is_err() {
                    break world.explains(attempts.explain(error));
                }
            })
        });
        world.trace(result)
    }
}

/// `policy.start()`, `failed_as` and `poll_wait`, on a manual executor.
pub(crate) struct Polled;

impl Driver for Polled {
    const SEES: Sees = BY_HAND;

    fn fit(case: Case) -> Case {
        by_hand(case)
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let Clock::Hand(hand) = &world.clock else { unreachable!() };
        let start = policy.start().clock(|| world.now()).sleep(|delay| world.wait(delay)).random(case.source());
        let result = hand.run(async {
            let mut delay = pin!(WaitState::new());
            looped!(world, attempts = start, cancelled by world.cancelled(), loop {
                let error = match world.attempt_async().await {
                    Ok(value) => break Ok(value),
                    Err(error) => error,
                };
                counted!(world, attempts, error);
                if poll_fn(|cx| attempts.poll_wait(delay.as_mut(), cx)).await.is_err() {
                    break world.explains(attempts.explain(error));
                }
            })
        });
        world.trace(result)
    }
}

/// `policy.decide(..)`, in a loop of a few lines.
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

/// `Ticker::new(policy)` and `tick`, on a manual executor; each wait is dropped in the middle.
pub(crate) struct TickerAsync;

impl Driver for TickerAsync {
    const SEES: Sees = Ticker::SEES;

    fn fit(case: Case) -> Case {
        Ticker::fit(case)
    }

    fn run<B: Backoff + Clone>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let Clock::Hand(hand) = &world.clock else { unreachable!() };
        hand.run(async {
            let ticker = backoff_core::Ticker::new(policy.clone()).clock(|| world.now());
            let mut ticker = ticker.sleep(|delay| world.wait(delay)).seed(case.seed()).cancel(world.cancelled());
            for _ in 0..=case.script.len() {
                let tick = match unless(ticker.tick(), world.wait(Duration::from_millis(1))).await {
                    Some(tick) => tick,
                    None => ticker.tick().await,
                };
                if tick.is_none() {
                    break;
                }
                let _ = world.attempt_async().await;
            }
        });
        world.trace_without_budget(None)
    }
}
