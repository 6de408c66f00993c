use backoff_core::retry;

#[retry(forever, max_attempts = 5)]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
