//! A token of another library is not a future; its method makes one.
use backoff_core::retry;

pub struct CancellationToken;

impl CancellationToken {
    pub async fn cancelled(&self) {}
}

#[retry(max_attempts = 3, cancel = token)]
pub async fn fetch(token: &CancellationToken) -> Option<u32> {
    let _ = token;
    None
}

fn main() {}
