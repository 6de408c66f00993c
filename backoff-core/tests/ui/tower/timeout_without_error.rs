//! A timeout for a service whose error cannot be made of it.

use backoff_core::Policy;
use backoff_core::tower::RetryLayer;
use std::time::Duration;
use tower::{Service, ServiceBuilder, service_fn};

#[derive(Debug)]
struct MyError;

async fn send(_: u32) -> Result<(), MyError> {
    Ok(())
}

fn serve(_: impl Service<u32>) {}

fn main() {
    let layer = RetryLayer::new(Policy::default()).timeout(Duration::from_secs(1));
    serve(ServiceBuilder::new().layer(layer).service(service_fn(send)));
}
