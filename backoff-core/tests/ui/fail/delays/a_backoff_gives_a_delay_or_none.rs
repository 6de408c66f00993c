use backoff_core::retry;

#[retry(backoff = |retry| std::time::Duration::from_secs(1), max_attempts = 3)]
fn f() -> Option<u8> {
    None
}

fn main() {}
