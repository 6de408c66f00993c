use backoff_core::retry;

#[retry(crate = elsewhere)]
async fn f() -> Option<u8> {
    None
}

fn main() {}
