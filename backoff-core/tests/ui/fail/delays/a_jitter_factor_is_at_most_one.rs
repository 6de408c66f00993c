use backoff_core::retry;

#[retry(jitter = 25)]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
