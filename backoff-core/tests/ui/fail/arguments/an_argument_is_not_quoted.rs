use backoff_core::retry;

#[retry("max_attempts" = 1)]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
