use backoff_core::retry;

const ZERO: u32 = 0;

#[retry(max_attempts = ZERO)]
fn f() -> Result<(), ()> {
    Ok(())
}

fn main() {}
