use backoff_core::{CancelToken, Policy};

fn main() {
    let policy = Policy::exponential().build();
    let _ = policy.retry(|| async { Err::<(), _>("down") }).cancel(CancelToken::new()).on_cancel(|_| "stopped");
}
