use backoff_core::retry;

#[retry(delay = "10s", max_elapsed = "5s")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
