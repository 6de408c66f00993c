//! Cancellation is seen, and a delay ends, in a task that has used up tokio's cooperative budget.

use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::busy::{self, Call, Failed, PATIENCE, Row, Work, World, beside_a_hungry_sibling, call};
use backoff_core::{CancelToken, InnerRetries, Jitter, Policy, StopReason, retry};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::unconstrained;
use tokio::time::sleep;

const MILLI: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);

const fn times(attempts: u32, delay: Duration) -> Policy {
    Policy::constant(delay).jitter(Jitter::None).max_attempts(attempts).build()
}

const THRICE: Policy = times(3, MILLI);
const THRICE_AT_ONCE: Policy = times(3, Duration::ZERO);
const HOURLY: Policy = times(3, HOUR);

type Cancel = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A resource of tokio that is ready, and returns `Pending` in a task that has used up its budget.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Oneshot,
    Watch,
    Channel,
}

impl Signal {
    const ALL: [Self; 3] = [Self::Oneshot, Self::Watch, Self::Channel];

    fn given(self) -> Cancel {
        match self {
            Self::Oneshot => {
                let (sender, receiver) = oneshot::channel();
                let sent = sender.send(());
                Box::pin(async move {
                    assert!(sent.is_ok() && receiver.await.is_ok());
                })
            }
            Self::Watch => {
                let (sender, mut receiver) = watch::channel(false);
                let sent = sender.send(true);
                Box::pin(async move {
                    assert!(sent.is_ok() && receiver.changed().await.is_ok());
                    drop(sender);
                })
            }
            Self::Channel => {
                let (sender, mut receiver) = mpsc::unbounded_channel();
                let sent = sender.send(());
                Box::pin(async move {
                    assert!(sent.is_ok() && receiver.recv().await.is_some());
                })
            }
        }
    }
}

macro_rules! cancelled {
    ($world:ident, $signal:ident => $($name:ident($($args:tt)*);)*) => {
        $(#[retry(
            $($args)*, cancel = $signal.given(), jitter = none,
            on_retry = |_| $world.retried(), on_give_up = |event| $world.ended_by(event.reason()),
        )]
        async fn $name($world: &World, $signal: Signal) -> Result<u64, Failed> {
            $world.spend_and_fail().await
        })*
    };
}

cancelled! { world, signal =>
    plain(max_attempts = 3, delay = "1ms");
    at_once(max_attempts = 3, delay = "0s");
    hourly(max_attempts = 3, delay = "1h");
    with_policy(policy = THRICE);
    beside_timeout(max_attempts = 3, delay = "1ms", timeout = "1h");
    beside_attempt_timeout(max_attempts = 3, delay = "1ms", attempt_timeout = "1h");
    beside_both(max_attempts = 3, delay = "1h", attempt_timeout = "1h", timeout = "2h");
    suppressing(max_attempts = 3, delay = "1ms", inner_retries = suppress);
    own_sleeper(max_attempts = 3, delay = "1ms", sleep = |delay| sleep(delay));
    sleeper_that_returns_at_once(max_attempts = 3, delay = "1ms", sleep = |_| ready(()));
    sleeper_at_once_beside_timeout(max_attempts = 3, delay = "1ms", sleep = ready_at_once, timeout = "1h");
}

fn ready_at_once(_: Duration) -> impl Future<Output = ()> + Send {
    ready(())
}

