use backoff_core::retry;

#[retry(max_elapse = "60s")]
fn f(url: &str) -> Result<u32, String> {
    Err(url.to_owned())
}

fn main() {
    let _ = f("still callable");
}
