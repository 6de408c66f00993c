use backoff_core::retry;

#[retry(on_timeout = |_| String::new())]
async fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
