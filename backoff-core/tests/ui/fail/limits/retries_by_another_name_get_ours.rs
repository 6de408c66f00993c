use backoff_core::retry;

#[retry(max_times = 3)]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
