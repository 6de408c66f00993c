use std::time::Duration;

use backoff_core::{List, Policy, retry};

const NOTHING: List<[Duration; 0]> = List::new([]);

const POLICY: Policy<List<[Duration; 0]>> = Policy::with_backoff(NOTHING).build();

#[retry(backoff = NOTHING)]
fn constant() -> Result<(), ()> {
    Ok(())
}

fn main() {
    let _ = POLICY;
}
