use backoff_core::retry;

#[retry]
fn sync() -> Result<u32, String> {
    Ok("seven")
}

#[retry]
async fn later() -> Result<u32, String> {
    Ok("seven")
}

fn main() {}
