use backoff_core::retry;

#[retry(cancel_attempts)]
async fn f() -> Option<u8> {
    None
}

fn main() {}
