use backoff_core::retry;

#[retry(until = |value| value.len(), unmet = last, max_attempts = 3)]
fn f() -> Result<String, ()> {
    Ok(String::new())
}

fn main() {}
