use backoff_core::retry;

#[retry]
fn f() -> Result<u32, String> {
    Ok("seven")
}

fn main() {
    let _ = f();
}
