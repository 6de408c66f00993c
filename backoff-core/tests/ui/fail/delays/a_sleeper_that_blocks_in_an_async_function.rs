use backoff_core::retry;

#[retry(sleep = std::thread::sleep)]
async fn f() -> Option<u8> {
    None
}

fn main() {}
