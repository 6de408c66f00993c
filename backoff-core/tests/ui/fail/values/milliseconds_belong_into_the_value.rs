use backoff_core::retry;

#[retry(delay_ms = 100)]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
