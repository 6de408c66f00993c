use backoff_core::retry;

fn send(_: String) {}

#[retry]
fn f(text: String) -> Result<(), ()> {
    send(text);
    Ok(())
}

fn main() {
    let _ = f(String::new());
}
