//! A request that cannot be cloned.

use backoff_core::Policy;
use backoff_core::tower::RetryLayer;
use tower::{ServiceBuilder, ServiceExt, service_fn};

struct Stream;

async fn send(_: Stream) -> Result<(), &'static str> {
    Ok(())
}

async fn call() -> Result<(), &'static str> {
    let layer = RetryLayer::new(Policy::exponential().max_attempts(3).build());
    ServiceBuilder::new().layer(layer).service(service_fn(send)).oneshot(Stream).await
}

fn main() {
    drop(call());
}