/// A row of a table of calls that a ready signal cancels.
type CancelRow = (&'static str, fn(Arc<World>, Signal) -> Call);

macro_rules! attribute_rows {
    ($($name:ident)*) => {
        &[$((concat!("#[retry], ", stringify!($name)), |world, signal| {
            call(async move { $name(&world, signal).await })
        })),*]
    };
}

const CANCELLED_ATTRIBUTE: &[CancelRow] = attribute_rows! {
    plain at_once hourly with_policy beside_timeout beside_attempt_timeout beside_both suppressing own_sleeper
    sleeper_that_returns_at_once sleeper_at_once_beside_timeout
};

macro_rules! builder_rows {
    ($($name:literal $policy:ident, $call:ident => $set:expr;)*) => {
        &[$(($name, |world, signal| call(async move {
            let $call = $policy.retry(|| world.spend_and_fail()).on_retry(|_| world.retried()).cancel(signal.given());
            match $set.report().await {
                Ok(success) => Ok(success.value),
                Err(error) => {
                    world.ended_by(error.reason);
                    Err(error.last)
                }
            }
        }))),*]
    };
}

const CANCELLED_BUILDER: &[CancelRow] = builder_rows! {
    "builder, plain" THRICE, call => call;
    "builder, at once" THRICE_AT_ONCE, call => call;
    "builder, hourly" HOURLY, call => call;
    "builder, beside a timeout" THRICE, call => call.timeout(HOUR);
    "builder, beside an attempt timeout" THRICE, call => call.attempt_timeout(HOUR);
    "builder, beside both" HOURLY, call => call.attempt_timeout(HOUR).timeout(HOUR * 2);
    "builder, suppressing" THRICE, call => call.inner_retries(InnerRetries::Suppress);
    "builder, own sleeper" THRICE, call => call.sleep(sleep);
    "builder, sleeper that returns at once" THRICE, call => call.sleep(ready_at_once);
    "builder, sleeper at once, timeout" THRICE, call => call.sleep(ready_at_once).timeout(HOUR);
};

/// Runs each row with each signal on each runtime; the first failure must be the end.
fn all_are_cancelled(around: fn(Call) -> Call) {
    let mut wrong = Vec::new();
    for (kind, runtime) in busy::runtimes() {
        for (name, call) in [CANCELLED_ATTRIBUTE, CANCELLED_BUILDER].into_iter().flatten() {
            for signal in Signal::ALL {
                if wrong.len() == 3 {
                    break;
                }
                let world = World::new(Work::Budget, PATIENCE);
                let result = busy::run(&runtime, around(call(Arc::clone(&world), signal)));
                let end = (result, world.attempts(), world.retries(), world.reason());
                if end != (Err(Failed::Down), 1, 0, Some(StopReason::Cancelled)) {
                    wrong.push(format!("{name}, {signal:?} ({kind}): {end:?}"));
                }
            }
        }
    }
    let expected = "(result, attempts, retries announced, reason)";
    assert!(wrong.is_empty(), "{expected} of the first wrong calls:\n{}", wrong.join("\n"));
}

#[test]
fn a_cancelled_call_ends_with_an_attempt_that_has_used_up_the_budget() {
    all_are_cancelled(|future| future);
}

#[test]
fn a_cancelled_call_ends_beside_a_sibling_that_uses_up_the_budget_before_each_poll() {
    all_are_cancelled(|future| call(async { beside_a_hungry_sibling(future).await.unwrap_or(Ok(0)) }));
}

#[test]
fn each_signal_of_these_tests_is_ready_and_starved_by_a_spent_budget() {
    for (kind, runtime) in busy::runtimes() {
        for signal in Signal::ALL {
            let polls = busy::run(&runtime, async move {
                busy::spend().await;
                let starved = is_ready(signal.given()).await;
                (starved, is_ready(Box::pin(unconstrained(signal.given()))).await)
            });
            assert_eq!(polls, (false, true), "{signal:?} ({kind})");
        }
    }
}

async fn is_ready(mut future: Cancel) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}

macro_rules! delayed {
    ($world:ident => $($name:ident($($args:tt)*);)*) => {
        $(#[retry($($args)*)]
        async fn $name($world: &World) -> Result<u64, Failed> {
            $world.spend_and_fail().await
        })*
    };
}

