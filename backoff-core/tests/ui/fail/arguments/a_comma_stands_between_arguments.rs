use backoff_core::retry;

#[retry(max_attempts = 3 max_delay = "1s")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
