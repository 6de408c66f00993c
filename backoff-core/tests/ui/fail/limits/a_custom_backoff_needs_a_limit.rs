use std::time::Duration;

use backoff_core::{Sequence, retry};

const SECOND: Duration = Duration::from_secs(1);

fn steady(_: u32) -> Option<Duration> {
    Some(SECOND)
}

const STEADY: fn(u32) -> Option<Duration> = steady;

#[retry(backoff = |retry| Some(SECOND * retry))]
fn of_a_closure() -> Result<(), ()> {
    Ok(())
}

#[retry(backoff = STEADY, max_push_back = "5m")]
fn of_a_constant() -> Result<(), ()> {
    Ok(())
}

#[retry(backoff = Sequence::new(std::iter::repeat(delay)), jitter = full)]
async fn of_a_sequence(delay: Duration) -> Result<(), ()> {
    Ok(())
}

#[retry(backoff = steady, until = |value| *value > 3, unmet = last)]
fn of_a_condition() -> Result<u32, ()> {
    Ok(1)
}

fn main() {}
