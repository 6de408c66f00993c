//! The drivers: each runs a case through one API of the library, and returns its trace.

use std::time::Duration;

use backoff_core::{AttemptTimeout, Backoff, Jitter, Policy, Random, Seeded, testing};

use crate::case::{self, AnyPolicy, Cancel, Case, Draws, Settings, TRANSIENT};
use crate::contract::{Sees, View};
use crate::trace::{Trace, Trouble, Value};
use crate::world::{Clock, World, paused};

pub(crate) trait Driver {
    const SEES: Sees;

    /// A driver that only the script of a case reaches runs one case in so many.
    const SHARE: u32 = 1;

    /// Changes a case so that this driver can run it.
    fn fit(case: Case) -> Case;

    fn run<B: Backoff + Clone>(case: &Case, policy: &Policy<B>) -> Trace;
}

pub(crate) const ALL: Sees = Sees { wakes: true, has_budget: true, view: View::All };

/// Runs a case whose policy the model accepts.
pub(crate) fn drive<D: Driver>(case: &Case) -> Trace {
    let _disabled = case.disabled.then(testing::disabled);
    match case.settings.policy().unwrap_or_else(|refusal| panic!("the policy is refused: {refusal}")) {
        AnyPolicy::BuiltIn(policy) => D::run(case, &policy),
        AnyPolicy::List(policy) => D::run(case, &policy),
    }
}

/// A case without the settings that only async calls have.
pub(crate) fn blocking(case: Case) -> Case {
    Case { attempt_timeout: None, timeout: None, timed_out: TRANSIENT, cancel_attempts: false, ..case }
}

/// A case in which nothing happens beside the call: it is cancelled by attempts and hooks only.
pub(crate) fn alone(case: Case) -> Case {
    let cancel = case.cancel.map(|by| if matches!(by, Cancel::At(_)) { Cancel::Attempt(2) } else { by });
    Case { cancel, ..case }
}

/// A case without `adjust` and `reset_when`.
pub(crate) fn unsteered(case: Case) -> Case {
    Case { progress: Vec::new(), adjusts: Vec::new(), ..case }
}

/// A case without hooks.
pub(crate) fn without_hooks(case: Case) -> Case {
    let cancel = case.cancel.map(|by| if let Cancel::Hook(retry) = by { Cancel::Attempt(retry) } else { by });
    Case { hooks: Vec::new(), cancel, ..case }
}

/// A case in whole milliseconds, which is what tokio's timers count.
pub(crate) fn whole_millis(case: Case) -> Case {
    let backoff = match case.settings.backoff.clone() {
        case::Backoff::Exponential { initial, multiplier } => {
            let whole = multiplier.map(|by| if by.fract() > 0.0 { by * 2.0 } else { by });
            case::Backoff::Exponential { initial, multiplier: whole }
        }
        other => other,
    };
    let draws = if matches!(case.draws, Draws::Seed(_)) { Draws::Highest } else { case.draws };
    Case { draws, settings: Settings { backoff, ..case.settings.clone() }, ..case }
}

/// A case without jitter.
pub(crate) fn exact(case: Case) -> Case {
    let is_at_once = case.settings.backoff == case::Backoff::Constant(Duration::ZERO);
    let settings = Settings { jitter: (!is_at_once).then_some(Jitter::None), ..case.settings.clone() };
    Case { settings, draws: Draws::Lowest, ..case }
}

/// A case whose random numbers come from a seed, or from the library's generator.
pub(crate) fn seeded(case: Case) -> Case {
    let draws = if matches!(case.draws, Draws::Seed(_)) { case.draws } else { Draws::Seed(1) };
    Case { draws, ..case }
}

pub(crate) enum Source {
    Always(u64),
    Seeded(Box<Seeded>),
}

impl Random for Source {
    fn draw(&mut self) -> u64 {
        match self {
            Self::Always(number) => *number,
            Self::Seeded(seeded) => seeded.draw(),
        }
    }
}

impl Case {
    pub(crate) fn source(&self) -> Source {
        match self.draws {
            Draws::Lowest => Source::Always(0),
            Draws::Highest => Source::Always(u64::MAX),
            Draws::Seed(seed) => Source::Seeded(Box::new(Seeded::new(seed))),
        }
    }

    pub(crate) fn seed(&self) -> u64 {
        match self.draws {
            Draws::Seed(seed) => seed,
            Draws::Lowest | Draws::Highest => 0,
        }
    }
}

/// Makes a builder call with the settings that all drivers share.
macro_rules! call {
    ($policy:ident, $world:ident, $operation:expr) => {
        call!($policy.retry($operation), $world)
    };
    ($call:expr, $world:ident) => {
        $call
            .when(|error: &Trouble| $world.fault(error))
            .until(|value: &Value| $world.accepts(*value))
            .on_retry(|event| $world.on_retry(event))
            .on_give_up(|event| $world.on_give_up(event))
            .on_recovered(|event| $world.on_recovered(event))
            .budget(&$world.budget)
            .random($world.case.source())
    };
}

/// Adds `adjust` and `reset_when`, if the case has them; other calls have another type.
macro_rules! steered {
    ($world:ident, $call:ident, $end:expr) => {
        if $world.case.is_steered() {
            let $call =
                $call.adjust(|planned| $world.adjust(planned)).reset_when(|error: &Trouble| $world.is_progress(error));
            $end
        } else {
            $end
        }
    };
}

