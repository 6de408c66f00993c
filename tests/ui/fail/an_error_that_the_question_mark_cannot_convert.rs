use backoff_core::retry;

#[retry]
fn sync() -> Result<u32, std::io::Error> {
    Ok("7".parse::<u32>()?)
}

#[retry]
async fn later() -> Result<u32, std::io::Error> {
    Ok("7".parse::<u32>()?)
}

fn main() {}
