use backoff_core::Classify;

#[derive(Classify)]
enum MyError {
    #[classify(source)]
    Io(u8, std::io::Error),
}

fn main() {}
