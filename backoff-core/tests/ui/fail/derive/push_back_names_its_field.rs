use backoff_core::Classify;

#[derive(Classify)]
enum MyError {
    #[push_back]
    Busy(std::time::Duration),
}

fn main() {}
