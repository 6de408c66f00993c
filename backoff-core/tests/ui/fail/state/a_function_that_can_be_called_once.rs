use backoff_core::retry;

#[retry]
fn f(send: Box<dyn FnOnce()>) -> Result<(), ()> {
    send();
    Ok(())
}

fn main() {
    let _ = f(Box::new(|| ()));
}
