use backoff_core::retry;

#[retry(attempt_timeout = "1s")]
async fn f() -> Result<(), String> {
    Ok(())
}

fn main() {
    drop(f());
}
