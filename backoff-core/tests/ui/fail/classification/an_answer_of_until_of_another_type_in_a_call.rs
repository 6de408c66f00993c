use backoff_core::Policy;

fn main() {
    let policy = Policy::default();
    let _ = policy.retry(|| Some(String::new())).until(|value| value.len());
}
