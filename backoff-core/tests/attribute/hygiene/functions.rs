// Included in modules with different traits in scope.

use std::cell::Cell;
use std::time::Duration;

use backoff_core::{AttemptTimeout, Budget, CancelToken, Cancelled, Classify, Jitter, List, Policy, retry};

use super::Log;

#[derive(Debug, Classify)]
enum Cause {
    #[transient]
    Busy,
    #[permanent]
    Gone,
    #[transient]
    Late,
    #[permanent]
    Ended,
}

/// An error that is classified by its source.
#[derive(Debug, Classify)]
#[classify(source)]
struct Refused(Cause);

impl From<AttemptTimeout> for Cause {
    fn from(_: AttemptTimeout) -> Self {
        Self::Late
    }
}

impl From<Cancelled> for Cause {
    fn from(_: Cancelled) -> Self {
        Self::Ended
    }
}

const MS: Duration = Duration::from_millis(1);
const POLICY: Policy = Policy::constant(MS).jitter(Jitter::None).max_attempts(9).build();
static BUDGET: Budget = Budget::new().capacity(1_000);

#[retry(max_attempts = 3, delay = "1ms")]
async fn plain(log: &Log, refused: bool) -> Result<(), Refused> {
    log.note("plain", refused);
    Err(Refused(if refused { Cause::Gone } else { Cause::Busy }))
}

#[retry(max_attempts = 3, sleep = |delay| log.note("sleep", delay), jitter = none)]
fn without_error(log: &Log) -> Option<u32> {
    log.note("blocking", ());
    None
}

#[retry(
    max_attempts = 4, initial_delay = "20ms", multiplier = 3, max_delay = "50ms", max_elapsed = "1h", jitter = none,
    max_push_back = "5m", push_back = longest, idempotent, name = "everything", log = "info",
    once(key = 40 + 2), attempt = ctx, budget = BUDGET, cancel = token, inner_retries = stop,
    until = |value| *value > 3, unmet = |value| { log.note("unmet", value); Err(Cause::Gone) },
    on_retry = |event| log.note("retry", (event.attempt(), event.error(), event.delay())),
    on_give_up = |event| log.note("give up", (event.attempts(), event.error(), event.reason())),
    on_recovered = |event| log.note("recovered", event.attempts()),
    before_retry = log.note("before", *key),
    or_else = |error| { log.note("else", (error.attempts, error.slept)); Ok(0) },
    sleep = |delay| log.note("sleep", delay)
)]
fn blocking(log: &Log, token: &CancelToken, make: impl Fn(u32) -> Result<u32, Cause>) -> Result<u32, Cause> {
    log.note("attempt", (ctx.number(), ctx.last_delay(), *key));
    make(ctx.number())
}

#[retry(
    max_attempts = 5, delay = "2ms", jitter = none, seed = 3, since = first_failure, reset_after = "60s", max_elapsed = "1h",
    reset_when = |error| { log.note("progress", error); matches!(error, Cause::Late) },
    adjust = |event| { log.note("adjust", (event.attempt(), event.error())); event.delay() * 2 },
    when = |error| !matches!(error, Cause::Gone),
    on_retry = |event| log.note("retry", (event.attempt(), event.delay())), on_give_up = |event| log.note("give up", event.reason()),
    on_recovered = |event| log.note("recovered", event.attempts()), or_else = |error| { log.note("else", error.attempts); Err(error.last) },
    attempt = ctx, before_retry = log.note("before", ()), inner_retries = suppress, budget = BUDGET, cancel = token,
    sleep = |delay| log.note("sleep", delay)
)]
fn steered(log: &Log, token: &CancelToken, make: impl Fn(u32) -> Result<u32, Cause>) -> Result<u32, Cause> {
    log.note("attempt", ctx.number());
    make(ctx.number())
}

#[retry(
    max_attempts = 4, initial_delay = "20ms", jitter = none, attempt_timeout = "10ms", timeout = "1h", budget = BUDGET,
    once(key = 40 + 2), attempt = ctx, cancel = stop.cancelled(), cancel_attempts, inner_retries = suppress,
    until = |value| *value > 3, unmet = last, before_retry = log.note("before", *key),
    on_retry = async |event| log.note("retry", (event.attempt(), event.error(), event.elapsed())),
    on_give_up = async |_event| log.note("give up", ()),
    on_recovered = async |event| log.note("recovered", event.attempts()),
    or_else = async |error| { log.note("else", (error.attempts, error.slept)); Err(error.last) }
)]
async fn limited(log: &Log, stop: &CancelToken, make: impl Fn(u32) -> Result<u32, Cause>) -> Result<u32, Cause> {
    log.note("attempt", (ctx.number(), ctx.elapsed(), *key));
    if ctx.number() == 2 {
        tokio::task::yield_now().await;
        tokio::time::sleep(MS * 100).await;
    }
    make(ctx.number())
}

