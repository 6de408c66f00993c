use backoff_core::retry;

#[retry]
async fn f() -> Result<u32, String> {
    Ok("seven")
}

fn main() {
    drop(f());
}
