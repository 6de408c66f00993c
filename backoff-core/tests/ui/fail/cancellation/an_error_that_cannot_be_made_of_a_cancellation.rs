use backoff_core::{CancelToken, retry};

static STOP: CancelToken = CancelToken::new();

#[retry(cancel = STOP.cancelled(), cancel_attempts)]
async fn f() -> Result<u8, String> {
    Ok(7)
}

fn main() {}
