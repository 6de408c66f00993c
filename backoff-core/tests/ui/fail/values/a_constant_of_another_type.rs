use backoff_core::retry;

const LIMIT: u64 = 60;

#[retry(max_elapsed = LIMIT)]
fn f() -> Result<(), ()> {
    Ok(())
}

fn main() {}
