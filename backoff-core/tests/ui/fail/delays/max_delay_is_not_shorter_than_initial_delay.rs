use backoff_core::retry;

#[retry(initial_delay = "100ms", max_delay = "50ms")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
