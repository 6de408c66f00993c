use backoff_core::retry;

#[retry]
struct S;

fn main() {}
