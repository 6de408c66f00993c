use backoff_core::retry;

fn is_good(_: &u32) -> bool {
    true
}

#[retry(when = is_good)]
async fn f() -> Result<(), String> {
    Ok(())
}

fn main() {}
