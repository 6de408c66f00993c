//! A timeout for a service whose error cannot be made of it.

use backoff_core::Policy;
use backoff_core::tower::RetryLayer;
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt, service_fn};

#[derive(Debug)]
struct MyError;

async fn send(_: u32) -> Result<(), MyError> {
    Ok(())
}

async fn call() -> Result<(), MyError> {
    let layer = RetryLayer::new(Policy::exponential().max_attempts(3).build()).timeout(Duration::from_secs(1));
    ServiceBuilder::new().layer(layer).service(service_fn(send)).oneshot(7).await
}

fn main() {
    drop(call());
}
