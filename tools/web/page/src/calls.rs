//! The functions of the page.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::time::Duration;

use backoff_core::{AttemptTimeout, Fault, RetryError, retry};

std::thread_local! {
    /// Attempts of the present check.
    pub(crate) static ATTEMPTS: Cell<u32> = const { Cell::new(0) };
    /// Texts from hooks of the present check.
    pub(crate) static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn log(text: impl Into<String>) {
    LOG.with_borrow_mut(|log| log.push(text.into()));
}

/// Counts an attempt and returns its number.
pub(crate) fn attempt() -> u32 {
    ATTEMPTS.set(ATTEMPTS.get() + 1);
    ATTEMPTS.get()
}

#[retry(max_attempts = 4, initial_delay = "20ms", jitter = none, on_retry = |event| log(format!("{:?}", event.delay())),
    on_recovered = |event| log(format!("recovered at attempt {}", event.attempts())))]
pub(crate) async fn recovers(at: u32) -> Result<u32, String> {
    match attempt() {
        number if number < at => Err(format!("attempt {number}")),
        number => Ok(number),
    }
}

#[retry(max_elapsed = "300ms", initial_delay = "20ms", multiplier = 1.5, or_else = |end| Err(described(&end)))]
pub(crate) async fn limited() -> Result<(), String> {
    Err(format!("attempt {}", attempt()))
}

#[retry(max_attempts = 2, initial_delay = "10ms", attempt_timeout = "40ms", on_timeout = |limit: AttemptTimeout| limit.to_string())]
pub(crate) async fn hangs() -> Result<(), String> {
    attempt();
    pending().await
}

#[retry(timeout = "400ms", initial_delay = "5ms", max_delay = "10ms", on_timeout = |limit: AttemptTimeout| limit.to_string())]
pub(crate) async fn fails_until_timeout() -> Result<(), String> {
    attempt();
    Err("down".to_owned())
}

#[retry(max_attempts = 3, max_elapsed = "10s", delay = "20ms", jitter = none, attempt = ctx)]
pub(crate) async fn tells_time() -> Result<(), String> {
    attempt();
    log(format!(
        "{} {} {}",
        ctx.number(),
        ctx.elapsed().as_millis() >= 20,
        ctx.remaining().is_some_and(|left| !left.is_zero())
    ));
    Err("down".to_owned())
}

#[retry(max_attempts = 2, delay = "0s", when = |_| Fault::PushBack(Duration::from_millis(60)))]
pub(crate) async fn is_pushed_back() -> Result<(), String> {
    attempt();
    Err("429".to_owned())
}

#[retry(max_attempts = 2, delay = "40days", timeout = "100ms", on_timeout = |limit: AttemptTimeout| limit.to_string())]
pub(crate) async fn waits_for_weeks() -> Result<(), String> {
    attempt();
    Err("down".to_owned())
}

#[retry(max_attempts = 2, delay = "60days", timeout = "100ms", on_timeout = |limit: AttemptTimeout| limit.to_string())]
pub(crate) async fn waits_for_months() -> Result<(), String> {
    attempt();
    Err("down".to_owned())
}

#[retry(max_attempts = 3, delay = "100us", jitter = none)]
pub(crate) async fn waits_for_microseconds() -> Result<(), String> {
    attempt();
    Err("down".to_owned())
}

fn described(end: &RetryError<String>) -> String {
    format!("{}, {}, {:?}", end.last, end.attempts, end.reason)
}
