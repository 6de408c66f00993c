use backoff_core::retry;

#[retry(attempt_timeout = "1s", timeout = "5s")]
async fn f() -> Result<u8, String> {
    Ok(1)
}

fn main() {}
