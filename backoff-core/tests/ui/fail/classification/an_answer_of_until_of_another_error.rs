use backoff_core::retry;

#[retry(until = |value| if value.is_empty() { Err("empty") } else { Ok(()) }, unmet = last, max_attempts = 3)]
fn f() -> Result<String, ()> {
    Ok(String::new())
}

fn main() {}
