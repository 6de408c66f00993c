use std::io;
use std::time::Duration;

use backoff_core::retry;

const NOTHING: Duration = Duration::ZERO;

#[retry(max_elapsed = "0s", timeout = "0s")]
async fn literal() -> io::Result<()> {
    Ok(())
}

#[retry(max_elapsed = NOTHING)]
fn constant() -> io::Result<()> {
    Ok(())
}

#[retry(timeout = NOTHING)]
async fn constant_timeout() -> io::Result<()> {
    Ok(())
}

fn main() {}
