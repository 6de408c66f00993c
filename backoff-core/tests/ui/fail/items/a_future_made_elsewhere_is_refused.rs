use backoff_core::retry;

#[retry]
fn f() -> impl Future<Output = Option<u8>> {
    std::future::ready(None)
}

fn main() {}
