use backoff_core::Classify;

#[derive(Classify)]
union MyError {
    code: u8,
}

fn main() {}