#[retry(
    backoff = List::new([MS, MS * 2, MS * 3]), seed = 3, timeout = MS * *scale, attempt_timeout = MS * *scale * 2,
    on_timeout = |_| { log.note("late", ()); Cause::Late }, on_cancel = |_| { log.note("cancelled", ()); Cause::Ended },
    cancel = stop.cancelled(), cancel_attempts, on_retry = |event| log.note("retry", event.delay()), on_give_up = |_| (),
    adjust = kept_delay, attempt = ctx
)]
async fn listed(log: &Log, stop: &CancelToken, scale: &u32) -> Result<u32, Cause> {
    log.note("attempt", ctx.number());
    if *scale == 50 {
        stop.cancel();
    }
    if ctx.number() == 4 || *scale == 50 {
        tokio::time::sleep(MS * 100).await;
    }
    Err(Cause::Busy)
}

fn kept_delay(event: &backoff_core::RetryEvent<'_, Cause>) -> Duration {
    event.delay()
}

#[retry(policy = POLICY, max_retries = 2, idempotent = true, jitter = none)]
async fn edited(log: &Log) -> Result<u32, Cause> {
    log.note("edited", ());
    Err(Cause::Busy)
}

#[retry(policy = *policy, max_attempts = *limit, delay = MS * 4, timeout = "1h")]
async fn built_per_call(log: &Log, policy: &Policy, limit: &u32) -> Result<u32, Cause> {
    log.note("built", ());
    Err(Cause::Late)
}

#[retry(policy = policy, timeout = "1h")]
async fn limited_by_timeout(log: &Log, policy: &Policy) -> Result<u32, Cause> {
    log.note("policy", ());
    Err(Cause::Late)
}

#[retry(policy = policy, sleep = |delay| log.note("sleep", delay))]
fn unchanged(log: &Log, policy: &Policy) -> Option<u32> {
    log.note("policy", ());
    None
}

#[retry(backoff = linear, increment = "1ms", forever, until = |value| *value, unmet = last, cancel = stop.cancelled())]
async fn polled(log: &Log, stop: &CancelToken) -> Result<bool, Cause> {
    log.note("polled", ());
    stop.cancel();
    Ok(false)
}

/// Calls every function.
pub(super) async fn run(log: &Log) {
    let busy = |_| Err(Cause::Busy);
    let recovers = |number| if number < 3 { Err(Cause::Busy) } else { Ok(7) };
    let failures = Cell::new(0);
    let resets = |_| {
        failures.set(failures.get() + 1);
        Err(if failures.get() == 2 { Cause::Late } else { Cause::Busy })
    };
    let (token, ended) = (CancelToken::new(), CancelToken::new());
    ended.cancel();
    log.note("=", plain(log, false).await);
    log.note("=", plain(log, true).await);
    log.note("=", without_error(log));
    for token in [&token, &ended] {
        log.note("=", blocking(log, token, busy));
        log.note("=", blocking(log, token, recovers));
        log.note("=", blocking(log, token, Ok));
        log.note("=", blocking(log, token, |_| Ok(0)));
        log.note("=", steered(log, token, resets));
        log.note("=", steered(log, token, recovers));
        log.note("=", steered(log, token, |_| Err(Cause::Gone)));
        log.note("=", limited(log, token, busy).await);
        log.note("=", limited(log, token, recovers).await);
        log.note("=", limited(log, token, |_| Ok(0)).await);
        log.note("=", listed(log, token, &20).await);
        log.note("=", listed(log, token, &4).await);
    }
    log.note("=", listed(log, &CancelToken::new(), &50).await);
    log.note("=", edited(log).await);
    log.note("=", built_per_call(log, &POLICY, &3).await);
    log.note("=", limited_by_timeout(log, &POLICY).await);
    log.note("=", unchanged(log, &POLICY));
    log.note("=", polled(log, &CancelToken::new()).await);
}
