use backoff_core::Classify;

#[derive(Classify)]
enum MyError {
    #[classify(source)]
    Io(std::io::Error),
}

fn main() {}
