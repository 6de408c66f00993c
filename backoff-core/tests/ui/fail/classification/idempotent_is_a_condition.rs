use backoff_core::retry;

#[retry(idempotent = "yes")]
fn f() -> Result<(), ()> {
    Ok(())
}

#[retry(idempotent = method)]
fn g(method: &str) -> Result<(), ()> {
    Ok(())
}

fn main() {}
