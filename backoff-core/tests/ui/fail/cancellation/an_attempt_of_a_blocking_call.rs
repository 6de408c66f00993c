use backoff_core::{CancelToken, Policy};

fn main() {
    let policy = Policy::exponential().build();
    let _ = policy.retry(|| Some(7)).cancel(CancelToken::new()).cancel_attempts();
}
