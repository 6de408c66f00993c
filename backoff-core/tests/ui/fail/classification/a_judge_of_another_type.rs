use backoff_core::{Classify, Fault};

fn judge(_: &String) -> Fault {
    Fault::Transient
}

#[derive(Classify)]
enum MyError {
    #[classify(with = judge)]
    Busy(u64),
}

fn main() {}
