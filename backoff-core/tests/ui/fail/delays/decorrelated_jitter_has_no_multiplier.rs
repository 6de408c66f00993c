use backoff_core::retry;

#[retry(jitter = decorrelated, multiplier = 2)]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
