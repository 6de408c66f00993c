//! A call is dropped after its n-th poll, for every n until it is complete: at each of its await points.
//!
//! Each row of the table is a call. After the drop, all its values and its memory are freed. One token was taken for
//! each scheduled retry, even if its delay did not end. The counts of its call site are right, and the state of the
//! thread is restored.

mod world;

use std::future::Future;
use std::pin::Pin;

use self::world::{Live, Trouble, World, counts, poll, probe};
use allocation_counter::measure;
use backoff_core::InnerRetries::{Stop, Suppress};
use backoff_core::{Jitter, Policy, overrides, retry, testing};
use std::time::Duration;

type Call<'w> = Pin<Box<dyn Future<Output = bool> + 'w>>;

/// A call, and the number of its attempts if it is not dropped.
struct Row {
    name: &'static str,
    call: fn(&World) -> Call<'_>,
    attempts: u32,
    succeeds: bool,
    has_budget: bool,
}

impl Row {
    /// A call that gives up after so many attempts.
    fn new(name: &'static str, attempts: u32, call: fn(&World) -> Call<'_>) -> Self {
        Self { name, call, attempts, succeeds: false, has_budget: true }
    }

    fn succeeds(self) -> Self {
        Self { succeeds: true, ..self }
    }

    fn without_budget(self) -> Self {
        Self { has_budget: false, ..self }
    }

    fn has_site(&self) -> bool {
        self.name.starts_with("fn ")
    }
}

/// The observations about a call after it was dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    is_complete: bool,
    attempts: u32,
    retries: u64,
    ends: u64,
    tokens: f64,
}

/// Polls a new call this often, unless it completes before, and drops it.
fn dropped_after(row: &Row, polls: u32) -> Seen {
    let before = counts(row.name);
    let world = World::new();
    let mut result = None;
    let mut call = (row.call)(&world);
    for _ in 0..polls {
        result = poll(call.as_mut());
        assert!(backoff_core::Scope::current().is_none(), "{}: a scope stays on the thread", row.name);
        if result.is_some() {
            break;
        }
    }
    drop(call);
    assert_eq!(world.alive(), 0, "{}: {} of {} values leak after {polls} polls", row.name, world.alive(), world.made());
    let after = counts(row.name);
    if let Some(succeeded) = result {
        assert_eq!(succeeded, row.succeeds, "{}", row.name);
    }
    Seen {
        is_complete: result.is_some(),
        attempts: world.attempts(),
        retries: world.retries(after.0 - before.0),
        ends: after.1 - before.1,
        tokens: world.tokens(),
    }
}

fn check(row: &Row) {
    let complete = dropped_after(row, u32::MAX);
    assert_eq!((complete.is_complete, complete.attempts), (true, row.attempts), "{}", row.name);
    let mut points = 0;
    loop {
        let mut seen = None;
        let memory = measure(|| seen = Some(dropped_after(row, points)));
        let seen = seen.expect("the closure has run");
        let at = format!("{} after {points} polls: {seen:?}", row.name);
        assert_eq!((memory.count_current, memory.bytes_current), (0, 0), "memory leaks, {at}");
        probe();
        // The retry that is scheduled last may not have started.
        let started = u64::from(seen.attempts).saturating_sub(1);
        assert!(seen.retries == started || seen.retries == started + 1, "retries, {at}");
        assert!(seen.attempts > 0 || points == 0, "the first poll starts the first attempt, {at}");
        // A call that awaits a hook after its last attempt has ended before it is complete.
        let has_ended = seen.is_complete || seen.ends == 1;
        assert_eq!(seen.ends, u64::from(has_ended && row.has_site()), "an end is counted once, {at}");
        assert!(!has_ended || seen.attempts == row.attempts, "{at}");
        let taken = if row.has_budget { seen.retries } else { 0 };
        let deposit = if has_ended && row.succeeds { 0.1 } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "a few retries")]
        let expected = World::TOKENS - taken as f64 + deposit;
        assert!((seen.tokens - expected).abs() < 1e-9, "a token for each retry, {at}");
        if seen.is_complete {
            assert_eq!(seen, complete, "{at}");
            break;
        }
        points += 1;
    }
    assert!(points >= 2 * row.attempts, "{}: only {points} await points", row.name);
}

fn check_all(rows: &[Row]) {
    rows.iter().for_each(check);
}

#[retry(max_attempts = 3, delay = "1s", name = "fn lean", sleep = |delay| world.sleep(delay))]
async fn lean(world: &World, argument: Live) -> Result<(), Trouble> {
    world.attempt(&argument).await
}

