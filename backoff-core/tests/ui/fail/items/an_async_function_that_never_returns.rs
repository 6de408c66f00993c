use backoff_core::retry;

#[retry]
async fn f() -> ! {
    std::process::exit(3)
}

fn main() {
    drop(f());
}
