use backoff_core::retry;

#[retry(clone(urls))]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {}
