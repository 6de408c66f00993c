use backoff_core::Classify;

#[derive(Classify)]
enum MyError {
    #[push_back(1)]
    Busy(std::time::Duration),
}

fn main() {}