#[retry(max_attempts = 3, delay = "1s", max_elapsed = "1h", name = "fn timed", sleep = |delay| world.sleep(delay),
    budget = &world.budget, on_retry = |_| world.told())]
async fn timed(world: &World, argument: Live) -> Result<(), Trouble> {
    world.attempt(&argument).await
}

#[retry(
    max_attempts = 3,
    delay = "1s",
    name = "fn full",
    sleep = |delay| world.sleep(delay),
    attempt_timeout = "1h",
    timeout = "2h",
    on_timeout = |_| world.trouble(),
    cancel = world.hangs(),
    budget = &world.budget,
    on_retry = async |_| world.yields().await,
    on_give_up = async |_| world.yields().await,
    before_retry = world.ready().await?,
    or_else = async |gave_up| world.resort(gave_up.last).await,
    inner_retries = stop,
    once(key = world.live()),
    clone(argument),
    attempt = ctx,
    seed = 1,
)]
async fn full(world: &World, argument: Live) -> Result<(), Trouble> {
    let held = argument;
    assert!(ctx.number() <= 3);
    world.attempt(key).await?;
    drop(held);
    Ok(())
}

#[retry(max_attempts = 3, delay = "1s", name = "fn recovers", sleep = |delay| world.sleep(delay), budget = &world.budget,
    on_recovered = async |_| world.yields().await, until = |value| *value >= 3, unmet = last)]
async fn recovers(world: &World, argument: Live) -> Result<u32, Trouble> {
    world.attempt(&argument).await.map_or_else(|_| Ok(world.attempts()), |()| Ok(0))
}

#[retry(max_attempts = 2, delay = "1s", name = "fn slow", sleep = |delay| world.sleep(delay), attempt_timeout = "2s",
    on_timeout = |_| world.trouble(), budget = &world.budget)]
async fn slow(world: &World, argument: Live) -> Result<(), Trouble> {
    world.begins();
    world.hangs().await;
    drop(argument.clone());
    Ok(())
}

#[retry(delay = "1s", name = "fn timed out", sleep = |delay| world.sleep(delay), timeout = "8s",
    on_timeout = |_| world.trouble(), budget = &world.budget)]
async fn timed_out(world: &World, argument: Live) -> Result<(), Trouble> {
    world.attempt(&argument).await
}

#[retry(forever, delay = "1s", name = "fn cancelled", sleep = |delay| world.sleep(delay), cancel = world.sleep(Duration::from_secs(5)),
    budget = &world.budget)]
async fn cancelled(world: &World, argument: Live) -> Result<(), Trouble> {
    world.attempt(&argument).await
}

#[retry(max_attempts = 3, delay = "1s", name = "fn outer", sleep = |delay| world.sleep(delay), inner_retries = suppress)]
async fn outer(world: &World, argument: Live) -> Result<(), Trouble> {
    inner(world, argument.clone()).await
}

#[retry(max_attempts = 3, delay = "1s", name = "fn inner", sleep = |delay| world.sleep(delay))]
async fn inner(world: &World, argument: Live) -> Result<(), Trouble> {
    world.attempt(&argument).await
}

#[test]
fn annotated_functions_leave_nothing_behind_wherever_they_are_dropped() {
    check_all(&[
        Row::new("fn lean", 3, |w| Box::pin(async { lean(w, w.live()).await.is_ok() })).without_budget(),
        Row::new("fn timed", 3, |w| Box::pin(async { timed(w, w.live()).await.is_ok() })),
        Row::new("fn full", 3, |w| Box::pin(async { full(w, w.live()).await.is_ok() })),
        Row::new("fn recovers", 3, |w| Box::pin(async { recovers(w, w.live()).await.is_ok() })).succeeds(),
        Row::new("fn slow", 2, |w| Box::pin(async { slow(w, w.live()).await.is_ok() })),
        Row::new("fn timed out", 3, |w| Box::pin(async { timed_out(w, w.live()).await.is_ok() })),
        Row::new("fn cancelled", 2, |w| Box::pin(async { cancelled(w, w.live()).await.is_ok() })),
        Row::new("fn outer", 3, |w| Box::pin(async { outer(w, w.live()).await.is_ok() })).without_budget(),
    ]);
}

const EVERY_SECOND: Policy = Policy::constant(Duration::from_secs(1)).jitter(Jitter::None).max_attempts(3).build();

/// The operation of a call without an attribute, and what it owns.
#[expect(clippy::needless_lifetimes, reason = "elided, it would be the lifetime of an argument of the closure")]
fn operation<'w>(world: &'w World) -> impl FnMut() -> Pin<Box<dyn Future<Output = Result<(), Trouble>> + 'w>> {
    let owned = world.live();
    move || {
        let held = owned.clone();
        Box::pin(async move { world.attempt(&held).await })
    }
}

