use backoff_core::retry;

#[retry]
async fn f() -> u32 {
    7
}

fn main() {
    drop(f());
}
