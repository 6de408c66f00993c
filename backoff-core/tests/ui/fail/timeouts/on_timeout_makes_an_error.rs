use backoff_core::retry;

#[retry(timeout = "1s", on_timeout = |timeout| timeout.limit())]
async fn f() -> Result<u8, String> {
    Ok(1)
}

fn main() {}
