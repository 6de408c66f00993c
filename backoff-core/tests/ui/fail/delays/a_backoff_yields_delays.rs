use std::io;
use std::time::Duration;

use backoff_core::retry;

const DELAY: Duration = Duration::from_secs(1);

fn delays() -> Vec<Duration> {
    vec![DELAY; 3]
}

#[retry(backoff = DELAY)]
fn constant() -> io::Result<()> {
    Ok(())
}

#[retry(backoff = delays(), max_delay = "1m")]
fn computed() -> io::Result<()> {
    Ok(())
}

#[retry(backoff = delays())]
async fn later() -> io::Result<()> {
    Ok(())
}

fn main() {}
