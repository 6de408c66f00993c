use backoff_core::retry;

#[retry(on_retry = |event| async { println!("{event}") })]
async fn f() -> Option<u8> {
    None
}

fn main() {}