fn plain(world: &World) -> Call<'_> {
    let call = EVERY_SECOND.retry(operation(world)).sleep(|delay| world.sleep(delay)).budget(&world.budget);
    Box::pin(async { call.on_retry(|_| world.told()).await.is_ok() })
}

fn with_everything(world: &World) -> Call<'_> {
    let call = EVERY_SECOND
        .retry(operation(world))
        .when(|_| true)
        .until(|()| true)
        .sleep(|delay| world.sleep(delay))
        .attempt_timeout(Duration::from_secs(3_600))
        .timeout(Duration::from_secs(7_200))
        .on_timeout(|_| world.trouble())
        .cancel(world.hangs())
        .budget(&world.budget)
        .inner_retries(Stop)
        .on_retry(|_| world.told())
        .on_give_up(|_| drop(world.live()))
        .idempotent()
        .seed(1);
    Box::pin(async { call.report().await.is_ok() })
}

fn is_cancelled(world: &World) -> Call<'_> {
    let call = EVERY_SECOND.retry(operation(world)).sleep(|delay| world.sleep(delay)).budget(&world.budget);
    let call = call.on_retry(|_| world.told()).cancel(world.sleep(Duration::from_secs(3)));
    Box::pin(async { call.await.is_ok() })
}

fn is_timed_out(world: &World) -> Call<'_> {
    let call = EVERY_SECOND.retry(operation(world)).sleep(|delay| world.sleep(delay)).budget(&world.budget);
    let call = call.on_retry(|_| world.told()).timeout(Duration::from_secs(5)).on_timeout(|_| world.trouble());
    Box::pin(async { call.report().await.is_ok() })
}

fn around_another(world: &World) -> Call<'_> {
    let attempt = || async { EVERY_SECOND.retry(operation(world)).sleep(|delay| world.sleep(delay)).await };
    let call = EVERY_SECOND.retry(attempt).sleep(|delay| world.sleep(delay)).inner_retries(Suppress);
    Box::pin(async { call.budget(&world.budget).on_retry(|_| world.told()).await.is_ok() })
}

#[test]
fn calls_leave_nothing_behind_wherever_they_are_dropped() {
    check_all(&[
        Row::new("plain", 3, plain),
        Row::new("with everything", 3, with_everything),
        Row::new("is cancelled", 2, is_cancelled),
        Row::new("is timed out", 2, is_timed_out),
        Row::new("around another", 3, around_another),
    ]);
}

fn by_hand(world: &World) -> Call<'_> {
    const AT_ONCE: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();
    Box::pin(async {
        let owned = world.live();
        let mut attempts = AT_ONCE.start().budget(&world.budget);
        loop {
            let Err(error) = world.attempt(&owned).await else { return true };
            if attempts.pause_async(error).await.is_err() {
                return false;
            }
            world.told();
        }
    })
}

fn under_a_guard(world: &World) -> Call<'_> {
    Box::pin(async { testing::Setup::new().no_waits().for_future(plain(world)).await.0 })
}

fn in_virtual_time(world: &World) -> Call<'_> {
    Box::pin(async { testing::with_virtual_time(by_hand(world)).await.0 })
}

fn with_another_policy(world: &World) -> Call<'_> {
    let call = async { twice(world, world.live()).await.is_ok() };
    Box::pin(overrides::with_policy_async(EVERY_SECOND, call))
}

#[retry(max_attempts = 2, delay = "1s", name = "fn twice", sleep = |delay| world.sleep(delay), budget = &world.budget)]
async fn twice(world: &World, argument: Live) -> Result<(), Trouble> {
    world.attempt(&argument).await
}

#[test]
fn manual_loops_and_guards_leave_nothing_behind() {
    check_all(&[Row::new("under a guard", 3, under_a_guard), Row::new("fn twice", 3, with_another_policy)]);
    // The dropped pause counted its failure and took a token before the hook ran.
    for call in [by_hand, in_virtual_time] {
        let row = Row::new("by hand", 3, call);
        let complete = dropped_after(&row, u32::MAX);
        assert_eq!((complete.attempts, complete.retries), (3, 2));
        let mut polls = 0;
        while !dropped_after(&row, polls).is_complete {
            let memory = measure(|| assert!(!dropped_after(&row, polls).is_complete));
            assert_eq!((memory.count_current, memory.bytes_current), (0, 0), "after {polls} polls");
            probe();
            polls += 1;
        }
        assert!(polls >= 6, "only {polls} await points");
    }
}
