//! The blocking calls.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use backoff_core::{Budgets, CancelToken, Classify as _, Fault, Policy, Random as _, Scope, Seeded, StopReason, retry};

use crate::call::{Call, Script, Trouble};
use crate::tally::Tally;

static PLAIN: Tally = Tally::of("soak.blocking.plain");
static REPEATABLE: Tally = Tally::of("soak.blocking.repeatable");
pub(crate) static BUDGETED: Tally = Tally::of("soak.blocking.budgeted");
static BRIEF: Tally = Tally::of("soak.blocking.brief").with_max_elapsed(Duration::from_micros(300));
static CANCELLED: Tally = Tally::of("soak.blocking.cancelled");
static POLLED: Tally = Tally::of("soak.blocking.polled");
static RESCUED: Tally = Tally::of("soak.blocking.rescued");
static PANICKING: Tally = Tally::of("soak.blocking.panicking");
static SUPPRESSING: Tally = Tally::of("soak.blocking.suppressing");
static STOPPING: Tally = Tally::of("soak.blocking.stopping");
static NESTED: Tally = Tally::of("soak.blocking.nested");
static BUILT: Tally = Tally::without_site("soak.blocking.built");
static BY_HAND: Tally = Tally::without_site("soak.blocking.by_hand");

pub(crate) static TALLIES: [&Tally; 13] = [
    &PLAIN,
    &REPEATABLE,
    &BUDGETED,
    &BRIEF,
    &CANCELLED,
    &POLLED,
    &RESCUED,
    &PANICKING,
    &SUPPRESSING,
    &STOPPING,
    &NESTED,
    &BUILT,
    &BY_HAND,
];

/// Far more hosts than budgets, so that budgets are replaced.
pub(crate) static HOSTS: Budgets<String> = Budgets::new().capacity(CAPACITY).max_keys(MAX_KEYS);
const CAPACITY: u32 = 3;
const MAX_KEYS: usize = 64;

/// Returns the number of allocations of the budgets: a key and a budget each. They are made and freed with their keys.
pub(crate) fn held_by_budgets() -> usize {
    2 * HOSTS.len()
}

/// Returns the largest number of retries that the budgets allow: their first tokens, and a tenth of a retry for each
/// success.
pub(crate) fn most_retries(successes: u64) -> u64 {
    (MAX_KEYS as u64 + 1) * u64::from(CAPACITY) + successes / 10
}

const QUICK: Policy = Policy::exponential()
    .initial_delay(Duration::from_micros(10))
    .max_delay(Duration::from_micros(80))
    .max_attempts(4)
    .build();

/// Makes calls of all kinds, one after the other.
pub(crate) fn make_calls(seed: u64, calls: u32) {
    let mut random = Seeded::new(seed);
    for number in 0..calls {
        match number % 13 {
            0 | 1 => make_plain(&mut random),
            2 => make_repeatable(&mut random),
            3 | 4 => make_budgeted(&mut random),
            5 => make_brief(&mut random),
            6 => make_cancelled(&mut random),
            7 => make_polled(&mut random),
            8 => make_rescued(&mut random),
            9 => make_panicking(&mut random),
            10 => make_nested(&mut random),
            11 => make_built(&mut random),
            _ => make_by_hand(&mut random),
        }
        crate::steering::make_blocking(&mut random);
    }
}

#[retry(
    name = "soak.blocking.plain",
    max_attempts = 4,
    initial_delay = "10us",
    max_delay = "80us",
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn plain(call: &Call) -> Result<u32, Trouble> {
    call.attempt()
}

fn make_plain(random: &mut Seeded) {
    let call = Call::new(&PLAIN, random);
    let result = plain(&call);
    let expected = call.expected(4, false);
    call.check("the result is another", result.is_ok() == expected.reason.is_none());
    call.ended(expected);
}

/// Uses all arguments of an attempt: a key, a clone, its number, and an action before it.
#[retry(
    name = "soak.blocking.repeatable",
    policy = QUICK,
    jitter = decorrelated,
    idempotent,
    cancel = &crate::tasks::NEVER,
    once(key = format!("key of {}", parcel.len())),
    clone(parcel),
    attempt = ctx,
    before_retry = reconnected.push(ctx.number()),
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn repeatable(call: &Call, parcel: Vec<u8>, reconnected: &mut Vec<u32>) -> Result<usize, Trouble> {
    let sent = parcel.into_boxed_slice().len() + key.len();
    let attempt = call.attempt()?;
    call.check("`attempt` has another number", attempt == ctx.number());
    Ok(sent)
}

fn make_repeatable(random: &mut Seeded) {
    let call = Call::new(&REPEATABLE, random);
    let mut reconnected = Vec::new();
    let result = repeatable(&call, vec![0; 100], &mut reconnected);
    let expected = call.expected(4, true);
    call.check("the result is another", result.ok() == expected.reason.is_none().then_some(100 + "key of 100".len()));
    call.check("`before_retry` ran at other times", reconnected.into_iter().eq(2..=expected.attempts));
    call.ended(expected);
}

#[retry(
    name = "soak.blocking.budgeted",
    policy = QUICK,
    budget = HOSTS.get(host),
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn budgeted(call: &Call, host: &str) -> Result<u32, Trouble> {
    call.attempt()
}

fn make_budgeted(random: &mut Seeded) {
    let call = Call::new(&BUDGETED, random);
    let _ = budgeted(&call, &format!("host {}", random.draw() % 1_000));
    call.check("there are too many budgets", HOSTS.len() <= MAX_KEYS);
    call.ended_unless(StopReason::BudgetEmpty, call.expected(4, false));
}

