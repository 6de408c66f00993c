use backoff_core::retry;

async fn send<T>(_: T) {}

#[retry]
async fn f<T>(text: T) -> Result<(), ()> {
    send(text).await;
    Ok(())
}

fn main() {
    drop(f("text"));
}