/// Adds the settings of async calls from the case, and awaits the report.
macro_rules! awaited {
    ($world:ident, $call:expr) => {
        awaited!(report, $world, $call)
    };
    ($report:ident, $world:ident, $call:expr) => {{
        let call = $call.on_timeout(|timeout: AttemptTimeout| Trouble::TimedOut(timeout.limit()));
        match $world.case.cancel {
            Some(_) if $world.case.cancel_attempts => {
                let call = call.cancel($world.cancelled()).cancel_attempts();
                awaited!(@timeouts $report, $world, call.on_cancel(|_| Trouble::Cancelled))
            }
            Some(_) => awaited!(@timeouts $report, $world, call.cancel($world.cancelled())),
            None => awaited!(@timeouts $report, $world, call),
        }
    }};
    (@timeouts $report:ident, $world:ident, $call:expr) => {
        match ($world.case.attempt_timeout, $world.case.timeout) {
            (None, None) => $call.$report().await,
            (Some(attempt), None) => $call.attempt_timeout(attempt).$report().await,
            (None, Some(all)) => $call.timeout(all).$report().await,
            (Some(attempt), Some(all)) => $call.attempt_timeout(attempt).timeout(all).$report().await,
        }
    };
}

/// `policy.retry(..).call_report()` with a given clock and sleeper, which no cancellation wakes.
pub(crate) struct BlockingCall;

impl Driver for BlockingCall {
    const SEES: Sees = Sees { wakes: false, ..ALL };

    fn fit(case: Case) -> Case {
        blocking(case)
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let call = call!(policy, world, || world.attempt()).clock(|| world.now()).sleep(|delay| world.advance(delay));
        let result = world.reports(steered!(
            world,
            call,
            match case.cancel {
                Some(_) => call.cancel(&world.token).call_report(),
                None => call.call_report(),
            }
        ));
        world.trace(result)
    }
}

/// `policy.retry(..).call_report()` with the default clock and sleeper, under a test guard.
pub(crate) struct BlockingDefault;

impl Driver for BlockingDefault {
    const SEES: Sees = ALL;

    fn fit(case: Case) -> Case {
        alone(blocking(case))
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let _time = testing::virtual_time();
        let world = World::new(case, Clock::guard());
        let call = call!(policy, world, || world.attempt());
        let result = world.reports(steered!(
            world,
            call,
            match case.cancel {
                Some(_) => call.cancel(&world.token).call_report(),
                None => call.call_report(),
            }
        ));
        world.trace(result)
    }
}

/// `policy.retry(..).report().await` with a given clock and sleeper, on a manual executor.
pub(crate) struct AsyncByHand;

impl Driver for AsyncByHand {
    const SEES: Sees = ALL;

    fn fit(case: Case) -> Case {
        case
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let Clock::Hand(hand) = &world.clock else { unreachable!() };
        let call = call!(policy, world, || world.attempt_async());
        let call = call.clock(|| world.now()).sleep(|delay| world.wait(delay));
        let result = world.reports(hand.run(async { steered!(world, call, awaited!(world, call)) }));
        world.trace(result)
    }
}

/// `policy.retry(..).report().await` with the default sleeper, on tokio's paused time.
pub(crate) struct AsyncOnTokio;

impl Driver for AsyncOnTokio {
    const SEES: Sees = ALL;

    fn fit(case: Case) -> Case {
        // A hook of the builder blocks, and tokio's time does not pass in it.
        Case { hooks: Vec::new(), ..whole_millis(case) }
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        paused(async {
            let world = World::new(case, Clock::tokio());
            let call = call!(policy, world, || world.attempt_async());
            let result = steered!(world, call, awaited!(world, call));
            let result = world.reports(result);
            world.trace(result)
        })
    }
}

/// `policy.retry_mut(..).call_report().await` with a given clock and sleeper, on a manual executor.
pub(crate) struct LendingByHand;

impl Driver for LendingByHand {
    const SEES: Sees = ALL;

    fn fit(case: Case) -> Case {
        case
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        let world = World::new(case, Clock::hand());
        let Clock::Hand(hand) = &world.clock else { unreachable!() };
        let mut lent = Vec::new();
        let operation = async || lend(&mut lent, &world).await;
        let call = call!(policy.retry_mut(operation), world).clock(|| world.now()).sleep(|delay| world.wait(delay));
        let result = world.reports(hand.run(async { steered!(world, call, awaited!(call_report, world, call)) }));
        world.trace(result)
    }
}

/// `policy.retry_mut(..).call_report().await` with the default sleeper, on tokio's paused time.
pub(crate) struct LendingOnTokio;

impl Driver for LendingOnTokio {
    const SEES: Sees = ALL;

    fn fit(case: Case) -> Case {
        AsyncOnTokio::fit(case)
    }

    fn run<B: Backoff>(case: &Case, policy: &Policy<B>) -> Trace {
        paused(async {
            let world = World::new(case, Clock::tokio());
            let mut lent = Vec::new();
            let call = call!(policy.retry_mut(async || lend(&mut lent, &world).await), world);
            let result = steered!(world, call, awaited!(call_report, world, call));
            let result = world.reports(result);
            world.trace(result)
        })
    }
}

/// An attempt that keeps a unique reference to the state of its operation while it runs.
async fn lend(lent: &mut Vec<()>, world: &World<'_>) -> Result<Value, Trouble> {
    lent.push(());
    let result = world.attempt_async().await;
    assert!(!lent.is_empty(), "the state is lent until the attempt ends");
    result
}
