use backoff_core::{CancelToken, retry};

static STOP: CancelToken = CancelToken::new();

#[retry(cancel = STOP.cancelled(), on_cancel = |_| ())]
async fn with_a_signal() -> Result<u8, ()> {
    Err(())
}

#[retry(on_cancel = |_| ())]
async fn without_a_signal() -> Result<u8, ()> {
    Err(())
}

fn main() {}
