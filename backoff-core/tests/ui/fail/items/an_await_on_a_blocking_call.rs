use backoff_core::Policy;

async fn f(policy: &Policy) -> Option<u8> {
    policy.retry(|| Some(7)).await
}

fn main() {}
