use backoff_core::retry;

#[retry]
async fn f(done: bool) -> Result<(), ()> {
    if !done {
        continue;
    }
    Ok(())
}

fn main() {
    drop(f(true));
}
