use backoff_core::retry;

#[retry(max_elapsed = "99999999999999999999s")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
