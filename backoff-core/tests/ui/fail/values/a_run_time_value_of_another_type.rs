use backoff_core::retry;

#[retry(max_attempts = limit)]
fn f(limit: &str) -> Result<(), ()> {
    Ok(())
}

fn main() {}
