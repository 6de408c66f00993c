use backoff_core::Policy;

fn main() {
    let policy = Policy::exponential().build();
    let _ = policy.retry(|| async { Some(7) }).cancel_attempts();
}
