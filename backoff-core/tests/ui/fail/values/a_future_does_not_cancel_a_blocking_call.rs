use backoff_core::Policy;

const POLICY: Policy = Policy::exponential().build();

fn main() {
    let _ = POLICY.retry(|| Err::<(), _>("down")).cancel(async {}).call();
}
