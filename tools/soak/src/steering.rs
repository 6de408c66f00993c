//! Calls whose policy changes all the time.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use backoff_core::overrides::{self, InvalidOverride, Override, Overrides};
use backoff_core::{Policy, Random as _, Seeded, retry};

use crate::call::{Call, Trouble};
use crate::tally::Tally;

static BLOCKING: Tally = Tally::of("soak.steered.blocking");
static ASYNC: Tally = Tally::of("soak.steered.async");

pub(crate) static TALLIES: [&Tally; 2] = [&BLOCKING, &ASYNC];

/// The largest number of attempts that any policy here allows.
const MOST: u32 = 6;

/// A policy for one call that replaces that of the annotation.
const GIVEN: Policy = Policy::constant(Duration::from_micros(5)).max_attempts(5).build();

/// Changes the overrides until it is stopped, and leaves none behind.
pub(crate) fn change_overrides(is_over: &AtomicBool) {
    for step in 0_u32.. {
        if is_over.load(Relaxed) {
            break;
        }
        change(step).expect("every one of these overrides is allowed");
        std::thread::sleep(Duration::from_micros(300));
    }
    overrides::clear();
}

fn change(step: u32) -> Result<(), InvalidOverride> {
    match step % 9 {
        0 => overrides::set("soak.steered", Override::new().max_attempts(MOST))?,
        1 => overrides::set("soak.steered.blocking", Override::new().max_attempts(1))?,
        2 => overrides::load("soak.steered.a*: disabled; soak.nobody: max_attempts=7")?,
        3 => _ = overrides::remove("soak.steered.blocking"),
        4 => overrides::set("soak.steered.async", Override::new().max_elapsed(Duration::from_micros(500)))?,
        5 => {
            let all: Overrides = "soak.steered: max_delay=1us, idempotent, max_attempts=4".parse()?;
            overrides::replace_all(all); // below the annotated `initial_delay`, so it is moved
        }
        6 => overrides::load("soak.steered: disabled")?,
        7 => {
            let _ = (overrides::unmatched(), overrides::adjusted(), overrides::current());
        }
        _ => overrides::clear(),
    }
    Ok(())
}

#[retry(
    name = "soak.steered.blocking",
    max_attempts = 3,
    initial_delay = "10us",
    max_delay = "80us",
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
fn blocking(call: &Call) -> Result<u32, Trouble> {
    call.attempt()
}

pub(crate) fn make_blocking(random: &mut Seeded) {
    let call = Call::new(&BLOCKING, random);
    let result = match random.draw() % 4 {
        0 => overrides::with_policy(GIVEN, || blocking(&call)),
        _ => blocking(&call),
    };
    call.ended_somehow(result.is_ok(), MOST);
}

#[retry(
    name = "soak.steered.async",
    max_attempts = 3,
    initial_delay = "10us",
    max_delay = "80us",
    on_retry = |event| call.retry(event),
    on_recovered = |event| call.recovered(event),
    on_give_up = |event| call.gave_up(event),
)]
async fn asynchronous(call: &Call) -> Result<u32, Trouble> {
    tokio::task::yield_now().await;
    call.attempt()
}

pub(crate) async fn make_async(random: &mut Seeded) {
    let call = Call::new(&ASYNC, random);
    let result = match random.draw() % 4 {
        0 => overrides::with_policy_async(GIVEN, asynchronous(&call)).await,
        _ => asynchronous(&call).await,
    };
    call.ended_somehow(result.is_ok(), MOST);
}
