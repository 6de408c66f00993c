use backoff_core::retry;

#[retry]
const fn f() -> Option<u8> {
    None
}

fn main() {}
