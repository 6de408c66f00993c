use backoff_core::{CancelToken, retry};

static STOP: CancelToken = CancelToken::new();

#[retry(cancel = STOP, cancel_attempts)]
fn f() -> Option<u8> {
    None
}

fn main() {}
