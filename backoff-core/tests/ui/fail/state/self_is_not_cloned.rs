use backoff_core::retry;

struct S;

impl S {
    #[retry(clone(self))]
    fn f(&self) -> Option<u8> {
        None
    }
}

fn main() {}
