use backoff_core::Classify;

#[derive(Classify)]
enum MyError {
    Refused,
    #[transient]
    Busy,
    Broken(u8),
}

fn main() {}
