use backoff_core::Policy;
use std::time::Duration;

fn main() {
    let _ = Policy::with_backoff(vec![Duration::from_secs(1)]).build();
}
