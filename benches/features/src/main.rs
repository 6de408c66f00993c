//! Calls whose instructions are counted with each feature of `backoff-core`, and the additional cost of `inner_retries`
//! and `budget`.
//!
//! The package in the parent directory builds the program once for each feature, runs it as `backoff-feature-costs way
//! kind calls failures` under valgrind, and reads the sizes of futures from `backoff-feature-costs sizes`. With
//! `beside keys` in front, it sets that many overrides first. Otherwise no subscriber, recorder, guard or override is
//! set. The counts are those of a feature that a dependency has enabled and no code uses.

use std::cell::Cell;
use std::env;
use std::future::Future;
use std::hint::black_box;
use std::mem::size_of_val;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use backoff_core::{Budget, InnerRetries, Policy, retry};

const DELAY: Duration = Duration::from_millis(1);
const POLICY: Policy = Policy::exponential().initial_delay(DELAY).max_delay(DELAY).max_attempts(4).build();
/// Large enough that no run here empties it: a success finds a full budget, and no retry is denied.
static BUDGET: Budget = Budget::new().capacity(1_000_000);

/// A service that fails a given number of times, then succeeds.
#[derive(Debug, Default)]
struct Service(Cell<u32>);

#[derive(Clone, Copy, Debug)]
struct Down;

impl Service {
    #[inline(never)]
    fn ask(&self) -> Result<u32, Down> {
        match self.0.get() {
            0 => Ok(black_box(7)),
            left => {
                self.0.set(left - 1);
                Err(Down)
            }
        }
    }
}

fn no_sleep(delay: Duration) {
    black_box(delay);
}

fn policy(service: &Service) -> Result<u32, Down> {
    POLICY.retry(|| service.ask()).sleep(no_sleep).call()
}

#[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "1ms", sleep = no_sleep)]
fn annotated(service: &Service) -> Result<u32, Down> {
    service.ask()
}

fn policy_suppress(service: &Service) -> Result<u32, Down> {
    POLICY.retry(|| service.ask()).inner_retries(InnerRetries::Suppress).sleep(no_sleep).call()
}

#[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "1ms", inner_retries = suppress, sleep = no_sleep)]
fn annotated_suppress(service: &Service) -> Result<u32, Down> {
    service.ask()
}

fn policy_budget(service: &Service) -> Result<u32, Down> {
    POLICY.retry(|| service.ask()).budget(&BUDGET).sleep(no_sleep).call()
}

#[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "1ms", budget = BUDGET, sleep = no_sleep)]
fn annotated_budget(service: &Service) -> Result<u32, Down> {
    service.ask()
}

#[expect(clippy::unused_async, reason = "stands for an attempt that is over at once")]
async fn bare(service: &Service) -> Result<u32, Down> {
    service.ask()
}

fn policy_async(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    POLICY.retry(|| bare(service)).into_future()
}

#[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "1ms")]
async fn annotated_async(service: &Service) -> Result<u32, Down> {
    service.ask()
}

fn policy_suppress_async(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    POLICY.retry(|| bare(service)).inner_retries(InnerRetries::Suppress).into_future()
}

#[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "1ms", inner_retries = suppress)]
async fn annotated_suppress_async(service: &Service) -> Result<u32, Down> {
    service.ask()
}

fn policy_budget_async(service: &Service) -> impl Future<Output = Result<u32, Down>> {
    POLICY.retry(|| bare(service)).budget(&BUDGET).into_future()
}

#[retry(max_attempts = 4, initial_delay = "1ms", max_delay = "1ms", budget = BUDGET)]
async fn annotated_budget_async(service: &Service) -> Result<u32, Down> {
    service.ask()
}

/// Takes a function pointer, so that the call is not inlined.
fn blocking(calls: u64, failures: u32, call: fn(&Service) -> Result<u32, Down>) {
    let (service, call) = (Service::default(), black_box(call));
    for _ in 0..calls {
        service.0.set(failures);
        let _ = black_box(call(&service));
    }
}

/// Runs the calls in a runtime with paused time, so that a delay passes when no other work is left.
#[expect(clippy::expect_used, reason = "without a runtime there is nothing to count")]
fn asynchronous<F: Future>(calls: u64, failures: u32, call: impl Fn(&'static Service) -> F) {
    let service: &'static Service = Box::leak(Box::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime starts").block_on(async {
        for _ in 0..calls {
            service.0.set(failures);
            black_box(pin!(call(service)).await);
        }
    });
}

fn run(way: &str, kind: &str, calls: u64, failures: u32) -> Option<()> {
    match (kind, way) {
        ("blocking", "policy") => blocking(calls, failures, policy),
        ("blocking", "retry") => blocking(calls, failures, annotated),
        ("blocking", "policy_suppress") => blocking(calls, failures, policy_suppress),
        ("blocking", "retry_suppress") => blocking(calls, failures, annotated_suppress),
        ("blocking", "policy_budget") => blocking(calls, failures, policy_budget),
        ("blocking", "retry_budget") => blocking(calls, failures, annotated_budget),
        ("async", "policy") => asynchronous(calls, failures, policy_async),
        ("async", "retry") => asynchronous(calls, failures, annotated_async),
        ("async", "policy_suppress") => asynchronous(calls, failures, policy_suppress_async),
        ("async", "retry_suppress") => asynchronous(calls, failures, annotated_suppress_async),
        ("async", "policy_budget") => asynchronous(calls, failures, policy_budget_async),
        ("async", "retry_budget") => asynchronous(calls, failures, annotated_budget_async),
        _ => return None,
    }
    Some(())
}

/// Sets this many overrides, one of which is for the function that is called, and changes nothing.
#[cfg(feature = "overrides")]
fn set_overrides(keys: u32) -> Option<()> {
    use backoff_core::overrides::{Override, Overrides, replace_all};

    let mut overrides = Overrides::new();
    for number in 1..keys {
        overrides.insert(&format!("shop::part_{number}::call"), Override::new().max_attempts(2)).ok()?;
    }
    overrides.insert("backoff_feature_costs::annotated", Override::new().max_attempts(4)).ok()?;
    replace_all(overrides);
    Some(())
}

/// Without the feature there are none to set.
#[cfg(not(feature = "overrides"))]
fn set_overrides(_: u32) -> Option<()> {
    None
}

fn print_sizes() {
    let service = Service::default();
    println!("policy {}", size_of_val(&policy_async(&service)));
    println!("retry {}", size_of_val(&annotated_async(&service)));
    println!("policy_suppress {}", size_of_val(&policy_suppress_async(&service)));
    println!("retry_suppress {}", size_of_val(&annotated_suppress_async(&service)));
    println!("policy_budget {}", size_of_val(&policy_budget_async(&service)));
    println!("retry_budget {}", size_of_val(&annotated_budget_async(&service)));
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match *arguments {
        ["sizes"] => {
            print_sizes();
            Some(())
        }
        [way, kind, calls, failures] => {
            calls.parse().ok().zip(failures.parse().ok()).and_then(|(calls, failures)| run(way, kind, calls, failures))
        }
        ["beside", keys, way, kind, calls, failures] => keys
            .parse()
            .ok()
            .and_then(set_overrides)
            .and_then(|()| calls.parse().ok().zip(failures.parse().ok()))
            .and_then(|(calls, failures)| run(way, kind, calls, failures)),
        _ => None,
    };
    if done.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!("expected `sizes`, or a way of calling, `blocking` or `async`, and two numbers");
    ExitCode::FAILURE
}
