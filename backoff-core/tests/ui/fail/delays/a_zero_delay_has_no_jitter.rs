use backoff_core::retry;

#[retry(delay = "0s", jitter = full)]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
