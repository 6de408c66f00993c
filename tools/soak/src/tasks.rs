//! The async calls.

use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use backoff_core::{CancelToken, Classify as _, Fault, Policy, Random as _, Scope, Seeded, StopReason, retry};
use tokio::task::{JoinSet, yield_now};

use crate::blocking::HOSTS;
use crate::call::{Call, Expected, Script, Trouble};
use crate::tally::Tally;

static PLAIN: Tally = Tally::of("soak.async.plain");
static DROPPED: Tally = Tally::of("soak.async.dropped");
static STALLING: Tally = Tally::of("soak.async.stalling");
static TIMED: Tally = Tally::of("soak.async.timed");
pub(crate) static BUDGETED: Tally = Tally::of("soak.async.budgeted");
static CANCELLED: Tally = Tally::of("soak.async.cancelled");
static SUPPRESSING: Tally = Tally::of("soak.async.suppressing");
static STOPPING: Tally = Tally::of("soak.async.stopping");
static NESTED: Tally = Tally::of("soak.async.nested");
static BUILT: Tally = Tally::without_site("soak.async.built");
static BY_HAND: Tally = Tally::without_site("soak.async.by_hand");

pub(crate) static TALLIES: [&Tally; 11] =
    [&PLAIN, &DROPPED, &STALLING, &TIMED, &BUDGETED, &CANCELLED, &SUPPRESSING, &STOPPING, &NESTED, &BUILT, &BY_HAND];

/// A policy with short delays. The timers of the runtime count milliseconds, so shorter delays end with the next one.
const QUICK: Policy = Policy::exponential()
    .initial_delay(Duration::from_micros(10))
    .max_delay(Duration::from_micros(80))
    .max_attempts(4)
    .build();

/// Makes calls of all kinds in one task for each seed, and returns when all are over.
pub(crate) async fn make_calls(seeds: Vec<u64>, calls: u32) {
    let tasks: JoinSet<()> = seeds.into_iter().map(|seed| make_some(Seeded::new(seed), calls)).collect();
    tasks.join_all().await;
}

async fn make_some(mut random: Seeded, calls: u32) {
    for number in 0..calls {
        let random = &mut random;
        match number % 13 {
            0 | 1 => make_plain(random).await,
            2 => make_dropped_by_polls(random),
            3 => make_dropped_by_time(random).await,
            4 => make_stalling(random).await,
            5 => make_timed(random).await,
            6 | 7 => make_budgeted(random).await,
            8 => make_cancelled(random).await,
            9 | 10 => make_nested(random).await,
            11 => make_built(random).await,
            _ => make_by_hand(random).await,
        }
        crate::steering::make_async(random).await;
    }
}

#[retry(
    name = "soak.async.plain",
    policy = QUICK,
    on_retry = async |event| {
        call.retry(event);
        yield_now().await;
    },
    on_recovered = |event| call.recovered(event),
    on_give_up = async |event| {
        yield_now().await;
        call.gave_up(event);
    },
)]
async fn plain(call: &Call) -> Result<u32, Trouble> {
    call.attempt_starts();
    yield_now().await;
    call.script().attempt()
}

async fn make_plain(random: &mut Seeded) {
    let call = Call::new(&PLAIN, random);
    let expected = call.expected(4, false);
    call.check("the result is another", plain(&call).await.is_ok() == expected.reason.is_none());
    call.ended(expected);
}

/// A token that all calls use and that is never cancelled. State that a dropped call left in it would stay there.
pub(crate) static NEVER: CancelToken = CancelToken::new();

/// Returns a future of another type, which is dropped after some polls or some time, at any point.
#[retry(
    name = "soak.async.dropped",
    policy = QUICK,
    inner_retries = suppress,
    attempt_timeout = "1h",
    cancel = &NEVER,
    on_retry = async |event| {
        call.retry(event);
        yield_now().await;
    },
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn dropped<'a>(call: &'a Call, parcel: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<usize, Trouble>> + Send + 'a>> {
    Box::pin(async move {
        call.attempt_starts();
        let parcel = parcel.to_vec(); // to be given back, too
        yield_now().await;
        call.script().attempt()?;
        yield_now().await;
        Ok(parcel.len())
    })
}

fn make_dropped_by_polls(random: &mut Seeded) {
    let call = Call::new(&DROPPED, random);
    let mut future = dropped(&call, &[0; 100]);
    let polls = random.draw() % 5;
    let has_ended = (0..polls).any(|_| future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    drop(future);
    call.check("the scope outlived the poll", Scope::current().is_none());
    if polls == 0 {
        call.check("it ran before the first poll", call.attempts() == 0);
        call.never_ran();
    } else {
        call.ended_or_broke_off(has_ended, 4);
    }
}

async fn make_dropped_by_time(random: &mut Seeded) {
    let call = Call::new(&DROPPED, random);
    let limit = Duration::from_micros(random.draw() % 6_000);
    let has_ended = tokio::time::timeout(limit, dropped(&call, &[0; 100])).await.is_ok();
    call.check("the scope outlived the call", Scope::current().is_none());
    call.ended_or_broke_off(has_ended, 4);
}

/// Does not return instead of failing.
#[retry(
    name = "soak.async.stalling",
    policy = QUICK,
    attempt_timeout = "1ms",
    idempotent,
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
async fn stalling(call: &Call) -> Result<u32, Trouble> {
    match call.attempt() {
        Err(_) => pending().await,
        answer => answer,
    }
}

/// Returns the number of failures of a script that is drawn for another purpose.
fn failures(random: &mut Seeded) -> u32 {
    u32::try_from(random.draw() % 6).expect("small")
}

async fn make_stalling(random: &mut Seeded) {
    let call = Call::with(&STALLING, Script::new(failures(random), Fault::Transient));
    let expected = call.expected(4, true);
    call.check("the result is another", stalling(&call).await.is_ok() == expected.reason.is_none());
    call.ended(expected);
}

/// Does not return instead of failing; the whole call times out.
#[retry(
    name = "soak.async.timed",
    timeout = "1ms",
    on_retry = |event| call.retry(event),
    on_give_up = |event| call.gave_up(event),
)]
async fn timed(call: &Call) -> Result<u32, Trouble> {
    match call.attempt() {
        Err(_) => pending().await,
        answer => answer,
    }
}

