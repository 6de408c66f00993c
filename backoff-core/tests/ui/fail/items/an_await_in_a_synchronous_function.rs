use backoff_core::retry;

async fn ask() {}

#[retry]
fn f() -> Result<(), ()> {
    ask().await;
    Ok(())
}

fn main() {}
