//! A request that cannot be cloned.

use backoff_core::Policy;
use backoff_core::tower::RetryLayer;
use tower::{Service, ServiceBuilder, service_fn};

struct Stream;

async fn send(_: Stream) -> Result<(), &'static str> {
    Ok(())
}

fn serve(_: impl Service<Stream>) {}

fn main() {
    serve(ServiceBuilder::new().layer(RetryLayer::new(Policy::default())).service(service_fn(send)));
}
