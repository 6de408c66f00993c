use backoff_core::retry;

#[retry(on_retry = |error, delay| println!("{error}, {delay:?}"))]
fn f() -> Result<u8, String> {
    Ok(7)
}

#[retry(when = || true)]
fn g() -> Result<u8, String> {
    Ok(7)
}

fn main() {}
