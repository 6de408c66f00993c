use backoff_core::retry;

#[retry(once(key = 7), max_attempts = 0)]
fn f() -> Option<u8> {
    Some(key)
}

fn main() {}
