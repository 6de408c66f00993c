use backoff_core::retry;

#[retry(on_retry = async |_| {})]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
