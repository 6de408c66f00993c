use backoff_core::retry;

#[retry(when = |error: &u32| *error > 1)]
fn f() -> Result<(), String> {
    Ok(())
}

fn main() {}
