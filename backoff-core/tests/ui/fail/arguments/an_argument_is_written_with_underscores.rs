use backoff_core::retry;

#[retry(max-attempts = 3)]
fn f() -> Option<u8> {
    None
}

fn main() {
    f();
}
