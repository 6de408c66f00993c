use backoff_core::retry;

#[retry(adjust = |event| { println!("{:?}", event.delay()); })]
fn load() -> Result<(), u8> {
    Ok(())
}

#[retry(adjust = |event| { println!("{:?}", event.delay()); })]
async fn load_async() -> Result<(), u8> {
    Ok(())
}

fn main() {}
