use backoff_core::retry;

#[retry(initial_delay = "0s")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
