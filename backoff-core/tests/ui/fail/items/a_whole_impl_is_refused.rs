use backoff_core::retry;

#[retry]
impl S {
    fn f() -> Option<u8> {
        None
    }
}

struct S;

fn main() {}