async fn make_timed(random: &mut Seeded) {
    let call = Call::with(&TIMED, Script::new(failures(random), Fault::Transient));
    let reason = (call.script().failures() > 0).then_some(StopReason::Timeout);
    call.check("the result is another", timed(&call).await.is_ok() == reason.is_none());
    call.ended(Expected { attempts: 1, reason });
}

#[retry(
    name = "soak.async.budgeted",
    policy = QUICK,
    budget = HOSTS.get(host),
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
async fn budgeted(call: &Call, host: &str) -> Result<u32, Trouble> {
    call.attempt_starts();
    yield_now().await;
    call.script().attempt()
}

async fn make_budgeted(random: &mut Seeded) {
    let call = Call::new(&BUDGETED, random);
    let _ = budgeted(&call, &format!("host {}", random.draw() % 1_000)).await;
    call.ended_unless(StopReason::BudgetEmpty, call.expected(4, false));
}

/// Waits an hour unless its token is cancelled, which another task does.
#[retry(
    name = "soak.async.cancelled",
    delay = "1h",
    forever,
    cancel = token.cancelled(),
    on_retry = |event| {
        call.retry(event);
        let token = token.clone();
        tokio::spawn(async move { token.cancel() });
    },
    on_give_up = |event| call.gave_up(event),
)]
async fn cancelled(call: &Call, token: &CancelToken) -> Result<u32, Trouble> {
    call.attempt()
}

async fn make_cancelled(random: &mut Seeded) {
    let call = Call::new(&CANCELLED, random);
    let _ = cancelled(&call, &CancelToken::new()).await;
    call.ended(call.expected(1, false).or_else_cancelled());
}

#[retry(
    name = "soak.async.suppressing",
    max_attempts = 3,
    delay = "20us",
    inner_retries = suppress,
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
async fn suppressing(call: &Arc<Call>) -> Result<u32, Trouble> {
    call.attempt_starts();
    in_another_task(call).await
}

#[retry(
    name = "soak.async.stopping",
    max_attempts = 3,
    delay = "20us",
    inner_retries = stop,
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
async fn stopping(call: &Arc<Call>) -> Result<u32, Trouble> {
    call.attempt_starts();
    in_another_task(call).await
}

/// A call inside another one, whose script it follows, in a task that receives the scope.
async fn in_another_task(outer: &Arc<Call>) -> Result<u32, Trouble> {
    let scope = Scope::current().expect("the attempt has a scope");
    let outer = Arc::clone(outer);
    let inside = async move {
        let call = Call::with(&NESTED, Script::new(0, Fault::Transient));
        let result = nested(&call, outer.script()).await;
        call.is_consistent();
        result
    };
    tokio::spawn(scope.wrap(inside)).await.expect("it does not panic")
}

#[retry(
    name = "soak.async.nested",
    max_attempts = 3,
    delay = "20us",
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
async fn nested(call: &Call, script: &Script) -> Result<u32, Trouble> {
    call.attempt_starts();
    yield_now().await;
    script.attempt()
}

async fn make_nested(random: &mut Seeded) {
    for (tally, is_stopping) in [(&SUPPRESSING, false), (&STOPPING, true)] {
        let call = Arc::new(Call::new(tally, random));
        let result = if is_stopping { stopping(&call).await } else { suppressing(&call).await };
        call.ended_around_another(result.is_ok(), is_stopping);
    }
}

async fn make_built(random: &mut Seeded) {
    let call = Call::new(&BUILT, random);
    let expected = call.expected(4, true);
    let report = QUICK
        .retry(|| async { call.attempt() })
        .classified()
        .idempotent()
        .on_retry(|event| call.retry(event))
        .on_recovered(|event| call.recovered(event))
        .on_give_up(|event| call.gave_up(event))
        .report();
    call.ended_as_reported(pin!(report).await, expected);
    let mut ticker = QUICK.ticker();
    let mut ticks = 0;
    while ticker.tick().await.is_some() {
        ticks += 1;
    }
    call.check("there are other ticks", ticks == 4);
}

async fn make_by_hand(random: &mut Seeded) {
    let call = Call::new(&BY_HAND, random);
    let mut attempts = QUICK.start();
    while let Err(error) = call.attempt() {
        let fault = error.classify();
        if attempts.pause_async_as(error, fault).await.is_err() {
            call.gave_up_for(attempts.stopped().expect("it has stopped"));
            break;
        }
        call.failed_attempt(call.attempts());
    }
    call.succeeded_by_hand(&mut attempts);
    call.ended(call.expected(4, false));
}
