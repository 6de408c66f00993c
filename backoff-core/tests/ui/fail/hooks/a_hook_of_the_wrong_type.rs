use backoff_core::retry;

#[retry(on_retry = |event, again| println!("{event}"))]
fn f() -> Result<(), String> {
    Ok(())
}

fn main() {}
