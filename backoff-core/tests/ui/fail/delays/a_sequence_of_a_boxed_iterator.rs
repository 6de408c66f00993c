use backoff_core::{Policy, Sequence, retry};
use std::time::Duration;

fn delays() -> Box<dyn Iterator<Item = Duration>> {
    Box::new(std::iter::repeat(Duration::from_secs(1)))
}

#[retry(max_attempts = 3, backoff = Sequence::new(delays()))]
fn f() -> Option<u8> {
    None
}

fn main() {
    let _ = Policy::with_backoff(Sequence::new(delays()));
}
