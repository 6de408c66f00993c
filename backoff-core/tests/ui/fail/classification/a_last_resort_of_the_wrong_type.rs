use backoff_core::retry;

#[retry(or_else = |error| error.last)]
fn f() -> Result<u32, String> {
    Ok(7)
}

fn main() {}
