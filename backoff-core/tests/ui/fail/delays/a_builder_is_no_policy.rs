use backoff_core::{Policy, retry};

#[retry(policy = Policy::exponential(), max_attempts = 3)]
fn f() -> Option<u8> {
    None
}

fn main() {}
