use backoff_core::retry;

#[retry(when = |error| error.len())]
fn f() -> Result<(), String> {
    Ok(())
}

fn main() {}
