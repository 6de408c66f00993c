use backoff_core::retry;

#[retry]
fn f() -> u32 {
    7
}

fn main() {
    f();
}
