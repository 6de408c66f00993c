use backoff_core::retry;

#[retry(attempt_timeout = "2s")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
