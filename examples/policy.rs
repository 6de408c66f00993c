//! Policies without the attribute: a constant, its delays as a table, and four ways to use it.

use std::cell::Cell;
use std::time::Duration;

use backoff_core::{Fault, InvalidPolicy, Policy, StopReason};

/// A constant that the compiler checks: a broken rule would not compile.
const API: Policy = Policy::exponential()
    .initial_delay(Duration::from_millis(10))
    .multiplier(2.0)
    .max_delay(Duration::from_millis(50))
    .max_attempts(5)
    .build();

#[derive(Debug, PartialEq, thiserror::Error)]
enum Trouble {
    #[error("busy")]
    Busy,
    #[error("no such page")]
    NoSuchPage,
}

/// A service that is busy for the first calls.
#[derive(Default)]
struct Service {
    calls: Cell<u32>,
}

impl Service {
    fn page(&self, busy_calls: u32) -> Result<&'static str, Trouble> {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get() > busy_calls { Ok("welcome") } else { Err(Trouble::Busy) }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    print_delays();

    // Blocking, with a hook for each retry.
    let service = Service::default();
    let page = API.retry(|| service.page(2)).on_retry(|event| println!("{event}")).call()?;
    println!("{page:?} after {} attempts\n", service.calls.get());
    assert_eq!((page, service.calls.get()), ("welcome", 3));

    // Blocking, with a classifier, and a report on the end of the call.
    let gone = API.retry(|| Err::<(), _>(Trouble::NoSuchPage)).when(|error| *error == Trouble::Busy).call_report();
    let error = gone.err().ok_or("the page exists")?;
    println!("{error}: {}\n", error.last);
    assert_eq!((error.reason, error.attempts, error.last), (StopReason::Permanent, 1, Trouble::NoSuchPage));

    // Async, with a push-back: the next attempt comes at least 20 ms later.
    let service = Service::default();
    let report = API
        .retry(async || service.page(1))
        .when(|_| Fault::PushBack(Duration::from_millis(20)))
        .on_retry(|event| println!("{event}"))
        .report()
        .await?;
    println!("{:?} after {} attempts\n", report.value, report.attempts);
    assert_eq!(report.attempts, 2);
    assert!(report.slept >= Duration::from_millis(20));

    // A manual loop, for code in which a closure is not convenient.
    let service = Service::default();
    let mut attempts = API.start();
    let page = loop {
        match service.page(1) {
            Ok(page) => break page,
            Err(error) => attempts.pause(error)?,
        }
    };
    println!("{page:?} at attempt {} of a loop by hand\n", attempts.number());
    assert_eq!(attempts.number(), 2);

    // A value from outside is checked when the program runs.
    let refused = from_configuration(0).err().ok_or("a policy without attempts was built")?;
    println!("a configuration is refused: {refused}");
    assert_eq!(refused.to_string(), "`max_attempts` is 0; use at least 1: the first attempt counts");
    assert_eq!(from_configuration(7)?.max_attempts(), Some(7));
    Ok(())
}

fn from_configuration(max_attempts: u32) -> Result<Policy, InvalidPolicy> {
    API.edit().max_attempts(max_attempts).try_build()
}

fn print_delays() {
    println!("retry   base    delay, with full jitter");
    let mut rows = 0;
    for (base, range) in API.base_delays().zip(API.ranges()) {
        rows += 1;
        let (shortest, longest) = (range.start().as_millis(), range.end().as_millis());
        println!("{rows:>5}{:>5} ms   {shortest} to {longest} ms", base.as_millis());
    }
    println!();
    assert_eq!(rows, 4, "5 attempts are 4 retries");
}
