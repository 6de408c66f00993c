//! A user's program for the oldest Rust that is promised: the attribute on a blocking and an async function, the
//! derive, a policy in a constant.

use backoff_core::{Classify, Policy, retry, testing};

#[derive(Debug, Classify)]
enum Failure {
    #[transient]
    Busy,
    #[permanent]
    Missing,
}

const THREE: Policy = Policy::exponential().max_attempts(3).build();

#[retry(max_attempts = 3, attempt = ctx)]
fn blocking(calls: &mut u32) -> Result<u32, Failure> {
    *calls += 1;
    if ctx.is_last() { Ok(*calls) } else { Err(Failure::Busy) }
}

#[retry(policy = THREE, on_retry = |event| eprintln!("{event:?}"))]
async fn awaited(calls: &mut u32) -> Result<u32, Failure> {
    *calls += 1;
    Err(Failure::Missing)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let _test = testing::no_waits();
    let (mut first, mut second, mut third) = (0, 0, 0);
    assert!(matches!(blocking(&mut first), Ok(3)));
    assert!(awaited(&mut second).await.is_err());
    assert_eq!(second, 1);
    let answer: Result<u32, Failure> = THREE
        .retry(|| {
            third += 1;
            Err(Failure::Busy)
        })
        .call();
    assert!(answer.is_err());
    assert_eq!(third, 3);
    println!("three ways of retrying work");
}
