use backoff_core::retry;

#[retry(max_attempts = 4, max_retries = 3)]
fn f() -> Result<(), ()> {
    Ok(())
}

fn main() {}
