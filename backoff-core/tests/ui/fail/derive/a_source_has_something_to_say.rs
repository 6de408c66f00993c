use backoff_core::Classify;

#[derive(Debug, Classify)]
enum Failure {
    #[classify(source)]
    Status(u16),
}

#[derive(Debug, Classify)]
struct Wrapper<E>(#[classify(source)] E);

fn main() {}
