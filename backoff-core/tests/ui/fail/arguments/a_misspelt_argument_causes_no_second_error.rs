use backoff_core::retry;

#[retry(untill = |value| *value > 3, unmet = last, max_attempts = 3)]
fn f() -> Option<u8> {
    None
}

fn main() {}
