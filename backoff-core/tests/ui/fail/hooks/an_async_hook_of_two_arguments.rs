use backoff_core::retry;

#[retry(on_retry = async |_, _| {})]
async fn f() -> Option<u8> {
    None
}

fn main() {}
