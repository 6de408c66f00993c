use backoff_core::retry;

fn reconnect() {}

#[retry(before_retry = reconnect)]
fn f() -> Option<u8> {
    reconnect();
    None
}

fn main() {}
