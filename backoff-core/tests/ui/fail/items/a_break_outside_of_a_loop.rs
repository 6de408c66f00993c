use backoff_core::retry;

#[retry]
fn f(done: bool) -> Result<(), ()> {
    if done {
        break;
    }
    Ok(())
}

fn main() {
    let _ = f(true);
}
