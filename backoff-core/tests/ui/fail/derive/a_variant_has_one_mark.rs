use backoff_core::Classify;

#[derive(Classify)]
enum MyError {
    #[transient]
    #[permanent]
    Busy,
    #[push_back(0)]
    #[permanent]
    Refused(std::time::Duration),
    #[ambiguous]
    #[push_back(0)]
    #[transient]
    Lost(std::time::Duration),
}

fn main() {}
