use backoff_core::retry;

#[retry(max_attempts = 0, once(key = 1), attempt = ctx)]
fn f() -> impl Future<Output = Option<u32>> {
    async move { Some(*key + ctx.number()) }
}

fn main() {}
