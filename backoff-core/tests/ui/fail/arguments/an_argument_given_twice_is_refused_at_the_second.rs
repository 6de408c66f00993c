use backoff_core::retry;

#[retry(max_elapsed = "60s", max_elapsed = "30s")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
