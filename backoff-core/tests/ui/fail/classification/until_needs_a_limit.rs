use backoff_core::retry;

#[retry(until = |value| *value > 3, unmet = last)]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
