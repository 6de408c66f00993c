use backoff_core::retry;

async fn send(_: String) {}

#[retry]
async fn f(text: String) -> Result<(), ()> {
    send(text).await;
    Ok(())
}

fn main() {
    let _ = f(String::new());
}