delayed! { world =>
    delay_plain(max_attempts = 3, delay = "1ms");
    delay_policy(policy = THRICE);
    delay_run_time(policy = { THRICE });
    delay_suppressing(policy = THRICE, inner_retries = suppress);
    delay_hooked(policy = THRICE, on_retry = |_| world.retried(), or_else = |error| Err(error.last));
    delay_cancellable(policy = THRICE, cancel = pending::<()>());
    delay_attempt_timeout(policy = THRICE, attempt_timeout = "1h");
    delay_timeout(policy = THRICE, timeout = "1h");
    delay_all(policy = THRICE, timeout = "1h", attempt_timeout = "1h", cancel = pending::<()>(), inner_retries = stop);
    delay_own_sleeper(policy = THRICE, sleep = |delay| sleep(delay));
    delay_all_own_sleeper(policy = THRICE, sleep = sleep, timeout = "1h", cancel = pending::<()>());
}

macro_rules! delay_rows {
    ($($name:ident)*) => { &[$((stringify!($name), (), |world| call(async move { $name(&world).await }))),*] };
}

const DELAYED_ATTRIBUTE: &[Row<()>] = delay_rows! {
    delay_plain delay_policy delay_run_time delay_suppressing delay_hooked delay_cancellable delay_attempt_timeout
    delay_timeout delay_all delay_own_sleeper delay_all_own_sleeper
};

macro_rules! delay_built {
    ($($name:literal $call:ident => $set:expr;)*) => {
        &[$(($name, (), |world| call(async move {
            let $call = THRICE.retry(|| world.spend_and_fail());
            $set.await
        }))),*]
    };
}

const DELAYED_BUILDER: &[Row<()>] = delay_built! {
    "builder, plain" call => call;
    "builder, suppressing" call => call.inner_retries(InnerRetries::Suppress);
    "builder, hooked" call => call.on_retry(|_| ()).on_give_up(|_| ());
    "builder, cancellable" call => call.cancel(pending::<()>());
    "builder, attempt timeout" call => call.attempt_timeout(HOUR);
    "builder, timeout" call => call.timeout(HOUR);
    "builder, all" call => call.timeout(HOUR).attempt_timeout(HOUR).cancel(pending::<()>());
    "builder, own sleeper" call => call.sleep(sleep);
    "builder, timeout, own sleeper" call => call.sleep(|delay| sleep(delay)).timeout(HOUR);
};

const DELAYED_BY_HAND: &[Row<()>] = &[
    ("by hand", (), |world| {
        call(async move {
            for _ in 0..2 {
                world.spend_and_fail().await.err();
                unconstrained(sleep(MILLI)).await;
            }
            world.spend_and_fail().await
        })
    }),
    ("a loop by hand", (), |world| {
        call(async move {
            let mut attempts = THRICE.start();
            loop {
                match world.spend_and_fail().await {
                    Err(error) => attempts.pause_async(error).await?,
                    ended => break ended,
                }
            }
        })
    }),
    ("a loop by hand that can be cancelled", (), |world| {
        call(async move {
            let token = CancelToken::new();
            let mut attempts = THRICE.start().cancel(&token);
            loop {
                match world.spend_and_fail().await {
                    Err(error) => attempts.pause_async(error).await?,
                    ended => break ended,
                }
            }
        })
    }),
    ("a ticker", (), |world| {
        call(async move {
            let mut ticker = THRICE.ticker();
            let mut last = Ok(0);
            while ticker.tick().await.is_some() {
                last = world.spend_and_fail().await;
            }
            last
        })
    }),
];

#[test]
fn a_delay_ends_beside_a_sibling_that_uses_up_the_budget_before_each_poll() {
    let mut wrong = Vec::new();
    for (kind, runtime) in busy::runtimes() {
        for (name, (), call) in [DELAYED_BY_HAND, DELAYED_ATTRIBUTE, DELAYED_BUILDER].into_iter().flatten() {
            if wrong.len() == 3 {
                break;
            }
            let world = World::new(Work::Budget, PATIENCE);
            let result = busy::run(&runtime, beside_a_hungry_sibling(call(Arc::clone(&world))));
            if (result, world.attempts()) != (Some(Err(Failed::Down)), 3) {
                wrong.push(format!("{name} ({kind}): {result:?} after {} attempts", world.attempts()));
            }
        }
    }
    assert!(wrong.is_empty(), "the first delays that did not end:\n{}", wrong.join("\n"));
}
