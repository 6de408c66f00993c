use backoff_core::retry;

struct Key;

#[retry(clone(key))]
fn f(key: Key) -> Result<(), ()> {
    drop(key);
    Ok(())
}

fn main() {}
