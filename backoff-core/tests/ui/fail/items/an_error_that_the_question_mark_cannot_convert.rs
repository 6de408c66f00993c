use backoff_core::retry;

struct Failure;

#[retry]
async fn f(text: &str) -> Result<u32, Failure> {
    Ok(text.parse::<u32>()?)
}

fn main() {
    drop(f("7"));
}
