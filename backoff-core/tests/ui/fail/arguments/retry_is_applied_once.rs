use backoff_core::retry;

#[retry]
#[retry(max_attempts = 5)]
fn f() -> Option<u8> {
    None
}

fn main() {}
