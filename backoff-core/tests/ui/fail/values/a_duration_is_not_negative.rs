use backoff_core::retry;

#[retry(max_elapsed = "-5s")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
