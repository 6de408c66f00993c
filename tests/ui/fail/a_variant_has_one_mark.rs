use backoff_core::Classify;

#[derive(Classify)]
enum MyError {
    #[transient]
    #[permanent]
    Busy,
}

fn main() {}
