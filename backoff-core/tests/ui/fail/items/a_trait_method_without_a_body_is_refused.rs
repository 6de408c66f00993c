use backoff_core::retry;

trait T {
    #[retry]
    fn f() -> Option<u8>;
}

fn main() {}