/// Limited by a short time.
#[retry(
    name = "soak.blocking.brief",
    max_elapsed = "300us",
    initial_delay = "10us",
    max_delay = "80us",
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn brief(call: &Call) -> Result<u32, Trouble> {
    call.attempt()
}

fn make_brief(random: &mut Seeded) {
    let call = Call::new(&BRIEF, random);
    let _ = brief(&call);
    // A push-back of an hour does not fit, and no other reason limits it.
    call.ended_unless(StopReason::MaxElapsed, call.expected(u32::MAX, false));
}

/// Waits an hour unless its token is cancelled, which happens as soon as it waits.
#[retry(
    name = "soak.blocking.cancelled",
    delay = "1h",
    forever,
    cancel = token,
    on_retry = |event| {
        call.retry(event);
        token.cancel();
    },
    on_give_up = |event| call.gave_up(event),
)]
fn cancelled(call: &Call, token: &CancelToken) -> Result<u32, Trouble> {
    call.attempt()
}

fn make_cancelled(random: &mut Seeded) {
    let call = Call::new(&CANCELLED, random);
    let _ = cancelled(&call, &CancelToken::new());
    call.ended(call.expected(1, false).or_else_cancelled());
}

/// Succeeds every time; the value is good enough at some attempt.
#[retry(
    name = "soak.blocking.polled",
    policy = QUICK,
    until = |attempt| *attempt > call.script().failures(),
    unmet = last,
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn polled(call: &Call) -> Result<u32, Trouble> {
    Ok(call.attempt_starts())
}

fn make_polled(random: &mut Seeded) {
    let failures = u32::try_from(random.draw() % 6).expect("small");
    let call = Call::with(&POLLED, Script::new(failures, Fault::Transient));
    let expected = call.expected(4, false);
    call.check("the last value is another", polled(&call).is_ok_and(|last| last == expected.attempts));
    call.ended(expected);
}

#[retry(
    name = "soak.blocking.rescued",
    policy = QUICK,
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
    or_else = |gave_up| Ok(1_000 + gave_up.attempts),
)]
fn rescued(call: &Call) -> Result<u32, Trouble> {
    call.attempt()
}

fn make_rescued(random: &mut Seeded) {
    let call = Call::new(&RESCUED, random);
    let expected = call.expected(4, false);
    let value = expected.attempts + if expected.reason.is_some() { 1_000 } else { 0 };
    call.check("the result is another", rescued(&call).is_ok_and(|found| found == value));
    call.ended(expected);
}

/// Panics instead of succeeding.
#[retry(
    name = "soak.blocking.panicking",
    policy = QUICK,
    inner_retries = suppress,
    on_retry = |event| call.retry(event),
    on_give_up = |event| call.gave_up(event),
)]
fn panicking(call: &Call) -> Result<u32, Trouble> {
    call.attempt()?;
    resume_unwind(Box::new("a panic that needs no message"))
}

fn make_panicking(random: &mut Seeded) {
    let call = Call::new(&PANICKING, random);
    let expected = call.expected(4, false);
    let result = catch_unwind(AssertUnwindSafe(|| panicking(&call)));
    call.check("the panic got lost", result.is_err() == expected.reason.is_none());
    call.check("the scope outlived the panic", Scope::current().is_none());
    call.check("the panic was retried", call.attempts() == expected.attempts);
    if result.is_err() {
        call.broke_off();
    } else {
        call.ended(expected);
    }
}

#[retry(
    name = "soak.blocking.suppressing",
    max_attempts = 3,
    delay = "20us",
    inner_retries = suppress,
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn suppressing(call: &Call) -> Result<u32, Trouble> {
    call.attempt_starts();
    inside(call.script())
}

#[retry(
    name = "soak.blocking.stopping",
    max_attempts = 3,
    delay = "20us",
    inner_retries = stop,
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn stopping(call: &Call) -> Result<u32, Trouble> {
    call.attempt_starts();
    inside(call.script())
}

/// A call inside another one, whose script it follows.
fn inside(script: &Script) -> Result<u32, Trouble> {
    let call = Call::with(&NESTED, Script::new(0, Fault::Transient));
    let result = nested(&call, script);
    call.is_consistent();
    result
}

#[retry(
    name = "soak.blocking.nested",
    max_attempts = 3,
    delay = "20us",
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn nested(call: &Call, script: &Script) -> Result<u32, Trouble> {
    call.attempt_starts();
    script.attempt()
}

fn make_nested(random: &mut Seeded) {
    for (tally, is_stopping) in [(&SUPPRESSING, false), (&STOPPING, true)] {
        let call = Call::new(tally, random);
        let result = if is_stopping { stopping(&call) } else { suppressing(&call) };
        call.ended_around_another(result.is_ok(), is_stopping);
    }
}

fn make_built(random: &mut Seeded) {
    let call = Call::new(&BUILT, random);
    let expected = call.expected(4, true);
    let report = QUICK
        .retry(|| call.attempt())
        .classified()
        .idempotent()
        .on_retry(|event| call.retry(event))
        .on_recovered(|event| call.recovered(event))
        .on_give_up(|event| call.gave_up(event))
        .call_report();
    call.ended_as_reported(report, expected);
    call.check("there are other delays", QUICK.delays().count() == 3);
    call.check("there are other ticks", QUICK.ticker().eq(1..=4));
}

fn make_by_hand(random: &mut Seeded) {
    let call = Call::new(&BY_HAND, random);
    let mut attempts = QUICK.start();
    while let Err(error) = call.attempt() {
        let fault = error.classify();
        if attempts.pause_as(error, fault).is_err() {
            call.gave_up_for(attempts.stopped().expect("it has stopped"));
            break;
        }
        call.failed_attempt(call.attempts());
    }
    call.succeeded_by_hand(&mut attempts);
    call.ended(call.expected(4, false));
}
